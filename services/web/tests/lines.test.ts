/** Lists of globs as text. */
import { describe, expect, it } from "vitest";
import { globRows, linesText, parseGlobRows, parseLines, type GlobRow } from "../src/forms/lines";

describe("lines", () => {
  it.each<[string, string[], string[]]>([
    ["web-*\n db-1 \n\n", [], ["web-*", "db-1"]],
    ["", [], []],
    ["/mnt/a b", [], ["/mnt/a b"]],
    ["web, db", [], ["web, db"]],
    [" x \nnew ", [" x "], [" x ", "new"]],
    ["a\nb", ["a\nb"], ["a\nb"]],
    [" ", [" "], [" "]],
  ])("%j after %j are %j", (text, before, expected) => {
    expect(parseLines(text, before)).toEqual(expected);
  });

  it("that nobody touched are what they were", () => {
    const hostile = ["a\nb", "  ", '<img src=x onerror="x">', "", "__proto__"];
    expect(parseLines(linesText(hostile), hostile)).toEqual(hostile);
  });
});

describe("globs by name", () => {
  it.each<[string, GlobRow[], string | null]>([
    ["nothing", [], null],
    ["an empty row", [{ name: " ", globs: "" }], null],
    ["a row", [{ name: "team", globs: "db\nweb" }], null],
    ["a row without a name", [{ name: "", globs: "db" }], "unnamed"],
    ["a row without a glob", [{ name: "team", globs: " " }], "no_globs"],
    [
      "a name twice",
      [
        { name: "team", globs: "a" },
        { name: "team ", globs: "b" },
      ],
      "twice",
    ],
  ])("of %s have the problem %s", (_, rows, problem) => {
    expect(parseGlobRows(rows).problem).toBe(problem);
  });

  it("that nobody touched are what they were, whatever they are called", () => {
    const globs = JSON.parse('{"__proto__": ["a"], " team ": ["x\\ny", " z"], "mount": ["/*"]}') as Record<
      string,
      string[]
    >;
    const parsed = parseGlobRows(globRows(globs), globs);
    expect(JSON.stringify(parsed.globs)).toBe(JSON.stringify(globs));
    expect(parsed.problem).toBeNull();
  });
});
