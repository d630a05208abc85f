/** When a draft is tried: after a pause, one at a time, the newest only, and again when the API says so. */
import { afterEach, describe, expect, it } from "vitest";
import { effectScope, shallowRef, type EffectScope } from "vue";
import { ApiError, UnreachableError } from "../src/api/client";
import type { AlertRule, Backtest } from "../src/api/types";
import { paceBacktest, PAUSE_MILLISECONDS, RETRY_MILLISECONDS, wishOf, type Wish } from "../src/rules/backtest_pacing";
import { HOSTS_SHOWN_MAX, INCIDENTS_SHOWN_MAX, newestIncidents, worstHosts } from "../src/rules/backtest_summary";
import { FIRST_RULE } from "../src/rules/draft";

const WISHES = new Map<string, Wish | null>([
  ["a", { rule: { ...FIRST_RULE, warning: 70 }, start: "-24h" }],
  ["b", { rule: { ...FIRST_RULE, warning: 75 }, start: "-24h" }],
  ["c", { rule: { ...FIRST_RULE, warning: 78 }, start: "-7d" }],
  ["none", null],
]);
const FAILURES: Record<string, Error> = {
  busy: new ApiError(503, "unavailable", "two run", { retryAfterSeconds: 7 }),
  long: new ApiError(503, "unavailable", "two run", { retryAfterSeconds: 86_400 }),
  limited: new ApiError(429, "limited", "later"),
  dark: new ApiError(503, "database_away", "away"),
  away: new UnreachableError(),
  wrong: new ApiError(400, "bad_parameter", "rule: no"),
};

interface Question {
  name: string;
  resolve: (answer: Backtest) => void;
  reject: (error: Error) => void;
}

const nameOf = (wish: Wish | undefined) => [...WISHES].find(([, one]) => one === wish)?.[0] ?? "-";
const settled = () => new Promise((done) => setTimeout(done));
let scope: EffectScope;
afterEach(() => scope.stop());

/**
 * Plays words: a wish is made, `tick` is the timer, `ok` and failures are outcomes of the oldest question that runs.
 * Returns what was asked in its order, what is shown, the status, and the milliseconds that are waited.
 */
async function play(words: string) {
  const wish = shallowRef<Wish | null>(null);
  const asked: string[] = [];
  const running: Question[] = [];
  let most = 0;
  let timer: { callback: () => void; milliseconds: number } | null = null;
  const around = {
    ask: (one: Wish, signal: AbortSignal) =>
      new Promise<Backtest>((resolve, reject) => {
        asked.push(nameOf(one));
        running.push({ name: nameOf(one), resolve, reject });
        most = Math.max(most, running.length);
        signal.addEventListener("abort", () => reject(new DOMException("left", "AbortError")));
      }),
    later: (callback: () => void, milliseconds: number) => {
      const mine = { callback, milliseconds };
      timer = mine;
      return () => {
        if (timer === mine) timer = null;
      };
    },
  };
  scope = effectScope();
  const paced = scope.run(() => paceBacktest(() => wish.value, around)) as ReturnType<typeof paceBacktest>;
  for (const word of words.split(" ")) {
    const due = timer as { callback: () => void } | null;
    if (WISHES.has(word)) wish.value = WISHES.get(word) ?? null;
    else if (word === "leave") scope.stop();
    else if (word === "tick") {
      timer = null;
      due?.callback();
    } else if (word === "ok") running.shift()?.resolve({} as Backtest);
    else running.shift()?.reject(FAILURES[word] as Error);
    await settled();
  }
  const waits = (timer as { milliseconds: number } | null)?.milliseconds ?? null;
  const shown = nameOf(paced.tried.value?.wish);
  return { asked: asked.join(" "), shown, status: paced.status.value, waits, most, problem: paced.problem.value };
}

