/** A rule as its form holds it, and back: what the form does not show stays as it was read. */
import type { AlertRule, RuleLevel } from "../api/types";
import { amountText, parseAmount, type Measure } from "../forms/amounts";
import { globRows, linesText, parseGlobRows, parseLines, type GlobRow } from "../forms/lines";
import { overrideOf, toOverrideDraft, type OverrideDraft } from "./overrides";

export const KINDS = ["threshold", "absence", "rate", "forecast", "deviation"] as const;
export const LEVELS: readonly RuleLevel[] = ["warning", "critical"];
export type Kind = AlertRule["kind"];
export type Over = NonNullable<AlertRule["aggregate"]>;
export const AGGREGATES: readonly Over[] = ["max", "min", "avg", "sum"];

export interface RuleDraft {
  name: string;
  description: string;
  enabled: boolean;
  kind: Kind;
  family: string;
  column: string;
  aggregate: Over | "";
  comparison: AlertRule["comparison"];
  warning: string;
  critical: string;
  hold: string;
  clear: string;
  window: string;
  target: string;
  spread: string;
  intervals: string;
  hosts: string;
  tags: GlobRow[];
  labels: GlobRow[];
  channels: Record<RuleLevel, string>;
  overrides: OverrideDraft[];
}

/** Something that the page itself can tell is wrong; `override` counts from 1. */
export interface DraftProblem {
  field: string;
  problem: "number" | "span" | "name" | "taken_name" | "hosts" | "unnamed" | "twice" | "no_globs";
  override?: number;
}

/** Which kinds have a field: others must not say it. */
const FIELDS_OF: Record<"column" | "window" | "target" | "spread" | "intervals", readonly Kind[]> = {
  column: ["threshold", "rate", "forecast", "deviation"],
  window: ["rate", "forecast", "deviation"],
  target: ["forecast"],
  spread: ["deviation"],
  intervals: ["absence"],
};

export function hasField(kind: Kind, field: keyof typeof FIELDS_OF): boolean {
  return FIELDS_OF[field].includes(kind);
}

/** Returns how levels, and the way back, are written: in seconds where the rule compares times. */
export function measureOf(kind: Kind, column: string | null): Measure {
  if (kind === "forecast" || kind === "absence") return "span";
  return kind === "deviation" ? "number" : columnMeasure(column);
}

/** Returns how values of the column itself are written. */
export function columnMeasure(column: string | null): Measure {
  return /(^|_)bytes(_per_second)?$/.test(column ?? "") ? "bytes" : "number";
}

export const RULE_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Leads to an empty form in the page's own address. */
export const NEW_RULE = "new";

/** What a new rule begins with. */
export const FIRST_RULE: AlertRule = {
  v: 1,
  name: "",
  description: "",
  enabled: true,
  kind: "threshold",
  family: "cpu",
  column: "total_percent",
  aggregate: null,
  comparison: "above",
  warning: 80,
  critical: 90,
  for_seconds: 60,
  clear: null,
  window_seconds: null,
  target: null,
  spread_min: null,
  intervals_min: null,
  hosts: ["*"],
  tags: {},
  labels: {},
  channels: {},
  overrides: [],
};

/** Returns the form of a rule. */
export function toDraft(rule: AlertRule): RuleDraft {
  const measure = measureOf(rule.kind, rule.column);
  return {
    name: rule.name,
    description: rule.description,
    enabled: rule.enabled,
    kind: rule.kind,
    family: rule.family ?? "",
    column: rule.column ?? "",
    aggregate: rule.aggregate ?? "",
    comparison: rule.comparison,
    warning: amountText(rule.warning, measure),
    critical: amountText(rule.critical, measure),
    hold: amountText(rule.for_seconds, "span"),
    clear: amountText(rule.clear, measure),
    window: amountText(rule.window_seconds, "span"),
    target: amountText(rule.target, columnMeasure(rule.column)),
    spread: amountText(rule.spread_min, columnMeasure(rule.column)),
    intervals: amountText(rule.intervals_min, "number"),
    hosts: linesText(rule.hosts),
    tags: globRows(rule.tags),
    labels: globRows(rule.labels),
    channels: { warning: linesText(rule.channels.warning ?? []), critical: linesText(rule.channels.critical ?? []) },
    overrides: rule.overrides.map((override) => toOverrideDraft(override, measure)),
  };
}

