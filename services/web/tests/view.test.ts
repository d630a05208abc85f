/** Answers become what a chart shows: rows, axis, and where lines break. */
import { describe, expect, it } from "vitest";
import type { RangeAnswer } from "../src/api/types";
import { pointsFor } from "../src/range/use_points_max";
import { toLines } from "../src/series/gaps";
import { shortLabels } from "../src/series/choose";
import { toComparedView, toView } from "../src/series/view";

type Level = RangeAnswer["resolution"];

const iso = (second: number) => new Date(second * 1000).toISOString();

/** Series as texts: "5 . 6" has values at the first and third time of the answer, and null at the second. */
function answer(
  seconds: number[],
  step: number | null,
  series: Record<string, string>,
  level: Level = "1m",
): RangeAnswer {
  return {
    start: iso(seconds[0] ?? 0),
    end: iso((seconds.at(-1) ?? 0) + 60),
    resolution: level,
    step_seconds: step,
    time: seconds.map(iso),
    series: Object.entries(series).map(([key, text]) => {
      const [host = "", mount = ""] = key.split(" ");
      const values = text.split(" ").map((word) => (word === "." ? null : Number(word)));
      return { host, source: "system", labels: mount === "" ? {} : { mount }, values: { used: values } };
    }),
  };
}

function drawn(view: ReturnType<typeof toView>): string[] {
  const points = view.rows.map((row) => row.gauges.get("used") ?? new Map<number, number | null>());
  return toLines(points, view.rows.map(view.intervalSeconds)).values.map((values) =>
    values.map((value) => (value === undefined ? "." : value === null ? "|" : String(value))).join(" "),
  );
}

describe("a line over steps", () => {
  it.each([
    ["goes on over one missing step", [0, 60, 180], 60, 10, "1 2 3"],
    ["breaks over two missing steps", [0, 60, 240], 60, 10, "1 2 | 3"],
    ["goes by the host's rhythm where that is slower than the step", [0, 60, 120], 10, 60, "1 2 3"],
    ["breaks between raw samples of a fast host", [0, 1, 60], null, 1, "1 2 | 3"],
    ["is whole though its host reports faster by now", [0, 10, 20], null, 1, "1 2 3"],
    ["breaks though its host reports more seldom by now", [0, 1, 12], null, 10, "1 2 | 3"],
  ])("%s", (_, seconds, step, interval, expected) => {
    const view = toView(answer(seconds, step, { h: "1 2 3" }), [], interval);
    expect(drawn(view)).toEqual([expected]);
  });

  it("of two samples goes by what the host is set up to", () => {
    expect(drawn(toView(answer([0, 10], null, { h: "1 2" }), [], 1))).toEqual(["1 | 2"]);
    expect(drawn(toView(answer([0, 10], null, { h: "1 2" }), [], 10))).toEqual(["1 2"]);
  });

  it("goes by the gauge that is always there", () => {
    const found = answer([0, 1, 2, 20, 40, 41], null, { h: "1 2 3 4 5 6" });
    const seldom = [1, null, null, 1, 1, null];
    const series = found.series.map((one) => ({ ...one, values: { seldom, ...one.values } }));
    expect(drawn(toView({ ...found, series }, [], 1))).toEqual(["1 2 3 | 4 | 5 6"]);
  });

  it("has its axis, level and step from the answer", () => {
    const view = toView(answer([60, 120], 60, { h: "1 2" }, "1m"), [], 1);
    expect([view.start, view.end, view.level, view.stepSeconds]).toEqual([60_000, 180_000, "1m", 60]);
  });
});

describe("hosts in one chart", () => {
  it("are told apart by their names, and by labels where there are several", () => {
    const plain = toComparedView(answer([0, 60], 60, { a: "1 2", b: "3 4" }), [], 10);
    expect(plain.rows.map(shortLabels(plain.rows))).toEqual(["a", "b"]);
    const labelled = toComparedView(answer([0, 60], 60, { "a /": "1 2", "a /srv": "3 4" }), ["mount"], 10);
    expect(labelled.rows.map(shortLabels(labelled.rows))).toEqual(["a · /", "a · /srv"]);
  });

  it("are whole lines though one reports more seldom than the other", () => {
    const seconds = [0, 10, 20, 30, 40, 50, 60];
    const view = toComparedView(answer(seconds, null, { a: "1 1 1 . . 1 1", b: "2 . . 2 . . 2" }, "raw"), [], 1);
    expect(drawn(view)).toEqual(["1 1 1 | 1 1", "2 . . 2 . 2"]);
  });
});

it.each([
  [0, 300],
  [343, 300],
  [351, 400],
  [960, 1_000],
  [2_400, 1_000],
])("a chart %s pixels wide is asked for %s points", (pixels, points) => {
  expect(pointsFor(pixels)).toBe(points);
});
