/** The server's clock, so that ages are right on a machine whose own clock is not. */

/** A difference below this is within what the Date header and the way of an answer can explain. */
const NOTICEABLE_MILLISECONDS = 2_000;

let offset = 0;

/** Takes the Date header of an answer that just came. */
export function noteServerDate(header: string | null, now = Date.now()): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const difference = server - now;
  offset = Math.abs(difference) > NOTICEABLE_MILLISECONDS ? difference : 0;
}

/** Returns the server's time now in milliseconds. */
export function serverNow(): number {
  return Date.now() + offset;
}