/** Returns the rule of a form, changed from what was read, and what of the form cannot be understood. */
export function fromDraft(draft: RuleDraft, before: AlertRule): { rule: AlertRule; problems: DraftProblem[] } {
  const problems: DraftProblem[] = [];
  const { kind } = draft;
  const looksAtColumn = hasField(kind, "column");
  const measure = measureOf(kind, draft.column);
  const inColumn = columnMeasure(draft.column);

  function amount(field: keyof RuleDraft, text: string, how: Measure): number | null {
    const parsed = parseAmount(text, how);
    if (!Number.isNaN(parsed)) return parsed;
    problems.push({ field, problem: how === "span" ? "span" : "number" });
    return null;
  }
  function globs(field: "tags" | "labels"): Record<string, string[]> {
    const parsed = parseGlobRows(draft[field], before[field]);
    if (parsed.problem !== null) problems.push({ field, problem: parsed.problem });
    return parsed.globs;
  }

  if (!RULE_NAME.test(draft.name)) problems.push({ field: "name", problem: "name" });
  const hosts = parseLines(draft.hosts, before.hosts);
  if (hosts.length === 0) problems.push({ field: "hosts", problem: "hosts" });
  const rule: AlertRule = {
    ...before,
    name: draft.name,
    description: draft.description,
    enabled: draft.enabled,
    kind,
    family: looksAtColumn ? draft.family : null,
    column: looksAtColumn ? draft.column : null,
    aggregate: looksAtColumn && draft.aggregate !== "" ? draft.aggregate : null,
    comparison: looksAtColumn ? draft.comparison : "above",
    warning: amount("warning", draft.warning, measure),
    critical: amount("critical", draft.critical, measure),
    for_seconds: amount("hold", draft.hold, "span") ?? 0,
    clear: amount("clear", draft.clear, measure),
    window_seconds: hasField(kind, "window") ? amount("window", draft.window, "span") : null,
    target: hasField(kind, "target") ? amount("target", draft.target, inColumn) : null,
    spread_min: hasField(kind, "spread") ? amount("spread", draft.spread, inColumn) : null,
    intervals_min: hasField(kind, "intervals") ? amount("intervals", draft.intervals, "number") : null,
    hosts,
    tags: globs("tags"),
    labels: looksAtColumn ? globs("labels") : {},
    channels: channelsOf(draft, before),
    overrides: draft.overrides.map((override, index) => overrideOf(override, measure, index + 1, problems)),
  };
  return { rule, problems };
}

function channelsOf(draft: RuleDraft, before: AlertRule): AlertRule["channels"] {
  const named = { ...before.channels };
  for (const level of LEVELS) {
    const was = before.channels[level];
    const names = parseLines(draft.channels[level], was);
    // An empty list that stood there means the same as none, and stays.
    if (names.length > 0 || was?.length === 0) named[level] = names;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a level's own name
    else delete named[level];
  }
  return named;
}

/** What a kind begins with where the form says nothing that it could use. */
const FIRST_OF: Record<Kind, Partial<RuleDraft>> = {
  threshold: {},
  rate: { window: "10m" },
  absence: { warning: "", critical: "15s", hold: "0", intervals: "5" },
  forecast: { warning: "1d", critical: "4h", hold: "30m", window: "6h", target: "100" },
  deviation: { warning: "4", critical: "6", window: "6h" },
};

/** Returns the form with another kind; levels mean something else then, so they begin anew. */
export function withKind(draft: RuleDraft, kind: Kind): RuleDraft {
  if (kind === draft.kind) return draft;
  const levels: Partial<RuleDraft> = { warning: "", critical: "", clear: "" };
  const family: Partial<RuleDraft> =
    draft.family === "" && hasField(kind, "column")
      ? { family: FIRST_RULE.family ?? "", column: FIRST_RULE.column ?? "" }
      : {};
  return { ...draft, ...levels, ...family, ...FIRST_OF[kind], kind };
}

/** Returns the form with another family, of which `column` is looked at; labels of the one before are none of its. */
export function withFamily(draft: RuleDraft, family: string, column: string): RuleDraft {
  return family === draft.family ? draft : { ...draft, family, column, labels: [], aggregate: "" };
}
