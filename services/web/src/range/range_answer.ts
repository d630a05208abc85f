/** The answer to a request that may change: how long the one before stays, and when it is asked for again. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { isRefusal } from "../api/client";
import type { Aggregate, RangeAnswer } from "../api/types";
import { refreshMilliseconds, type TimeRange } from "./time_range";

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

/** An answer, and what it answers: by the time it is drawn something else may be asked for. */
export interface Answered {
  request: RangeRequest;
  answer: RangeAnswer;
}

export type AnswerStatus = "idle" | "loading" | "loaded" | "unavailable" | "refused";

export interface AnswerSurroundings {
  ask: (asked: RangeRequest, signal: AbortSignal) => Promise<RangeAnswer>;
  /** Calls back after so long; returns how to call it off. */
  later: (callback: () => void, milliseconds: number) => () => void;
  now: () => number;
}

const RETRY_MILLISECONDS = 5_000;

/** Returns the newest answer that may be drawn for the request as it is now, and how asking goes. */
export function keepAnswered(request: () => RangeRequest | null, around: AnswerSurroundings) {
  const answered = shallowRef<Answered | null>(null);
  const status = ref<AnswerStatus>("idle");
  const problem = ref("");
  let running = new AbortController();
  let callOff = (): void => undefined;

  function stop(): void {
    callOff();
    running.abort();
  }

  function again(asked: RangeRequest, milliseconds: number): void {
    callOff = around.later(() => void load(asked), milliseconds);
  }

  /** Forgets an answer to a request that differs in what counts. */
  function forgetUnless(same: (request: RangeRequest) => string, asked: RangeRequest): void {
    if (answered.value !== null && same(answered.value.request) !== same(asked)) answered.value = null;
  }

  async function load(asked: RangeRequest): Promise<void> {
    stop();
    const { signal } = (running = new AbortController());
    try {
      const answer = await around.ask(asked, signal);
      if (signal.aborted) return;
      answered.value = { request: asked, answer };
      status.value = "loaded";
      const milliseconds = refreshMilliseconds(asked.range, answer.step_seconds, around.now());
      if (milliseconds !== null) again(asked, milliseconds);
    } catch (error) {
      if (!signal.aborted) fail(asked, error);
    }
  }

  function fail(asked: RangeRequest, error: unknown): void {
    if (isRefusal(error)) {
      answered.value = null;
      problem.value = error.message;
      status.value = "refused";
      return;
    }
    forgetUnless(contentOf, asked);
    status.value = "unavailable";
    again(asked, RETRY_MILLISECONDS);
  }

  watch(
    () => JSON.stringify(request()),
    () => {
      stop();
      const asked = request();
      if (asked === null) {
        answered.value = null;
        status.value = "idle";
        return;
      }
      forgetUnless(subjectOf, asked);
      status.value = "loading";
      void load(asked);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return { answered, status, problem };
}

/** Numbers of another subject would stand under a wrong name, even while the right ones are on their way. */
function subjectOf({ family, labels }: RangeRequest): string {
  return JSON.stringify([family, labels]);
}

/** What stays when a request fails must be what it asks for, drawn finely or coarsely. */
function contentOf(request: RangeRequest): string {
  return JSON.stringify({ ...request, pointsMax: null });
}
