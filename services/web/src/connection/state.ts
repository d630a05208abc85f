/** What the page knows of its connections: the API, the live stream, and the services behind them. */
import { reactive } from "vue";
import type { Storage, StreamUnread } from "../api/types";

export interface Connection {
  api: "reachable" | "unreachable";
  stream: "idle" | "connecting" | "open" | "lost";
  bus: "ok" | "down";
  database: "ok" | "down";
  /** How the storage is, null while nothing is known of it. */
  storage: Storage | null;
  /** How much of each stream waits to be stored; none while nothing is known of it. */
  unread: StreamUnread[];
}

/** One for the page; written by the client, the stream and the health watch. */
export const connection = reactive<Connection>({
  api: "reachable",
  stream: "idle",
  bus: "ok",
  database: "ok",
  storage: null,
  unread: [],
});
