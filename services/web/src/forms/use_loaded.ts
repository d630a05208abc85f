/** Something that the API is asked for once, and again until it answers. */
import { onScopeDispose, ref, shallowRef } from "vue";
import { ApiError, isRefusal } from "../api/client";
import { laterWhenSeen } from "../range/later_when_seen";

const RETRY_MILLISECONDS = 5_000;
const MISSING_STATUS = 404;

export type LoadStatus = "loading" | "loaded" | "missing" | "refused" | "away";

/** Returns the newest answer, how asking goes, and how to ask again; a newer question overtakes an older one. */
export function useLoaded<Body>(ask: (signal: AbortSignal) => Promise<Body>) {
  const body = shallowRef<Body | null>(null);
  const status = ref<LoadStatus>("loading");
  const problem = ref("");
  let running = new AbortController();
  let callOff = (): void => undefined;

  function stop(): void {
    callOff();
    running.abort();
  }

  async function load(): Promise<void> {
    stop();
    const { signal } = (running = new AbortController());
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      body.value = answer;
      status.value = "loaded";
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  function fail(error: unknown): void {
    problem.value = error instanceof Error ? error.message : "";
    if (error instanceof ApiError && error.status === MISSING_STATUS) {
      body.value = null;
      status.value = "missing";
    } else if (isRefusal(error)) status.value = "refused";
    else {
      status.value = "away";
      callOff = laterWhenSeen(() => void load(), RETRY_MILLISECONDS);
    }
  }

  onScopeDispose(stop);
  void load();
  return { body, status, problem, load };
}
