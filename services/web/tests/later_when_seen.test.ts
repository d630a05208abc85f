/** Timers of a page that may be hidden. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { laterWhenSeen, type Page } from "../src/range/later_when_seen";

class FakePage extends EventTarget implements Page {
  visibilityState: DocumentVisibilityState = "visible";

  show(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it.each([
  ["wait", 1, "in time"],
  ["hide wait", 0, "not while nobody looks"],
  ["hide wait show", 1, "as soon as somebody looks"],
  ["hide wait show hide show", 1, "once"],
  ["hide show", 0, "not before its time"],
  ["hide show wait", 1, "in time, though it was hidden before"],
  ["stop wait", 0, "not when it was called off"],
  ["hide wait stop show", 0, "not when it was called off on a hidden page"],
])("%s → called %s times: %s", (words, expected) => {
  const page = new FakePage();
  let calls = 0;
  const callOff = laterWhenSeen(() => (calls += 1), 10_000, page);
  const acts: Record<string, () => void> = {
    wait: () => vi.advanceTimersByTime(10_000),
    hide: () => page.show("hidden"),
    show: () => page.show("visible"),
    stop: callOff,
  };
  words.split(" ").forEach((word) => acts[word]?.());
  expect(calls).toBe(expected);
});
