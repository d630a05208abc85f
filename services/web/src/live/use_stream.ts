/** Ties a live stream to the life of a component. */
import { onScopeDispose, watch } from "vue";
import type { Alert } from "../api/types";
import { session, sessionState } from "../auth/current";
import { connection } from "../connection/state";
import type { LiveSample } from "./frames";
import { LiveStream, type Socket, type Subscription } from "./stream";

export interface StreamListener {
  onSamples: (samples: LiveSample[]) => void;
  onAlerts?: (alerts: Alert[]) => void;
  onMissed: () => void;
}

/** A renewed token or a short hiccup is no news: the page speaks of a lost stream only after this long. */
const LOST_AFTER_MILLISECONDS = 1_500;

/** Streams the subscription's sample sets to the listener until the component is gone. */
export function useStream(subscription: Subscription, listener: StreamListener): void {
  let lostTimer = 0;
  const stream = new LiveStream(subscription, {
    connect: () => new WebSocket(address()) as unknown as Socket,
    token: () => session.token,
    refresh: () => session.refresh(),
    later: (callback, milliseconds) => {
      const timer = window.setTimeout(callback, milliseconds);
      return () => window.clearTimeout(timer);
    },
    random: Math.random,
    onState: (state) => {
      window.clearTimeout(lostTimer);
      if (state === "lost" && connection.stream !== "lost") {
        lostTimer = window.setTimeout(() => (connection.stream = "lost"), LOST_AFTER_MILLISECONDS);
      } else {
        connection.stream = state;
      }
    },
    ...listener,
  });
  stream.start();
  watch(sessionState, () => {
    if (session.token !== null) stream.renew(session.token);
  });
  onScopeDispose(() => {
    window.clearTimeout(lostTimer);
    stream.stop();
    connection.stream = "idle";
  });
}

function address(): string {
  return `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/ws`;
}
