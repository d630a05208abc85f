/** Which alerts a list shows, as it stands in the address and as the API is asked; pure. */
import type { AlertLevel } from "../api/types";

export interface AlertFilter {
  /** Names or globs, with commas or spaces between. */
  rule: string;
  host: string;
  level: AlertLevel | "";
}

export const LEVELS = ["critical", "warning"] as const;
/** The API takes no more, and none longer. */
const GLOBS_MAX = 100;
const GLOB_CHARACTERS_MAX = 253;

/** Returns the filter that a query names. */
export function parseFilter(query: Record<string, unknown>): AlertFilter {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    rule: text(query.rule),
    host: text(query.host),
    level: LEVELS.find((level) => level === query.level) ?? "",
  };
}

/** Returns the part of a query that names a filter; what filters nothing is undefined, and leaves the address. */
export function filterQuery({ rule, host, level }: AlertFilter): Record<string, string | undefined> {
  return { rule: rule.trim() || undefined, host: host.trim() || undefined, level: level || undefined };
}

/** Returns how the API is asked for a filter. */
export function askedFilter(filter: AlertFilter): { rule?: string[]; host?: string[]; level?: AlertLevel } {
  const [rule, host] = [globs(filter.rule), globs(filter.host)];
  return {
    ...(rule.length > 0 && { rule }),
    ...(host.length > 0 && { host }),
    ...(filter.level !== "" && { level: filter.level }),
  };
}

function globs(text: string): string[] {
  const found = text.split(/[\s,]+/).filter((each) => each !== "");
  return [...new Set(found)].map((each) => each.slice(0, GLOB_CHARACTERS_MAX)).slice(0, GLOBS_MAX);
}
