/** A timer for what only a reader needs. */

export type Page = EventTarget & { readonly visibilityState: DocumentVisibilityState };

/** Calls back after so long; on a hidden page not before it is looked at. Returns how to call it off. */
export function laterWhenSeen(callback: () => void, milliseconds: number, page: Page = document): () => void {
  const calledOff = new AbortController();
  const timer = setTimeout(() => {
    if (page.visibilityState === "visible") callback();
    else page.addEventListener("visibilitychange", () => callback(), { once: true, signal: calledOff.signal });
  }, milliseconds);
  return () => {
    clearTimeout(timer);
    calledOff.abort();
  };
}
