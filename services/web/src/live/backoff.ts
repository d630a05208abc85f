/** How long to wait before the next attempt. */

const FIRST_MILLISECONDS = 500;
const LAST_MILLISECONDS = 15_000;
const FLOOR_MILLISECONDS = 100;

/** Returns a wait with full jitter: evenly spread up to a bound that doubles with each failure, `random` in [0, 1). */
export function backoffMilliseconds(failures: number, random: number): number {
  const bound = Math.min(LAST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** Math.min(failures, 10));
  return FLOOR_MILLISECONDS + random * (bound - FLOOR_MILLISECONDS);
}
