/** When a draft is tried on history: once its writer pauses, one at a time, and the newest only. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { ApiError, isRefusal } from "../api/client";
import type { AlertRule, Backtest } from "../api/types";

export const BACKTEST_RANGES = ["-24h", "-7d", "-30d"] as const;
export type BacktestRange = (typeof BACKTEST_RANGES)[number];

export interface Wish {
  rule: AlertRule;
  start: BacktestRange;
}

export interface Tried {
  wish: Wish;
  answer: Backtest;
}

/** `busy`: another back-test runs; `unavailable`: history is away. Both are tried again by themselves. */
export type PacingStatus = "idle" | "waiting" | "running" | "busy" | "loaded" | "refused" | "unavailable";

export interface PacingSurroundings {
  ask: (wish: Wish, signal: AbortSignal) => Promise<Backtest>;
  /** Calls back after so long; returns how to call it off. */
  later: (callback: () => void, milliseconds: number) => () => void;
}

export const PAUSE_MILLISECONDS = 700;
export const RETRY_MILLISECONDS = 5_000;
const RETRY_SECONDS_MAX = 120;

/** Any name does for a draft that has none yet. */
const DRAFT_NAME = "draft";

/** Returns what is tried of a rule, null where it has no level: names, texts and channels change nothing of it. */
export function wishOf(rule: AlertRule, start: BacktestRange): Wish | null {
  const levels = [rule, ...rule.overrides].flatMap(({ warning, critical }) => [warning, critical]);
  if (!levels.some((level) => typeof level === "number")) return null;
  return { rule: { ...rule, name: DRAFT_NAME, description: "", enabled: true, channels: {} }, start };
}

/** Returns the newest answer, whether it is that of the wish as it is now, and how asking goes. */
export function paceBacktest(wish: () => Wish | null, around: PacingSurroundings) {
  const tried = shallowRef<Tried | null>(null);
  const status = ref<PacingStatus>("idle");
  const problem = ref("");
  const left = new AbortController();
  /** Whether nobody looks any more; asked anew each time, as it changes while an answer is awaited. */
  const gone = (): boolean => left.signal.aborted;
  let running = false;
  let due = false;
  const isDue = (): boolean => due;
  let callOff = (): void => undefined;

  function start(): void {
    // The API tries one of each user, and does not stop where nobody waits any more: the next one begins after it.
    if (running) due = true;
    else void run();
  }

  async function run(): Promise<void> {
    const asked = wish();
    if (asked === null) return;
    running = true;
    due = false;
    status.value = "running";
    let settle: () => void;
    try {
      const answer = await around.ask(asked, left.signal);
      settle = () => succeed(asked, answer);
    } catch (error) {
      settle = () => fail(error);
    }
    running = false;
    if (gone()) return;
    if (keyOf(asked) === keyOf(wish())) {
      callOff();
      settle();
    } else if (isDue()) void run();
  }

  function succeed(asked: Wish, answer: Backtest): void {
    tried.value = { wish: asked, answer };
    status.value = "loaded";
  }

  function fail(error: unknown): void {
    problem.value = error instanceof Error ? error.message : "";
    if (isRefusal(error)) {
      tried.value = null;
      status.value = "refused";
      return;
    }
    status.value = error instanceof ApiError && error.code === "unavailable" ? "busy" : "unavailable";
    callOff = around.later(start, retryMilliseconds(error));
  }

  watch(
    () => keyOf(wish()),
    () => {
      callOff();
      due = false;
      if (wish() === null) {
        tried.value = null;
        status.value = "idle";
        return;
      }
      status.value = "waiting";
      callOff = around.later(start, PAUSE_MILLISECONDS);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    callOff();
    left.abort();
  });
  return { tried, status, problem };
}

function keyOf(wish: Wish | null): string {
  return JSON.stringify(wish);
}

function retryMilliseconds(error: unknown): number {
  const seconds = error instanceof ApiError ? (error.told.retryAfterSeconds ?? null) : null;
  return seconds === null ? RETRY_MILLISECONDS : Math.min(seconds, RETRY_SECONDS_MAX) * 1000;
}
