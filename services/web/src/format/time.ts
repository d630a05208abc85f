/** Instants and spans for people. */

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

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

/** Returns the local time of day to the minute, for an axis. */
export function formatMinute(milliseconds: number, language: string): string {
  return clockFormat(language, false).format(milliseconds);
}

/** Returns the local day and time. */
export function formatInstant(milliseconds: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(milliseconds);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function clockFormat(language: string, seconds: boolean): Intl.DateTimeFormat {
  const key = `${language} ${seconds}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(seconds ? { second: "2-digit" } : {}),
    });
    formats.set(key, format);
  }
  return format;
}
