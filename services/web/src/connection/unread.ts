/** When a stream holds so much unread that its oldest sample sets are close to being lost. */
import type { StreamUnread } from "../api/types";

export const UNREAD_PERCENT_MAX = 70;

/** Returns the streams to warn of, the fullest first. */
export function unreadWarnings(streams: readonly StreamUnread[]): StreamUnread[] {
  return streams
    .filter((stream) => stream.unread_percent >= UNREAD_PERCENT_MAX)
    .sort((one, other) => other.unread_percent - one.unread_percent);
}
