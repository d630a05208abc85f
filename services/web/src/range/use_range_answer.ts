/** One family over a range, asked of the API and asked again while the range goes on. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { ApiError, expectBody } from "../api/client";
import type { Aggregate, FamilyName, RangeAnswer } from "../api/types";
import { client } from "../auth/current";
import { serverNow } from "../format/server_clock";
import { askedRange, refreshMilliseconds, type TimeRange } from "./time_range";

export interface RangeRequest {
  family: string;
  hosts: readonly string[];
  columns: readonly string[];
  /** As the API takes them: `label:value`. */
  labels: readonly string[];
  aggregate: Aggregate;
  range: TimeRange;
  pointsMax: number;
}

export type AnswerStatus = "idle" | "loading" | "loaded" | "unavailable" | "refused";

const RETRY_MILLISECONDS = 5_000;
/** Too many requests: asking again later is right. */
const BUSY_STATUS = 429;

/** Returns the answer to a request that may change; the one before stays until the next is there. */
export function useRangeAnswer(request: () => RangeRequest | null) {
  const answer = shallowRef<RangeAnswer | null>(null);
  const status = ref<AnswerStatus>("idle");
  const problem = ref("");
  let timer = 0;
  let running = new AbortController();

  function stop(): void {
    window.clearTimeout(timer);
    running.abort();
  }

  function again(asked: RangeRequest, milliseconds: number | null): void {
    if (milliseconds === null) return;
    // Nobody sees a hidden page: it asks once it is looked at.
    timer = window.setTimeout(() => {
      if (document.visibilityState === "visible") void load(asked);
      else again(asked, milliseconds);
    }, milliseconds);
  }

  async function load(asked: RangeRequest): Promise<void> {
    stop();
    const { signal } = (running = new AbortController());
    try {
      const found = await ask(asked, signal);
      if (signal.aborted) return;
      answer.value = found;
      status.value = "loaded";
      again(asked, refreshMilliseconds(asked.range, found.step_seconds, serverNow()));
    } catch (error) {
      if (signal.aborted) return;
      fail(asked, error);
    }
  }

  function fail(asked: RangeRequest, error: unknown): void {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== BUSY_STATUS) {
      answer.value = null;
      problem.value = error.message;
      status.value = "refused";
      return;
    }
    status.value = "unavailable";
    again(asked, RETRY_MILLISECONDS);
  }

  watch(
    () => JSON.stringify(request()),
    () => {
      stop();
      const asked = request();
      if (asked === null) {
        answer.value = null;
        status.value = "idle";
        return;
      }
      status.value = "loading";
      void load(asked);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return { answer, status, problem };
}

async function ask(asked: RangeRequest, signal: AbortSignal): Promise<RangeAnswer> {
  const query = {
    host: [...asked.hosts],
    columns: asked.columns.join(","),
    aggregate: asked.aggregate,
    points_max: asked.pointsMax,
    ...askedRange(asked.range),
    ...(asked.labels.length > 0 && { label: [...asked.labels] }),
  };
  // The schema lists the families of the build; the page draws whichever the API names.
  const params = { path: { family: asked.family as FamilyName }, query };
  return expectBody(client.GET("/api/v1/metrics/{family}", { params, signal }));
}
