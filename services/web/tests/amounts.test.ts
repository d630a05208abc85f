/** Numbers, sizes and spans as people type them, and back. */
import { describe, expect, it } from "vitest";
import { amountText, parseAmount, type Measure } from "../src/forms/amounts";

describe("an amount is read", () => {
  it.each<[Measure, string, number | null]>([
    ["number", "", null],
    ["number", "  ", null],
    ["number", " 80 ", 80],
    ["number", "-3.5", -3.5],
    ["number", ".5", 0.5],
    ["number", "1e3", 1000],
    ["number", "5m", NaN],
    ["number", "1,5", NaN],
    ["number", "0x10", NaN],
    ["number", "Infinity", NaN],
    ["number", "1e999", NaN],
    ["bytes", "1024", 1024],
    ["bytes", "10 GiB", 10 * 1024 ** 3],
    ["bytes", "1.5k", 1536],
    ["bytes", "2 MiB/s", 2 * 1024 ** 2],
    ["bytes", "GiB", NaN],
    ["bytes", "ten GiB", NaN],
    ["span", "0", 0],
    ["span", "90", 90],
    ["span", "90s", 90],
    ["span", "5m", 300],
    ["span", "1h 30m", 5400],
    ["span", "1h30m", 5400],
    ["span", "2 D", 172_800],
    ["span", "1w", 604_800],
    ["span", "1시간 30분", 5400],
    ["span", "0.5s", 0.5],
    ["span", "5x", NaN],
    ["span", "m", NaN],
    ["span", "5m later", NaN],
  ])("%s %j is %s", (measure, text, expected) => {
    expect(parseAmount(text, measure)).toEqual(expected);
  });
});

describe("an amount is written so that the same is read", () => {
  it.each<[Measure, number | null, string]>([
    ["number", null, ""],
    ["number", 80, "80"],
    ["number", 0.1, "0.1"],
    ["bytes", 10_737_418_240, "10737418240"],
    ["span", 0, "0"],
    ["span", 59, "59s"],
    ["span", 60, "1m"],
    ["span", 90, "1m 30s"],
    ["span", 86_400, "1d"],
    ["span", 90_061, "1d 1h 1m 1s"],
    ["span", 0.25, "0.25"],
    ["span", 1e300, "1e+300"],
  ])("%s %s as %j", (measure, amount, expected) => {
    expect(amountText(amount, measure)).toBe(expected);
    expect(parseAmount(expected, measure)).toBe(amount);
  });
});
