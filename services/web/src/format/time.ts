/** Instants and spans for people. */

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const STEP_UNITS = [
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
  [SECOND, "second"],
] as const;
const DAY_AND_MINUTE: Intl.DateTimeFormatOptions = {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

/** Returns a span in its two largest useful units at most, such as `7 s`, `3 min`, `2 h`, `5 d`, in the language. */
export function formatSpan(seconds: number, language: string): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [amount, unit] =
    whole < 2 * MINUTE
      ? [whole / SECOND, "second"]
      : whole < 2 * HOUR
        ? [whole / MINUTE, "minute"]
        : whole < 2 * DAY
          ? [whole / HOUR, "hour"]
          : [whole / DAY, "day"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(Math.floor(amount));
}

/** Returns the local time of day, with seconds. */
export function formatClock(milliseconds: number, language: string): string {
  return clockFormat(language, true).format(milliseconds);
}

/** Returns the name of a tick of a time axis: no finer than the distance of ticks, and the day where one begins. */
export function formatAxisTime(milliseconds: number, stepSeconds: number, language: string): string {
  const date = new Date(milliseconds);
  if (stepSeconds >= 28 * DAY) return monthFormat(language, date.getMonth() === 0).format(date);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (stepSeconds >= DAY || isMidnight) return dayFormat(language).format(date);
  return clockFormat(language, stepSeconds < MINUTE).format(date);
}

/** Returns the length of a step in the largest unit that it is a whole number of, such as `5 min` or `90 sec`. */
export function formatStep(seconds: number, language: string): string {
  const [size, unit] =
    STEP_UNITS.find(([unitSeconds]) => seconds >= unitSeconds && seconds % unitSeconds === 0) ?? STEP_UNITS[3];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(seconds / size);
}

/** Returns two instants as one text, with seconds where they are close. */
export function formatRange(start: number, end: number, language: string): string {
  const near = end - start < 2 * HOUR * 1000;
  const [from, to] = [new Date(start), new Date(end)];
  const years = from.getFullYear() !== to.getFullYear();
  // Not formatRange: in some languages that writes the time of day in another way than everything else.
  const whole = kept(language, {
    ...DAY_AND_MINUTE,
    ...(years && { year: "numeric" }),
    ...(near && { second: "2-digit" }),
  });
  const last = from.toDateString() === to.toDateString() ? clockFormat(language, near) : whole;
  return `${whole.format(from)} – ${last.format(to)}`;
}

/** Returns the local day and time of a point, no finer than its step. */
export function formatPoint(milliseconds: number, stepSeconds: number | null, language: string): string {
  const fine = stepSeconds === null || stepSeconds % MINUTE !== 0;
  return kept(language, { ...DAY_AND_MINUTE, ...(fine && { second: "2-digit" }) }).format(milliseconds);
}

/** Returns the local day and time, with seconds; the year where it is not that of `now`. */
export function formatInstant(milliseconds: number, now: number, language: string): string {
  const year = new Date(milliseconds).getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  return kept(language, { ...DAY_AND_MINUTE, second: "2-digit", year }).format(milliseconds);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs far more than using it. */
function kept(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, format);
  return format;
}

function clockFormat(language: string, seconds: boolean): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return kept(language, seconds ? { ...options, second: "2-digit" } : options);
}

function dayFormat(language: string): Intl.DateTimeFormat {
  return kept(language, { month: "short", day: "numeric" });
}

function monthFormat(language: string, withYear: boolean): Intl.DateTimeFormat {
  return kept(language, withYear ? { year: "numeric", month: "short" } : { month: "short" });
}
