/** Lines break where samples are missing, and only there. */
import { describe, expect, it } from "vitest";
import { toLines, loneIndexes } from "../src/series/gaps";

/** Reads "1 2 . 4" as values at 0 s, 1 s, 2 s …; "." is no sample, "x" a sample without a value. */
function points(text: string): Map<number, number | null> {
  const found = new Map<number, number | null>();
  text.split(" ").forEach((word, second) => {
    if (word !== ".") found.set(second * 1000, word === "x" ? null : Number(word));
  });
  return found;
}

function drawn(texts: string[], intervalSeconds = 1): string[] {
  const intervals = texts.map(() => intervalSeconds);
  return toLines(texts.map(points), intervals).values.map((values) =>
    values.map((value) => (value === undefined ? "." : value === null ? "|" : String(value))).join(" "),
  );
}

describe("a line", () => {
  it.each([
    ["1 2 3", ["1 2 3"], "is whole without gaps"],
    ["1 . 3", ["1 3"], "bridges one skipped tick"],
    ["1 . . 4", ["1 | 4"], "breaks at three intervals"],
    ["1 . . . 5 6", ["1 | 5 6"], "breaks once however long the gap"],
    ["1 x 3", ["1 | 3"], "breaks where a gauge had no value"],
  ])("%s → %s: %s", (text, expected) => {
    expect(drawn([text])).toEqual(expected);
  });

  it("keeps to its family's own interval", () => {
    expect(drawn(["1 . . 4"], 3)).toEqual(["1 4"]);
  });

  it("keeps to its own interval beside one of another", () => {
    const both = toLines([points("1 . . 4"), points("1 . . 4")], [1, 3]);
    expect(both.values).toEqual([
      [1, null, 4],
      [1, undefined, 4],
    ]);
  });

  it("is not broken by the instants of another series", () => {
    expect(drawn(["1 . 3 . 5", ". 2 . 4 ."])).toEqual(["1 . 3 . 5", ". 2 . 4 ."]);
  });

  it("breaks alone when only its own samples are missing", () => {
    expect(drawn(["1 1 1 1 1", "2 . . . 2"])).toEqual(["1 1 1 1 1", "2 | . . 2"]);
  });
});

it.each([
  ["one value", [5], [0]],
  ["a line", [5, 6, 7], []],
  ["one between gaps", [5, 6, null, 7, null, 8, 9], [3]],
  ["at the ends", [5, null, undefined, 6], [0, 3]],
  ["nothing", [], []],
])("finds values without neighbours: %s", (_, values, expected) => {
  expect(loneIndexes(values)).toEqual(expected);
});
