/** Lists of globs and names as text, one a line. */

export function linesText(list: readonly string[]): string {
  return list.join("\n");
}

/**
 * Returns the lines of a text without spaces around them and without empty ones.
 * What stood there before stays as it is, also where it could not be typed: a space at its end, a line break in it.
 */
export function parseLines(text: string, before: readonly string[] = []): string[] {
  if (text === linesText(before)) return [...before];
  return text
    .split("\n")
    .map((line) => (before.includes(line) ? line : line.trim()))
    .filter((line) => line !== "");
}

/** Globs by the name of a tag or label, as rows of a form. */
export interface GlobRow {
  name: string;
  globs: string;
}

export function globRows(globs: Readonly<Record<string, readonly string[]>>): GlobRow[] {
  return Object.entries(globs).map(([name, list]) => ({ name, globs: linesText(list) }));
}

export interface ParsedGlobs {
  globs: Record<string, string[]>;
  problem: "unnamed" | "twice" | "no_globs" | null;
}

/** Returns globs by name; a row without anything in it counts for nothing. */
export function parseGlobRows(
  rows: readonly GlobRow[],
  before: Readonly<Record<string, readonly string[]>> = {},
): ParsedGlobs {
  const known = new Map(Object.entries(before));
  const entries = rows
    .map(({ name, globs }): [string, string[]] => {
      const meant = known.has(name) ? name : name.trim();
      return [meant, parseLines(globs, known.get(meant))];
    })
    .filter(([name, list]) => name !== "" || list.length > 0);
  const names = entries.map(([name]) => name);
  const problem = names.includes("")
    ? "unnamed"
    : new Set(names).size < names.length
      ? "twice"
      : entries.some(([, list]) => list.length === 0)
        ? "no_globs"
        : null;
  // Not by assignment: a tag may be called __proto__.
  return { globs: Object.fromEntries(entries), problem };
}
