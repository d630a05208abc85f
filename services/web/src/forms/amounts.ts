/** Numbers and spans of time as people type them; what is read can be written back without loss. */

/** How an amount is written: as a plain number, as bytes, or as a span of time in seconds. */
export type Measure = "number" | "bytes" | "span";

const SPAN_UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
] as const;
const SPAN_SECONDS: Record<string, number> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  초: 1,
  분: 60,
  시간: 3_600,
  일: 86_400,
  주: 604_800,
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SPAN = /^(?:(?:\d+\.?\d*|\.\d+)\s*(?:시간|[smhdw초분일주])\s*)+$/i;
const SPAN_PART = /(\d+\.?\d*|\.\d+)\s*(시간|[smhdw초분일주])/gi;
const BYTES = /^(.+?)\s*([kmgtp])(?:i?b)?(?:\/s)?$/i;
const POWERS = "kmgtp";

/** Returns the amount in a text, null for none, NaN for what is no amount. */
export function parseAmount(text: string, measure: Measure): number | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (NUMBER.test(trimmed)) return finite(Number(trimmed));
  if (measure === "span") return parseSpan(trimmed);
  return measure === "bytes" ? parseBytes(trimmed) : Number.NaN;
}

/** Returns the text of an amount, from which the same amount is read. */
export function amountText(amount: number | null, measure: Measure): string {
  if (amount === null) return "";
  return measure === "span" ? spanText(amount) : String(amount);
}

function parseSpan(text: string): number {
  if (!SPAN.test(text)) return Number.NaN;
  const parts = [...text.matchAll(SPAN_PART)];
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (SPAN_SECONDS[unit?.toLowerCase() ?? ""] ?? 0),
    0,
  );
}

function parseBytes(text: string): number {
  const [, number, prefix] = BYTES.exec(text) ?? [];
  if (number === undefined || prefix === undefined || !NUMBER.test(number)) return Number.NaN;
  return finite(Number(number) * 1024 ** (POWERS.indexOf(prefix.toLowerCase()) + 1));
}

/** A number that is too large for JavaScript is none; JSON would make it null. */
function finite(number: number): number {
  return Number.isFinite(number) ? number : Number.NaN;
}

function spanText(seconds: number): string {
  if (seconds === 0 || !Number.isSafeInteger(seconds) || seconds < 0) return String(seconds);
  let left = seconds;
  const parts: string[] = [];
  for (const [size, unit] of SPAN_UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ");
}
