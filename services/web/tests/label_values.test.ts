/** Which label values hosts have: known for the hosts they belong to, asked again when asking fails. */
import { afterEach, describe, expect, it } from "vitest";
import { effectScope, shallowRef, type EffectScope } from "vue";
import { ApiError, UnreachableError } from "../src/api/client";
import { cellsOf, keepLabelValues, labelsOf, type LabelQuestion } from "../src/compare/label_values";

const one: LabelQuestion = {
  family: "cpu_core",
  label: "core",
  column: "total_percent",
  hosts: ["a"],
  range: { preset: "1h" },
};

/** Questions by name; what differs from `one` is what was chosen anew. */
const QUESTIONS: Record<string, LabelQuestion | null> = {
  none: null,
  one,
  two: { ...one, hosts: ["a", "b"] },
  month: { ...one, range: { preset: "30d" } },
  disk: { ...one, family: "disk", label: "mount" },
  memory: { ...one, family: "memory", label: null },
};

class Surroundings {
  readonly log: string[] = [];
  answer: (result: string[] | Error) => void = () => undefined;
  timer: (() => void) | null = null;

  current = (asked: LabelQuestion) => this.ask("current", asked);
  past = (asked: LabelQuestion) => this.ask("past", asked);
  later = (callback: () => void, milliseconds: number) => {
    this.log.push(`wait ${milliseconds}`);
    this.timer = callback;
    return () => void (this.timer = null);
  };

  private ask(kind: string, { family, hosts }: LabelQuestion): Promise<string[]> {
    this.log.push(`${kind} ${family} ${hosts.join("+")}`);
    return new Promise((resolve, reject) => {
      this.answer = (result) => (result instanceof Error ? reject(result) : resolve(result));
    });
  }
}

const OUTCOMES: Record<string, string[] | Error> = {
  "0,1": ["1", "0", "1"],
  "0..10": ["10", "2", "0"],
  "[]": [],
  away: new UnreachableError(),
  "400": new ApiError(400, "bad_parameter", "no"),
};

/** Every promise that can go on has gone on. */
const settled = () => new Promise((done) => setTimeout(done));

let scope: EffectScope;
afterEach(() => scope.stop());

/**
 * Plays words: a question is chosen, the newest request has an outcome, `tick` is the timer. Returns after each word
 * `hosts:values`, `?` while nothing is known and `!` when asking fails.
 */
async function play(words: string): Promise<[string, string[]]> {
  const around = new Surroundings();
  const question = shallowRef<LabelQuestion | null>(null);
  scope = effectScope();
  const { known, failed } = scope.run(() => keepLabelValues(() => question.value, around)) as ReturnType<
    typeof keepLabelValues
  >;
  const seen: string[] = [];
  for (const word of words.split(" ")) {
    const chosen = QUESTIONS[word];
    if (chosen !== undefined) question.value = chosen;
    else if (word === "tick") around.timer?.();
    else around.answer(OUTCOMES[word] ?? []);
    await settled();
    const { hosts, values } = known.value ?? { hosts: [], values: [] };
    seen.push(known.value === null ? (failed.value ? "!" : "?") : `${hosts.join("+")}:${values.join(",")}`);
  }
  return [seen.join(" "), around.log];
}

describe("label values", () => {
  it.each([
    ["none", "?", "are not known without hosts, which is not the same as none"],
    ["one 0,1", "? a:0,1", "are known once, in order"],
    ["one 0..10", "? a:0,2,10", "are in natural order"],
    ["memory", "a:", "are none where a family has no label"],
    ["one 0,1 two 0..10", "? a:0,1 a:0,1 a+b:0,2,10", "stay those of the hosts before until more is known"],
    ["one 0,1 month 0,1", "? a:0,1 a:0,1 a:0,1", "do not depend on the range while they are current"],
    ["one 0,1 disk", "? a:0,1 ?", "of another family are none"],
    ["one 0,1 none", "? a:0,1 ?", "go with the hosts"],
    ["one [] 0,1", "? ? a:0,1", "come from the range where nothing is current"],
    ["one [] 0,1 month", "? ? a:0,1 ?", "of another range say nothing"],
    ["one [] []", "? ? a:", "are none where the range has nothing either"],
    ["one away tick 0,1", "? ! ! a:0,1", "are asked for again when asking failed"],
    ["one 0,1 two away", "? a:0,1 a:0,1 !", "are not known of hosts that could not be asked"],
    ["one [] away tick [] 0,1", "? ? ! ! ! a:0,1", "are asked for again when the range could not be asked"],
    ["one 400", "? a:", "are left to the chart where they are refused"],
  ])("%s → %s: they %s", async (words, expected) => {
    expect((await play(words))[0]).toBe(expected);
  });
});

it.each([
  ["one 0,1", ["current cpu_core a"]],
  ["one away tick", ["current cpu_core a", "wait 5000", "current cpu_core a"]],
  ["one [] 0,1", ["current cpu_core a", "past cpu_core a"]],
  ["memory", []],
  ["one away none tick", ["current cpu_core a", "wait 5000"]],
])("%s asks %j", async (words, expected) => {
  expect((await play(words))[1]).toEqual(expected);
});

it("are read from tables and from series, which may lack them", () => {
  const tables = [
    {
      columns: ["core", "busy"],
      rows: [
        [1, 2.5],
        [null, 1],
      ],
    },
    { columns: ["other"], rows: [[3]] },
  ];
  expect(cellsOf(tables, "core")).toEqual(["1"]);
  expect(labelsOf([{ labels: { core: 0 } }, { labels: {} }, { labels: { core: 1 } }], "core")).toEqual(["0", "1"]);
});