describe("a draft", () => {
  it.each<[string, string, string, string, number | null, string]>([
    ["a", "", "-", "waiting", PAUSE_MILLISECONDS, "is not tried before its writer pauses"],
    ["a tick", "a", "-", "running", null, "is tried then"],
    ["a tick ok", "a", "a", "loaded", null, "is told of"],
    ["a b c tick ok", "c", "c", "loaded", null, "that was left before the pause is never tried"],
    ["a tick b", "a", "-", "waiting", PAUSE_MILLISECONDS, "is waited for anew while another runs"],
    ["a tick b tick", "a", "-", "waiting", null, "is not tried beside another"],
    ["a tick b tick ok", "a b", "-", "running", null, "is tried as soon as the other ends, whose answer is nobody's"],
    ["a tick b tick c tick ok ok", "a c", "c", "loaded", null, "that was left while another ran is never tried"],
    ["a tick b tick wrong", "a b", "-", "running", null, "does not get another's refusal"],
    ["a tick b ok tick ok", "a b", "b", "loaded", null, "is tried after its own pause where the other ended before"],
    ["a tick b a ok", "a", "a", "loaded", null, "that is back as it runs is not tried twice"],
    ["a tick ok b", "a", "a", "waiting", PAUSE_MILLISECONDS, "leaves the answer before it to be seen"],
    ["a tick ok none", "a", "-", "idle", null, "that cannot be tried has no answer"],
    ["a tick none ok", "a", "-", "idle", null, "that cannot be tried any more gets no late answer"],
    ["a tick leave", "a", "-", "running", null, "whose page was left is not told of"],
  ])("%s → %s: it %s %s %s %s", async (words, asked, shown, status, waits) => {
    const seen = await play(words);
    expect(seen).toMatchObject({ asked, shown, status, waits });
    expect(seen.most).toBeLessThanOrEqual(1);
  });
});

describe("what fails", () => {
  it.each<[string, string, string, number | null, string]>([
    ["a tick busy", "a", "busy", 7_000, "waits as long as the API says"],
    ["a tick long", "a", "busy", 120_000, "but not for hours"],
    ["a tick limited", "a", "unavailable", RETRY_MILLISECONDS, "waits where it says nothing"],
    ["a tick dark", "a", "unavailable", RETRY_MILLISECONDS, "waits for history"],
    ["a tick away", "a", "unavailable", RETRY_MILLISECONDS, "waits for the API"],
    ["a tick busy tick ok", "a a", "loaded", null, "is tried again"],
    ["a tick busy b", "a", "waiting", PAUSE_MILLISECONDS, "gives way to a newer draft"],
    ["a tick wrong", "a", "refused", null, "for good is not tried again"],
    ["a tick wrong b tick ok", "a b", "loaded", null, "for good says nothing of a newer draft"],
  ])("%s → %s: it %s %s %s", async (words, asked, status, waits) => {
    expect(await play(words)).toMatchObject({ asked, status, waits });
  });

  it("says why", async () => {
    expect((await play("a tick wrong")).problem).toBe("rule: no");
  });
});

describe("a wish", () => {
  const rule: AlertRule = { ...FIRST_RULE, name: "cpu" };
  it("is the same for what changes nothing of the answer", () => {
    const other = { ...rule, name: "", description: "x", enabled: false, channels: { warning: ["ops"] } };
    expect(wishOf(other, "-7d")).toEqual(wishOf(rule, "-7d"));
    expect(wishOf(rule, "-24h")).not.toEqual(wishOf(rule, "-7d"));
  });
  it("is none without a level, as long as no exception has one", () => {
    const levels = { warning: null, critical: null };
    expect(wishOf({ ...rule, ...levels }, "-24h")).toBeNull();
    expect(wishOf({ ...rule, ...levels, overrides: [{ hosts: ["a"], warning: 1 }] }, "-24h")).not.toBeNull();
  });
});

it("of an answer some is shown: the newest incidents, and the hosts that told longest", () => {
  const incidents = Array.from({ length: 30 }, (_, n) => ({ fired_at: new Date(n * 1000).toISOString() }));
  const hosts = Array.from({ length: 30 }, (_, n) => ({ host: `h${n}`, incidents: n % 2, seconds: n }));
  const answer = { incidents, hosts } as unknown as Backtest;
  expect(newestIncidents(answer)).toHaveLength(INCIDENTS_SHOWN_MAX);
  expect(newestIncidents(answer)[0]).toBe(incidents[29]);
  expect(worstHosts(answer).map(({ host }) => host)).toEqual(
    [29, 27, 25, 23, 21, 19, 17, 15, 13, 11].slice(0, HOSTS_SHOWN_MAX).map((n) => `h${n}`),
  );
});
