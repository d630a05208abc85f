/** Pages of a list that the API gives by cursors: forward, back, and the same one anew. */
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import { ApiError, isRefusal } from "../api/client";

export const PAGE_ROWS = 50;
const RETRY_MILLISECONDS = 3_000;
/** However fast alerts change, a page is asked for anew so often. */
const RELOAD_MILLISECONDS = 2_000;

export interface OnePage<Row> {
  rows: Row[];
  next: string | null;
}

export type PagesStatus = "loading" | "loaded" | "unavailable" | "refused";

/** Returns the page that is shown; it begins with the first one whenever what is asked for changes. */
export function usePages<Row>(
  asked: () => unknown,
  ask: (cursor: string | null, signal: AbortSignal) => Promise<OnePage<Row>>,
) {
  const page = shallowRef<OnePage<Row>>({ rows: [], next: null });
  const status = ref<PagesStatus>("loading");
  const code = ref("");
  const problem = ref("");
  const cursors = ref<string[]>([]);
  let running = new AbortController();
  let timer = 0;
  let reload = 0;

  async function load(): Promise<void> {
    running.abort();
    window.clearTimeout(timer);
    const { signal } = (running = new AbortController());
    try {
      const answer = await ask(cursors.value.at(-1) ?? null, signal);
      if (signal.aborted) return;
      page.value = answer;
      status.value = "loaded";
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  function reloadSoon(): void {
    if (reload !== 0) return;
    reload = window.setTimeout(() => {
      reload = 0;
      void load();
    }, RELOAD_MILLISECONDS);
  }

  function fail(error: unknown): void {
    code.value = error instanceof ApiError ? error.code : "";
    problem.value = error instanceof Error ? error.message : "";
    status.value = isRefusal(error) ? "refused" : "unavailable";
    if (status.value === "unavailable") timer = window.setTimeout(() => void load(), RETRY_MILLISECONDS);
  }

  function go(to: string[]): void {
    cursors.value = to;
    status.value = "loading";
    void load();
  }

  watch(
    () => JSON.stringify(asked()),
    () => {
      page.value = { rows: [], next: null };
      go([]);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    running.abort();
    window.clearTimeout(timer);
    window.clearTimeout(reload);
  });
  return {
    rows: computed(() => page.value.rows),
    hasNext: computed(() => page.value.next !== null),
    hasPrevious: computed(() => cursors.value.length > 0),
    number: computed(() => cursors.value.length + 1),
    status,
    code,
    problem,
    reloadSoon,
    next: () => page.value.next !== null && go([...cursors.value, page.value.next]),
    previous: () => go(cursors.value.slice(0, -1)),
  };
}
