/** Rules in their form and back: nothing that the form does not show is lost, and what cannot be is told. */
import { describe, expect, it } from "vitest";
import type { AlertRule } from "../src/api/types";
import { FIRST_RULE, fromDraft, KINDS, toDraft, withFamily, withKind, type RuleDraft } from "../src/rules/draft";
import { newOverride } from "../src/rules/overrides";

const cpu: AlertRule = { ...FIRST_RULE, name: "cpu" };

/** One of each kind, with every field that it may have. */
const RULES: Record<string, AlertRule> = {
  threshold: {
    ...cpu,
    description: "line\nline",
    family: "disk",
    column: "used_percent",
    aggregate: "max",
    comparison: "below",
    warning: 20,
    critical: 10.5,
    for_seconds: 90.5,
    clear: 2.25,
    hosts: ["web-*", " odd ", "a\nb"],
    tags: { team: ["db", "web"], "": ["x"] },
    labels: { mount: ["/srv*"] },
    channels: { warning: [], critical: ["ops", "<b>당직</b>"] },
    overrides: [
      { hosts: ["web-1"], enabled: false },
      { hosts: ["web-2"], warning: null, critical: 5, for_seconds: 0, clear: null },
      { hosts: ["web-3", "web-4"], enabled: true, warning: 30, for_seconds: 3600, clear: 1 },
    ],
  },
  absence: {
    ...cpu,
    kind: "absence",
    family: null,
    column: null,
    warning: null,
    critical: 15,
    for_seconds: 0,
    intervals_min: 5,
    overrides: [{ hosts: ["*"], critical: 3600.5 }],
  },
  rate: {
    ...cpu,
    kind: "rate",
    family: "memory",
    column: "used_bytes",
    warning: 1e6,
    critical: null,
    window_seconds: 600,
  },
  forecast: { ...cpu, kind: "forecast", warning: 86_400, critical: 14_400, target: 100, window_seconds: 21_600 },
  deviation: { ...cpu, kind: "deviation", warning: 4, critical: 6.5, window_seconds: 21_600, spread_min: 0.5 },
  "with what a later release added": {
    ...cpu,
    ...{ runbook: "https://…" },
    overrides: [{ hosts: ["a"], ...{ note: "x" } }],
  },
};

describe("a rule that nobody touched is what it was", () => {
  it.each(Object.keys(RULES).filter((name) => name !== "threshold"))("%s", (name) => {
    const rule = RULES[name] as AlertRule;
    expect(fromDraft(toDraft(rule), rule)).toEqual({ rule, problems: [] });
  });

  it("threshold, also where the API would not take it", () => {
    const rule = RULES.threshold as AlertRule;
    const parsed = fromDraft(toDraft(rule), rule);
    expect(parsed.rule).toEqual(rule);
    expect(parsed.problems).toEqual([{ field: "tags", problem: "unnamed" }]);
  });
});

it("a change of one field changes nothing else", () => {
  const rule = { ...(RULES.threshold as AlertRule), tags: { team: ["db"] } };
  const draft = { ...toDraft(rule), critical: "5" };
  expect(fromDraft(draft, rule)).toEqual({ rule: { ...rule, critical: 5 }, problems: [] });
});

describe("a level", () => {
  it.each<[Partial<RuleDraft>, Partial<AlertRule>]>([
    [{ warning: "" }, { warning: null }],
    [{ critical: "95.5" }, { critical: 95.5 }],
    [{ hold: "" }, { for_seconds: 0 }],
    [{ hold: "5m" }, { for_seconds: 300 }],
    [{ clear: "" }, { clear: null }],
    [
      { family: "memory", column: "used_bytes", warning: "1 GiB", critical: "" },
      { warning: 1024 ** 3, critical: null },
    ],
    [{ channels: { warning: "", critical: "ops\n\n night" } }, { channels: { critical: ["ops", "night"] } }],
  ])("%j is %j", (typed, expected) => {
    const { rule, problems } = fromDraft({ ...toDraft(cpu), ...typed }, cpu);
    expect(rule).toMatchObject(expected);
    expect(problems).toEqual([]);
  });
});

describe("what cannot be understood is told", () => {
  const own = (text: string) => ({ said: "own" as const, text });
  it.each<[Partial<RuleDraft>, object[]]>([
    [{ name: "" }, [{ field: "name", problem: "name" }]],
    [{ name: "CPU high" }, [{ field: "name", problem: "name" }]],
    [{ name: "a".repeat(65) }, [{ field: "name", problem: "name" }]],
    [{ warning: "high" }, [{ field: "warning", problem: "number" }]],
    [{ hold: "soon" }, [{ field: "hold", problem: "span" }]],
    [{ hosts: " \n" }, [{ field: "hosts", problem: "hosts" }]],
    [{ labels: [{ name: "mount", globs: "" }] }, [{ field: "labels", problem: "no_globs" }]],
    [
      { warning: "x", hold: "y", hosts: "" },
      [
        { field: "hosts", problem: "hosts" },
        { field: "warning", problem: "number" },
        { field: "hold", problem: "span" },
      ],
    ],
    [
      { overrides: [newOverride(), { ...newOverride(), hosts: "a", warning: own(""), hold: own("never") }] },
      [
        { field: "hosts", problem: "hosts", override: 1 },
        { field: "hold", problem: "span", override: 2 },
        { field: "warning", problem: "number", override: 2 },
      ],
    ],
  ])("%j", (typed, expected) => {
    expect(fromDraft({ ...toDraft(cpu), ...typed }, cpu).problems).toEqual(expected);
  });
});

describe("another kind", () => {
  it.each(KINDS)("%s makes a rule with the fields of that kind and no others", (kind) => {
    const { rule } = fromDraft(withKind(toDraft(cpu), kind), cpu);
    const said = ["family", "column", "window_seconds", "target", "intervals_min"].filter(
      (field) => rule[field as keyof AlertRule] !== null,
    );
    const expected = {
      threshold: ["family", "column"],
      absence: ["intervals_min"],
      rate: ["family", "column", "window_seconds"],
      forecast: ["family", "column", "window_seconds", "target"],
      deviation: ["family", "column", "window_seconds"],
    };
    expect(said).toEqual(expected[kind]);
  });

  it("that is the same one changes nothing", () => {
    const draft = toDraft(cpu);
    expect(withKind(draft, "threshold")).toBe(draft);
    expect(withFamily(draft, "cpu", "idle_percent")).toBe(draft);
  });

  it("leaves no level that meant something else", () => {
    expect(withKind(toDraft(cpu), "rate")).toMatchObject({ warning: "", critical: "", window: "10m" });
    const { rule } = fromDraft(withKind(toDraft(RULES.absence as AlertRule), "threshold"), cpu);
    expect(rule).toMatchObject({ family: "cpu", column: "total_percent", warning: null, critical: null });
  });

  it("of family takes no labels of the one before along", () => {
    const draft = withFamily(toDraft(RULES.threshold as AlertRule), "memory", "used_percent");
    expect(draft).toMatchObject({ family: "memory", column: "used_percent", labels: [], aggregate: "" });
  });
});
