/** The alerts that fire, kept current while a page is open. */
import { onScopeDispose, ref, shallowRef } from "vue";
import { ApiError, expectBody } from "../api/client";
import type { Alert } from "../api/types";
import { client } from "../auth/current";
import { ActiveBook, KEPT_MAX } from "./active_book";

export type ActiveStatus = "loading" | "known" | "bus_away" | "failed";

const RETRY_MILLISECONDS = 2_000;
/** However fast alerts change, the list is drawn so often. */
const DRAW_MILLISECONDS = 250;

/** Returns what fires, the worst first, and how it is told of live messages and of missed ones. */
export function useActive() {
  const book = new ActiveBook();
  const alerts = shallowRef<Alert[]>([]);
  const isCut = ref(false);
  const leftOutCount = ref(0);
  const status = ref<ActiveStatus>("loading");
  let dirty = false;
  let loading = false;
  let again = false;
  let retry = 0;

  function draw(): void {
    if (!dirty) return;
    dirty = false;
    alerts.value = book.worst();
    isCut.value = book.isCut || alerts.value.length >= KEPT_MAX;
    if (book.wantsMore) void load();
  }

  async function ask(): Promise<boolean> {
    book.ask();
    const query = { order: "worst", limit: KEPT_MAX } as const;
    const answer = await expectBody(client.GET("/api/v1/alerts", { params: { query } }));
    leftOutCount.value = answer.left_out_count;
    status.value = "known";
    dirty = true;
    return book.answer(answer.alerts, answer.next_cursor !== null);
  }

  async function load(): Promise<void> {
    window.clearTimeout(retry);
    if (loading) {
      again = true;
      return;
    }
    loading = true;
    again = false;
    try {
      if (!(await ask())) again = true;
    } catch (error) {
      status.value = error instanceof ApiError && error.code === "bus_away" ? "bus_away" : "failed";
      again = true;
    }
    loading = false;
    draw();
    if (again && !stopped) retry = window.setTimeout(() => void load(), RETRY_MILLISECONDS);
  }

  function onAlerts(told: readonly Alert[]): void {
    for (const alert of told) dirty = book.take(alert) || dirty;
  }

  let stopped = false;
  const timer = window.setInterval(draw, DRAW_MILLISECONDS);
  onScopeDispose(() => {
    stopped = true;
    window.clearInterval(timer);
    window.clearTimeout(retry);
  });
  void load();
  return { alerts, isCut, leftOutCount, status, onAlerts, onMissed: () => void load() };
}

export type Active = ReturnType<typeof useActive>;
