/** When the page warns of the storage. */
import { expect, it } from "vitest";
import type { Storage } from "../src/api/types";
import { storageWarnings } from "../src/connection/storage";

const WEEK = 7 * 86_400;

function storage(retentionSeconds: number, paused: boolean): Storage {
  return {
    mode: "plain",
    size_bytes: 10_000_000_000,
    size_bytes_max: 10_737_418_240,
    free_percent: 4.2,
    raw_retention_seconds: retentionSeconds,
    raw_retention_days: 7,
    rollup_1m_retention_days: 30,
    rollup_5m_retention_days: 90,
    rollup_1h_retention_days: 365,
    paused,
    reason: null,
  };
}

it.each([
  ["nothing when all is well", storage(WEEK, false), []],
  ["nothing when nothing is known", null, []],
  ["shortened history", storage(WEEK - 1, false), ["shortened"]],
  ["a full disk", storage(WEEK, true), ["paused"]],
  ["both, the graver first", storage(86_400, true), ["paused", "shortened"]],
])("warns of %s", (_, state, kinds) => {
  expect(storageWarnings(state).map(({ kind }) => kind)).toEqual(kinds);
});

it("says the figures", () => {
  expect(storageWarnings(storage(86_400, false))[0]).toEqual({
    kind: "shortened",
    freePercent: 4.2,
    sizeBytes: 10_000_000_000,
    sizeBytesMax: 10_737_418_240,
    keptSeconds: 86_400,
    wantedSeconds: WEEK,
  });
});
