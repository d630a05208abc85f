/** Ranges of time that a page shows: as chosen, as they stand in the address, as instants. */

export const PRESETS = ["15m", "1h", "6h", "24h", "7d", "30d", "90d", "1y"] as const;
export type Preset = (typeof PRESETS)[number];

/** The last so many seconds up to now. */
export const PRESET_SECONDS: Record<Preset, number> = {
  "15m": 900,
  "1h": 3_600,
  "6h": 21_600,
  "24h": 86_400,
  "7d": 7 * 86_400,
  "30d": 30 * 86_400,
  "90d": 90 * 86_400,
  "1y": 365 * 86_400,
};

export const LIVE: Preset = "15m";

/** Two instants in milliseconds, the end excluded. */
export interface Span {
  start: number;
  end: number;
}

/** What a page shows: the time up to now, or one that stands still. */
export type TimeRange = { preset: Preset } | Span;

/** The part of an address's query that says a range. */
export type RangeQuery = { range: string } | { start: string; end: string } | Record<string, never>;

/** Of the API: no range is longer, and none ends further ahead. */
export const SPAN_DAYS_MAX = 3_660;
const SPAN_MILLISECONDS_MAX = SPAN_DAYS_MAX * 86_400_000;

export type SpanProblem = "incomplete" | "order" | "outside" | "long";

/** Below this a chart would show less than a few samples. */
const ZOOM_MILLISECONDS_MIN = 10_000;

export function isLive(range: TimeRange): boolean {
  return "preset" in range && range.preset === LIVE;
}

/** Returns the range that a query names; the usual one of the page where it names none that makes sense. */
export function parseRange(query: Record<string, unknown>, usual: Preset = LIVE): TimeRange {
  const preset = PRESETS.find((name) => name === query.range);
  if (preset !== undefined) return { preset };
  const start = typeof query.start === "string" ? Date.parse(query.start) : Number.NaN;
  const end = typeof query.end === "string" ? Date.parse(query.end) : Number.NaN;
  return start < end ? { start, end } : { preset: usual };
}

/** Returns the query that names a range; none for the usual one, so that plain addresses stay plain. */
export function rangeQuery(range: TimeRange, usual: Preset = LIVE): RangeQuery {
  if ("preset" in range && range.preset === usual) return {};
  if ("preset" in range) return { range: range.preset };
  return { start: toIso(range.start), end: toIso(range.end) };
}

/** Returns how the API is asked for a range; up to now where the range follows the clock. */
export function askedRange(range: TimeRange): { start: string; end?: string } {
  if ("preset" in range) return { start: `-${PRESET_SECONDS[range.preset]}s` };
  return { start: toIso(range.start), end: toIso(range.end) };
}

/** Returns the range after a selection in a chart: whole seconds, and never so short that nothing is left to see. */
export function zoomedRange(start: number, end: number): Span {
  const missing = Math.max(0, ZOOM_MILLISECONDS_MIN - (end - start));
  return {
    start: Math.floor((start - missing / 2) / 1000) * 1000,
    end: Math.ceil((end + missing / 2) / 1000) * 1000,
  };
}

/** Returns the shortest range up to now that shows all of a span, else the longest there is. */
export function widenedRange(span: Span, now: number): TimeRange {
  const seconds = (now - span.start) / 1000;
  const preset = PRESETS.find((name) => PRESET_SECONDS[name] >= seconds);
  return { preset: preset ?? "1y" };
}

/** Not faster than points change, and never so fast that many open pages would weigh on the database. */
const REFRESH_MILLISECONDS_MIN = 10_000;

/** Returns when an answer should be asked for again; null where nothing of the range can change any more. */
export function refreshMilliseconds(range: TimeRange, stepSeconds: number | null, now: number): number | null {
  if (!("preset" in range) && range.end <= now - REFRESH_MILLISECONDS_MIN) return null;
  return Math.max(REFRESH_MILLISECONDS_MIN, ((stepSeconds ?? 0) * 1000) / 2);
}

/** Returns the span that two native inputs name, or why the API would refuse it. */
export function chosenSpan(from: string, to: string, now: number): Span | SpanProblem {
  const start = fromLocalInput(from);
  const end = fromLocalInput(to);
  if (start === null || end === null) return "incomplete";
  if (start >= end) return "order";
  if (start < 0 || end > now + SPAN_MILLISECONDS_MAX) return "outside";
  return end - start > SPAN_MILLISECONDS_MAX ? "long" : { start, end };
}

/** Returns an instant as a native input for local time holds it, with seconds. */
export function toLocalInput(milliseconds: number): string {
  const offset = new Date(milliseconds).getTimezoneOffset() * 60_000;
  return new Date(milliseconds - offset).toISOString().slice(0, 19);
}

/** Returns the instant of a native input for local time, null where it is empty or incomplete. */
export function fromLocalInput(text: string): number | null {
  const milliseconds = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(".000Z", "Z");
}
