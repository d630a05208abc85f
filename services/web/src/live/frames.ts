/** What the live stream sends, and how a text frame becomes messages. */

import type { Alert } from "../api/types";

export type Cell = number | string | null;

/** The rows of one family that one source of a host saw at one instant. */
export interface LiveSample {
  type: string;
  host: string;
  source: string;
  time: string;
  data: { columns: string[]; rows: Cell[][] };
}

export interface Frame {
  samples: LiveSample[];
  /** Alerts that changed, those that are over too. */
  alerts: Alert[];
  /** Messages that the server left out because this page was slow. */
  dropped: number;
}

/** Returns the messages of a frame, one object or a batch of them; anything unknown is passed over. */
export function readFrame(text: string): Frame {
  const frame: Frame = { samples: [], alerts: [], dropped: 0 };
  const parsed: unknown = JSON.parse(text);
  for (const message of Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]) {
    if (typeof message !== "object" || message === null) continue;
    if (isAlert(message)) frame.alerts.push(message);
    else if (isSample(message)) frame.samples.push(message);
    else if ("dropped" in message && typeof message.dropped === "number") frame.dropped += message.dropped;
  }
  return frame;
}

function isAlert(message: object): message is Alert {
  return "type" in message && message.type === "alert" && "incident" in message && "status" in message;
}

function isSample(message: object): message is LiveSample {
  return "data" in message && "host" in message && "time" in message;
}
