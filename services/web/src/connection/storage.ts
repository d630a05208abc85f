/** What a user must know of the storage: history that is kept for less than was asked, and a disk that is full. */
import type { Storage } from "../api/types";

const DAY_SECONDS = 86_400;

export interface StorageWarning {
  kind: "paused" | "shortened";
  freePercent: number | null;
  sizeBytes: number | null;
  sizeBytesMax: number | null;
  keptSeconds: number;
  wantedSeconds: number;
}

/** Returns the warnings that the state of the storage calls for, the gravest first. */
export function storageWarnings(storage: Storage | null): StorageWarning[] {
  if (storage === null) return [];
  const wantedSeconds = storage.raw_retention_days * DAY_SECONDS;
  const figures = {
    freePercent: storage.free_percent,
    sizeBytes: storage.size_bytes,
    sizeBytesMax: storage.size_bytes_max,
    keptSeconds: storage.raw_retention_seconds,
    wantedSeconds,
  };
  return [
    ...(storage.paused ? [{ kind: "paused" as const, ...figures }] : []),
    ...(storage.raw_retention_seconds < wantedSeconds ? [{ kind: "shortened" as const, ...figures }] : []),
  ];
}
