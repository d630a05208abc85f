/** What a rule asks, in words. */
import { expect, it } from "vitest";
import type { AlertRule, Family } from "../src/api/types";
import { FIRST_RULE } from "../src/rules/draft";
import { askText, levelText, shortList, unitOf, type Words } from "../src/rules/words";

const words: Words = {
  t: (key, values = {}) => [key.replace("rules.asks.", ""), ...Object.values(values)].join(" "),
  value: (unit, value) => `${value} ${unit}`,
  step: (seconds) => `${seconds} s`,
  number: String,
  familyName: (name) => name.toUpperCase(),
  gaugeName: (name) => name,
};
const families = [{ name: "cpu", gauges: [{ name: "total_percent", unit: "percent" }] }] as unknown as Family[];

it.each<[Partial<AlertRule>, string]>([
  [{}, "threshold_above CPU · total_percent"],
  [{ comparison: "below" }, "threshold_below CPU · total_percent"],
  [{ aggregate: "max" }, "threshold_above over.max CPU · total_percent"],
  [{ kind: "rate" }, "rate_above CPU · total_percent"],
  [{ kind: "forecast", target: 100 }, "forecast_above CPU · total_percent 100 percent"],
  [{ kind: "forecast", target: 1, column: "gone" }, "forecast_above CPU · gone 1"],
  [{ kind: "deviation", comparison: "below" }, "deviation_below CPU · total_percent"],
  [{ kind: "absence", family: null, column: null }, "absence"],
])("%j asks: %s", (changed, expected) => {
  expect(askText(words, { ...FIRST_RULE, ...changed }, families)).toBe(expected);
});

it.each<[AlertRule["kind"], string]>([
  ["threshold", "90 percent"],
  ["rate", "per_second 90 percent"],
  ["forecast", "90 s"],
  ["absence", "90 s"],
  ["deviation", "90 σ"],
])("a level of %s is %s", (kind, expected) => {
  expect(levelText(words, kind, unitOf(FIRST_RULE, families), 90)).toBe(expected);
});

it("a long list is cut, and says so", () => {
  expect(shortList(["a", "b", "c", "d", "e"])).toEqual({ shown: "a, b, c", more: 2 });
  expect(shortList(["a"])).toEqual({ shown: "a", more: 0 });
});
