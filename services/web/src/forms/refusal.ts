/** What a form says when something could not be saved. */
import { ApiError, UnreachableError } from "../api/client";

export interface Refusal {
  /** `stale`: somebody else has changed it since it was read; `away`: trying again later is right. */
  kind: "problems" | "stale" | "away";
  /** In the API's own words, which may be none. */
  lines: readonly string[];
}

const SERVER_FAULT_STATUS = 500;
const CONFLICT_STATUS = 409;

/** Returns what a failed request means to whoever filled in the form. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof UnreachableError) return { kind: "away", lines: [] };
  if (!(error instanceof ApiError)) return { kind: "away", lines: error instanceof Error ? [error.message] : [] };
  const problems = error.told.problems ?? [];
  const lines = problems.length > 0 ? problems : [error.message];
  if (error.status === CONFLICT_STATUS && error.told.field === "revision") return { kind: "stale", lines };
  return { kind: error.status >= SERVER_FAULT_STATUS ? "away" : "problems", lines };
}
