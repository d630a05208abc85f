/** The session of this page as reactive state, shared with the other tabs of the same browser. */
import { readonly, ref } from "vue";
import { buildClient } from "../api/client";
import { connection } from "../connection/state";
import { Session, type SessionState } from "./session";

const SIGNED_OUT_MESSAGE = "signed-out";
const SIGNED_IN_COOKIE = "vitalwire_signed_in";
const REFRESH_LIFETIME_SECONDS = 30 * 86_400;
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
    remember(changed.status === "signed-in");
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

/** Takes up the session of an earlier visit; asks the API only when there was one. */
export async function resume(): Promise<void> {
  if (document.cookie.split("; ").includes(`${SIGNED_IN_COOKIE}=1`)) await session.refresh();
  else session.forget();
}

/** Signs out here and in the other tabs. */
export async function signOutEverywhere(): Promise<void> {
  await session.signOut().catch(() => undefined);
  channel?.postMessage(SIGNED_OUT_MESSAGE);
}

channel?.addEventListener("message", (event) => {
  if (event.data === SIGNED_OUT_MESSAGE) session.forget();
});

/** The refresh cookie is out of a script's reach; this one only says that it may be there, and grants nothing. */
function remember(signedIn: boolean): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const seconds = signedIn ? REFRESH_LIFETIME_SECONDS : 0;
  document.cookie = `${SIGNED_IN_COOKIE}=1; Path=/; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

/** Tabs share one refresh cookie, so they take turns; without a secure context browsers offer no locks. */
function exclusively<T>(task: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? task() : (locks.request("vitalwire-refresh", task) as Promise<T>);
}
