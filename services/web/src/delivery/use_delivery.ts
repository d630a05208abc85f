/** Delivery of one host over the page's range, asked again while the range goes on. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { expectBody, isRefusal } from "../api/client";
import type { Delivery } from "../api/types";
import { client } from "../auth/current";
import { laterWhenSeen } from "../range/later_when_seen";
import { askedRange, type TimeRange } from "../range/time_range";

/** Steps of a count of sample sets, not points of a line: 10 s of a quarter of an hour, 15 min of a day. */
const POINTS_MAX = 100;
const REFRESH_MILLISECONDS = 15_000;
const RETRY_MILLISECONDS = 5_000;

/** Returns the newest answer, and how asking goes; what was shown stays while the same is asked again. */
export function useDelivery(host: () => string, range: () => TimeRange) {
  const delivery = shallowRef<Delivery | null>(null);
  const status = ref<"loading" | "loaded" | "unavailable" | "refused">("loading");
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
    const asked = range();
    const params = { path: { host: host() }, query: { ...askedRange(asked), points_max: POINTS_MAX } };
    try {
      const answer = await expectBody(client.GET("/api/v1/hosts/{host}/delivery", { params, signal }));
      if (signal.aborted) return;
      delivery.value = answer;
      status.value = "loaded";
      // Also of a range that stands still something may arrive late.
      callOff = laterWhenSeen(() => void load(), "preset" in asked ? REFRESH_MILLISECONDS : 4 * REFRESH_MILLISECONDS);
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  function fail(error: unknown): void {
    if (isRefusal(error)) {
      delivery.value = null;
      problem.value = error.message;
      status.value = "refused";
      return;
    }
    status.value = "unavailable";
    callOff = laterWhenSeen(() => void load(), RETRY_MILLISECONDS);
  }

  watch(
    () => JSON.stringify([host(), range()]),
    () => {
      delivery.value = null;
      status.value = "loading";
      void load();
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return { delivery, status, problem };
}
