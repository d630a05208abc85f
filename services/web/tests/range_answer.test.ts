/** What may be drawn while an answer is awaited, after it failed, and when it is asked for again. */
import { afterEach, describe, expect, it } from "vitest";
import { effectScope, shallowRef, type EffectScope } from "vue";
import { ApiError, UnreachableError } from "../src/api/client";
import type { RangeAnswer } from "../src/api/types";
import { keepAnswered, type RangeRequest } from "../src/range/range_answer";

const day: RangeRequest = {
  family: "disk",
  hosts: ["a"],
  columns: ["used_percent"],
  labels: ["mount:/"],
  aggregate: "avg",
  range: { preset: "24h" },
  pointsMax: 500,
};

/** Requests by name; what differs from `day` is what was chosen anew. */
const REQUESTS: Record<string, RangeRequest | null> = {
  day,
  month: { ...day, range: { preset: "30d" } },
  past: { ...day, range: { start: 0, end: 60_000 } },
  maxima: { ...day, aggregate: "max" },
  "two-hosts": { ...day, hosts: ["a", "b"] },
  finer: { ...day, pointsMax: 1_000 },
  memory: { ...day, family: "memory" },
  srv: { ...day, labels: ["mount:/srv"] },
  none: null,
};

const OUTCOMES: Record<string, Error | null> = {
  ok: null,
  away: new UnreachableError(),
  "400": new ApiError(400, "too_much", "no"),
  "429": new ApiError(429, "limited", "later"),
  "503": new ApiError(503, "database_away", "away"),
};

const MARKS = { idle: ".", loading: "?", loaded: "", unavailable: "!", refused: "x" };

interface Question {
  asked: RangeRequest;
  resolve: (answer: RangeAnswer) => void;
  reject: (error: Error) => void;
}

class Surroundings {
  readonly questions: Question[] = [];
  timer: { callback: () => void; milliseconds: number } | null = null;

  ask = (asked: RangeRequest) =>
    new Promise<RangeAnswer>((resolve, reject) => this.questions.push({ asked, resolve, reject }));
  later = (callback: () => void, milliseconds: number) => {
    this.timer = { callback, milliseconds };
    return () => void (this.timer = null);
  };
  now = () => Date.UTC(2026, 10, 21);

  settle({ resolve, reject }: Question, outcome: Error | null): void {
    if (outcome === null) resolve({ step_seconds: 60, series: [] } as unknown as RangeAnswer);
    else reject(outcome);
  }
}

/** Every promise that can go on has gone on. */
const settled = () => new Promise((done) => setTimeout(done));

let scope: EffectScope;
afterEach(() => scope.stop());

/**
 * Plays words: a request is chosen, the newest question has an outcome, `late` answers the one before, `tick` is the
 * timer. Returns after each word whose numbers may be drawn, `-` for none, and a mark for how asking goes.
 */
async function play(words: string): Promise<[string, Surroundings]> {
  const around = new Surroundings();
  const request = shallowRef<RangeRequest | null>(null);
  scope = effectScope();
  const { answered, status } = scope.run(() => keepAnswered(() => request.value, around)) as ReturnType<
    typeof keepAnswered
  >;
  const seen: string[] = [];
  for (const word of words.split(" ")) {
    const chosen = REQUESTS[word];
    if (chosen !== undefined) request.value = chosen;
    else if (word === "tick") around.timer?.callback();
    else if (word === "late") around.settle(around.questions.at(-2) as Question, null);
    else around.settle(around.questions.at(-1) as Question, OUTCOMES[word] ?? null);
    await settled();
    const drawn = Object.keys(REQUESTS).find((name) => REQUESTS[name] === answered.value?.request);
    seen.push((drawn ?? "-") + MARKS[status.value]);
  }
  return [seen.join(" "), around];
}

describe("numbers", () => {
  it.each([
    ["day ok", "-? day", "come with their answer"],
    ["day ok month ok", "-? day day? month", "stay until those of another range are there"],
    ["day ok two-hosts ok", "-? day day? two-hosts", "stay until those of more hosts are there"],
    ["day ok memory ok", "-? day -? memory", "of another family go at once"],
    ["day ok srv ok", "-? day -? srv", "of another label go at once"],
    ["day ok none day", "-? day -. -?", "go when nothing is asked for"],
    ["day month late ok", "-? -? -? month", "that come late for a request that was left are none"],
  ])("%s → %s: they %s", async (words, expected) => {
    expect((await play(words))[0]).toBe(expected);
  });
});

describe("while history is away, numbers", () => {
  it.each([
    ["day ok month away", "-? day day? -!", "of another range go"],
    ["day ok maxima 503", "-? day day? -!", "are not averages where maxima were chosen"],
    ["day ok two-hosts 503", "-? day day? -!", "of fewer hosts go"],
    ["day ok month 429", "-? day day? -!", "of another range go when too many ask"],
    ["day ok tick 503 tick ok", "-? day day day! day! day", "of this very request stay"],
    ["day ok finer 503", "-? day day? day!", "of this very request stay, drawn as coarsely as they are"],
    ["day 503 tick ok", "-? -! -! day", "come by themselves once it is back"],
    ["day ok month 400", "-? day day? -x", "go when the request is refused"],
  ])("%s → %s: they %s", async (words, expected) => {
    expect((await play(words))[0]).toBe(expected);
  });
});

it.each<[string, number | undefined, string]>([
  ["day ok", 30_000, "while the range goes on, after half a step"],
  ["day 503", 5_000, "soon, where history is away"],
  ["past ok", undefined, "never, where nothing changes any more"],
  ["day 400", undefined, "never, where it is refused"],
  ["day ok none", undefined, "never, where nothing is asked for"],
])("after %s it is asked again after %s ms: %s", async (words, milliseconds) => {
  expect((await play(words))[1].timer?.milliseconds).toBe(milliseconds);
});

it("a range that is left is not asked for again", async () => {
  const [, around] = await play("day ok month ok tick");
  expect(around.questions.map(({ asked }) => asked)).toEqual([day, REQUESTS.month, REQUESTS.month]);
});
