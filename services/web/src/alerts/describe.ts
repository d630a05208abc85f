/** What an alert says, in parts that a page puts together; pure. */
import type { Aggregate, Alert, AlertEvent } from "../api/types";
import type { Mark, Marking } from "../chart/marks";
import type { Span } from "../range/time_range";

/** Name of the alert that is about no host. */
export const BUS_SILENT = "bus_silent";

export type Placed = Pick<Alert, "source" | "labels">;

/** Returns labels as texts, and the source where it is not the host's own. */
export function placeParts({ labels, source }: Placed): string[] {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [...parts, ...(source !== null && source !== "system" ? [source] : [])];
}

/** Formatters of the page's language. */
export interface Formatters {
  value: (unit: string, value: number) => string;
  span: (seconds: number) => string;
  number: (value: number) => string;
}

/** Returns what a rule of a kind compares, as messages write it; a dash for no value. */
export function measuredText(
  format: Formatters,
  kind: Alert["kind"] | null,
  unit: string | null,
  value: number | null,
): string {
  if (value === null) return "–";
  if (kind === "forecast" || kind === "absence") return format.span(value);
  if (kind === "deviation") return `${format.number(value)} σ`;
  const amount = unit === null ? format.number(value) : format.value(unit, value);
  return kind === "rate" ? `${amount}/s` : amount;
}

/** Returns how long an alert has been so, or was, in seconds. */
export function lastedSeconds(alert: Pick<Alert, "status" | "since" | "time">, now: number): number {
  const end = alert.status === "ok" ? Date.parse(alert.time) : now;
  return Math.max(0, (end - Date.parse(alert.since)) / 1000);
}

/** What fires moves its chart on so often, and no oftener. */
const STEP_MILLISECONDS = 30_000;
const MARGIN_MILLISECONDS_MIN = 300_000;

/** Returns the time around an alert: all of it, and a fifth of that on both sides, five minutes at least. */
export function momentSpan(alert: Pick<Alert, "status" | "since" | "time">, now: number): Span {
  const start = Date.parse(alert.since);
  const fires = alert.status === "firing";
  const moved = Math.ceil(now / STEP_MILLISECONDS) * STEP_MILLISECONDS;
  const end = fires ? Math.max(moved, Date.parse(alert.time)) : Date.parse(alert.time);
  const margin = Math.max(MARGIN_MILLISECONDS_MIN, (end - start) / 5);
  return { start: start - margin, end: fires ? end : end + margin };
}

/** Returns what of each step counts: the lowest where the rule looks for what is too little. */
export function tellingAggregate(alert: Pick<Alert, "status" | "value" | "threshold">): Aggregate {
  const { status, value, threshold } = alert;
  if (value === null || threshold === null) return "max";
  return (status === "firing") === value >= threshold ? "max" : "min";
}

/** Returns what the chart of an incident is marked with: its level, and each transition in its colour. */
export function markingOf(alert: Alert, events: readonly AlertEvent[]): Marking {
  const marks = events.flatMap((event): Mark[] =>
    event.event === "transition" ? [{ time: Date.parse(event.time), color: colorOf(event) }] : [],
  );
  const line = alert.kind === "threshold" ? alert.threshold : alert.kind === "forecast" ? alert.target : null;
  return { line, marks };
}

function colorOf({ status, level }: AlertEvent): string {
  if (status === "ok") return "--good";
  return level === "critical" ? "--high" : "--warning";
}
