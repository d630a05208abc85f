/** How much of the past a page shows: the usual window, less while a host is younger than that. */

const MINUTE_SECONDS = 60;
const SHOWN_SECONDS_MIN = 2 * MINUTE_SECONDS;

/** Returns whole minutes from the oldest sample to now, within limits, so that all charts of a page share one span. */
export function shownSeconds(oldest: number | null, now: number, secondsMax: number): number {
  if (oldest === null) return secondsMax;
  const minutes = Math.ceil((now - oldest) / 1000 / MINUTE_SECONDS);
  return Math.min(secondsMax, Math.max(SHOWN_SECONDS_MIN, minutes * MINUTE_SECONDS));
}
