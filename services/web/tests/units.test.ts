/** Numbers with units, as people read them. */
import { describe, expect, it } from "vitest";
import { axisTop, formatTick, formatValue, scaleFor } from "../src/format/units";

describe("a value", () => {
  it.each([
    ["percent", 12.345, "12.3%"],
    ["percent", 0, "0.0%"],
    ["percent", 100, "100.0%"],
    ["bytes", 0, "0 B"],
    ["bytes", 1023, "1,023 B"],
    ["bytes", 1024, "1.00 KiB"],
    ["bytes", 252_000_000_000, "235 GiB"],
    ["bytes", 2 ** 60 * 5, "5.00 EiB"],
    ["bytes_per_second", 1_572_864, "1.50 MiB/s"],
    ["bytes_per_second", 12_897_484, "12.3 MiB/s"],
    ["seconds", 0.0042, "4.2 ms"],
    ["seconds", 0.000_05, "50 µs"],
    ["seconds", 1.5, "1.5 s"],
    ["seconds", 0, "0 s"],
    ["per_second", 1234.5, "1,235/s"],
    ["count", 10_001, "10,001"],
    ["average", 0.5, "0.50"],
    ["celsius", 47.2, "47.2 °C"],
    ["percent", null, "–"],
    ["bytes", undefined, "–"],
  ])("of %s %s is shown as %s", (unit, value, shown) => {
    expect(formatValue(unit, value, "en")).toBe(shown);
  });
});

describe("the ticks of an axis", () => {
  it.each([
    ["bytes_per_second", [0, 524_288, 1_048_576], ["0 MiB/s", "0.5 MiB/s", "1 MiB/s"]],
    ["percent", [0, 25, 50], ["0%", "25%", "50%"]],
    ["percent", [0, 0.25, 0.5, 0.75], ["0%", "0.25%", "0.5%", "0.75%"]],
    ["percent", [0, 0.5, 1, 1.5], ["0%", "0.5%", "1%", "1.5%"]],
    ["bytes", [0, 256, 512, 1_024], ["0 KiB", "0.25 KiB", "0.5 KiB", "1 KiB"]],
    ["seconds", [0, 0.002, 0.004], ["0 ms", "2 ms", "4 ms"]],
    ["average", [0, 0.05, 0.1], ["0", "0.05", "0.1"]],
  ])("of %s share one unit", (unit, ticks, shown) => {
    const scale = scaleFor(unit, ticks.at(-1) ?? 0);
    const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
    expect(ticks.map((tick) => formatTick(scale, tick, step, "en"))).toEqual(shown);
  });

  it.each([
    ["percent", 3, 100],
    ["percent", 180, 180],
    ["bytes", 0, 1024],
    ["count", 0, 1],
    ["count", 100, 108],
  ])("of %s reach, for a largest value of %s, up to %s", (unit, largest, top) => {
    expect(axisTop(unit, largest)).toBeCloseTo(top);
  });

  it.each([
    ["percent", 0.4, 1],
    ["percent", 0, 1],
    ["percent", 10, 10.8],
    ["percent", 180, 194.4],
    ["count", 100, 108],
  ])("of %s that fits its values reach, for a largest value of %s, up to %s", (unit, largest, top) => {
    expect(axisTop(unit, largest, true)).toBeCloseTo(top);
  });
});
