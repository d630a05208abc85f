/** The session of this page as reactive state, shared with the other tabs of the same browser. */
import { readonly, ref } from "vue";
import { buildClient } from "../api/client";
import { connection } from "../connection/state";
import { Session, type SessionState } from "./session";

const SIGNED_OUT_MESSAGE = "signed-out";
const channel = "BroadcastChannel" in window ? new BroadcastChannel("vitalwire-session") : null;
const state = ref<SessionState>({ status: "unknown", username: "", role: "" });

/** The page's one session. */
export const session = new Session({
  fetch: (input, init) => window.fetch(input, init),
  later: (callback, milliseconds) => {
    const timer = window.setTimeout(callback, milliseconds);
    return () => window.clearTimeout(timer);
  },
  exclusively,
  onChange: (changed) => {
    state.value = changed;
  },
});

/** Who is signed in, for templates and watchers. */
export const sessionState = readonly(state);

/** The page's one client of the API. */
export const client = buildClient({
  token: () => session.token,
  refresh: () => session.refresh(),
  onReachable: (reachable) => {
    connection.api = reachable ? "reachable" : "unreachable";
  },
});

/** Signs out here and in the other tabs. */
export async function signOutEverywhere(): Promise<void> {
  await session.signOut().catch(() => undefined);
  channel?.postMessage(SIGNED_OUT_MESSAGE);
}

channel?.addEventListener("message", (event) => {
  if (event.data === SIGNED_OUT_MESSAGE) session.forget();
});

/** Tabs share one refresh cookie, so they take turns; without a secure context browsers offer no locks. */
function exclusively<T>(task: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? task() : (locks.request("vitalwire-refresh", task) as Promise<T>);
}
