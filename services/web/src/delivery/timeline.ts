/** Delivery over time as lines for a chart: what arrived, what is missing, and whatever else there is. */
import type { Delivery } from "../api/types";
import type { Lines } from "../series/gaps";

export const KINDS = [
  "received",
  "missing",
  "awaited",
  "late",
  "doubled",
  "too_old",
  "clock_ahead",
  "refused",
] as const;
export type Kind = (typeof KINDS)[number];
export type Counts = Record<Kind, number>;

/** Drawn also where they are 0 all along. */
const ALWAYS: ReadonlySet<Kind> = new Set(["received", "missing"]);

/** Returns the sums as the page tells them: of the API what is awaited is missing as well, for people it is not yet. */
export function toldTotals({ total }: Delivery): Counts {
  return { ...total, missing: Math.max(0, total.missing - total.awaited) };
}

/** Returns the kinds that are told: what is awaited is rare, and soon it is something else. */
export function toldKinds(totals: Counts): Kind[] {
  return KINDS.filter((kind) => kind !== "awaited" || totals.awaited > 0);
}

/** Returns the kinds that are worth a line. */
export function drawnKinds(totals: Counts): Kind[] {
  return KINDS.filter((kind) => ALWAYS.has(kind) || totals[kind] > 0);
}

/** What just arrived needs a moment until it is stored and counts. */
const SETTLED_SECONDS = 5;

/**
 * Returns a line for each kind. A step before anything is known is no 0 but a gap; so is, of what arrived, a step that
 * the range cuts or that is not over: fewer sample sets in less time are no sign of anything.
 */
export function toDeliveryLines(delivery: Delivery, kinds: readonly Kind[], now: number): Lines {
  const { timeline, step_seconds: step } = delivery;
  const times = timeline.time.map(seconds);
  const [known, start] = [seconds(delivery.known_since), seconds(delivery.start)];
  const settled = Math.min(seconds(delivery.end), now / 1000 - SETTLED_SECONDS);
  const told = (kind: Kind, time: number, index: number) => {
    if (time + step <= known) return null;
    if (kind === "received" && (time < start || time + step > settled)) return null;
    const count = timeline[kind][index] ?? 0;
    return kind === "missing" ? Math.max(0, count - (timeline.awaited[index] ?? 0)) : count;
  };
  return { times, values: kinds.map((kind) => times.map((time, index) => told(kind, time, index))) };
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}

/** Returns the numbers of a run: one that is alone stands alone. */
export function numbersText(first: number, last: number): string {
  return first === last ? String(first) : `${first}–${last}`;
}

/** Returns a clock's offset in words for the interface: in step, ahead, behind, or unknown. */
export function offsetKind(seconds: number | null): "unknown" | "in_step" | "ahead" | "behind" {
  if (seconds === null) return "unknown";
  if (Math.abs(seconds) < OFFSET_SECONDS_SHOWN) return "in_step";
  return seconds > 0 ? "ahead" : "behind";
}

/** Publishing is spread over half a second, and takes some time: less than this says nothing of the clock. */
const OFFSET_SECONDS_SHOWN = 2;
