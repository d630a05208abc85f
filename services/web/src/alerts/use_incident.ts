/** One incident, kept current while its page is open. */
import { onScopeDispose, ref, shallowRef } from "vue";
import { ApiError, expectBody, isRefusal } from "../api/client";
import type { Incident } from "../api/types";
import { client } from "../auth/current";

export type IncidentStatus = "loading" | "loaded" | "missing" | "unavailable";

const RETRY_MILLISECONDS = 3_000;
/** What comes live together is asked for once. */
const SOON_MILLISECONDS = 300;

/** Returns what is known of an incident, and how it is asked for again. */
export function useIncident(incident: string) {
  const known = shallowRef<Incident | null>(null);
  const status = ref<IncidentStatus>("loading");
  let timer = 0;
  let running = new AbortController();

  function later(milliseconds: number): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void load(), milliseconds);
  }

  async function load(): Promise<void> {
    running.abort();
    window.clearTimeout(timer);
    const { signal } = (running = new AbortController());
    try {
      const params = { path: { incident } };
      const answer = await expectBody(client.GET("/api/v1/alerts/{incident}", { params, signal }));
      if (signal.aborted) return;
      known.value = answer;
      status.value = "loaded";
      // What was not stored is asked for until the database is there again.
      if (!answer.stored) later(RETRY_MILLISECONDS);
    } catch (error) {
      if (signal.aborted) return;
      const refused = isRefusal(error);
      status.value = refused && error instanceof ApiError ? "missing" : "unavailable";
      if (!refused) later(RETRY_MILLISECONDS);
    }
  }

  onScopeDispose(() => {
    running.abort();
    window.clearTimeout(timer);
  });
  void load();
  return { known, status, load, reloadSoon: () => later(SOON_MILLISECONDS) };
}
