/** What a rule asks, as texts of the page put it; pure. */
import type { AlertRule, Family } from "../api/types";

/** The page's texts and formatters. */
export interface Words {
  t: (key: string, values?: Record<string, string>) => string;
  value: (unit: string, value: number) => string;
  step: (seconds: number) => string;
  number: (value: number) => string;
  familyName: (name: string) => string;
  gaugeName: (name: string) => string;
}

/** What of a rule its levels are measured by. */
export type Measured = Pick<AlertRule, "kind" | "family" | "column">;

/** Returns the unit of the column that a rule looks at; null where it looks at none that is known. */
export function unitOf({ family, column }: Measured, families: readonly Family[]): string | null {
  const gauges = families.find(({ name }) => name === family)?.gauges ?? [];
  return gauges.find(({ name }) => name === column)?.unit ?? null;
}

/** Returns a value of a rule's column. */
export function columnText(words: Words, unit: string | null, value: number): string {
  return unit === null ? words.number(value) : words.value(unit, value);
}

/** Returns a level in what the rule's kind measures. */
export function levelText(words: Words, kind: AlertRule["kind"], unit: string | null, level: number): string {
  if (kind === "forecast" || kind === "absence") return words.step(level);
  if (kind === "deviation") return `${words.number(level)} σ`;
  const amount = columnText(words, unit, level);
  return kind === "rate" ? words.t("rules.asks.per_second", { amount }) : amount;
}

/** Returns what a rule asks, without its levels. */
export function askText(words: Words, rule: AlertRule, families: readonly Family[]): string {
  if (rule.kind === "absence") return words.t("rules.asks.absence");
  const column = `${words.familyName(rule.family ?? "")} · ${words.gaugeName(rule.column ?? "")}`;
  const what = rule.aggregate === null ? column : words.t(`rules.asks.over.${rule.aggregate}`, { what: column });
  const key = `rules.asks.${rule.kind}_${rule.comparison}`;
  if (rule.kind !== "forecast") return words.t(key, { what });
  return words.t(key, { what, target: columnText(words, unitOf(rule, families), rule.target ?? 0) });
}

/** Globs for one line: a few of them, and how many others there are. */
export function shortList(list: readonly string[], most = 3): { shown: string; more: number } {
  return { shown: list.slice(0, most).join(", "), more: Math.max(0, list.length - most) };
}
