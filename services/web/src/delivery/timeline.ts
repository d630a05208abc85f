/** Delivery over time as lines for a chart: what arrived, what is missing, and whatever else there is. */
import type { Delivery } from "../api/types";
import { isLive, type TimeRange } from "../range/time_range";
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

/** Returns a line for each kind; a step before anything is known is no 0 but a gap. */
export function toDeliveryLines({ timeline, known_since }: Delivery, kinds: readonly Kind[]): Lines {
  const times = timeline.time.map((time) => Date.parse(time) / 1000);
  const known = Date.parse(known_since) / 1000;
  const isKnown = (index: number) => (times[index + 1] ?? Infinity) > known;
  const told = (kind: Kind, index: number) => {
    const count = timeline[kind][index] ?? 0;
    return kind === "missing" ? Math.max(0, count - (timeline.awaited[index] ?? 0)) : count;
  };
  return {
    times,
    values: kinds.map((kind) => times.map((_, index) => (isKnown(index) ? told(kind, index) : null))),
  };
}

/** Returns a clock's offset in words for the interface: right, ahead, behind, or unknown. */
export function offsetKind(seconds: number | null): "unknown" | "right" | "ahead" | "behind" {
  if (seconds === null) return "unknown";
  if (Math.abs(seconds) < OFFSET_SECONDS_SHOWN) return "right";
  return seconds > 0 ? "ahead" : "behind";
}

/** Publishing is spread over half a second, and takes some time: less than this says nothing of the clock. */
const OFFSET_SECONDS_SHOWN = 2;

/** A quarter of an hour says little of delivery: beside live charts stands the last day. */
const BESIDE_LIVE: TimeRange = { preset: "24h" };

/** Returns what delivery covers beside the charts of a range. */
export function deliveryRange(range: TimeRange): TimeRange {
  return isLive(range) ? BESIDE_LIVE : range;
}
