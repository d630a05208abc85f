/** The span that the charts of a host show. */
import { expect, it } from "vitest";
import { shownSeconds } from "../src/series/window";

const NOW = Date.parse("2026-11-21T12:00:00Z");

it.each([
  ["nothing is known yet", null, 900],
  ["seconds old: two minutes at least", 5, 120],
  ["three and a half minutes old: four", 210, 240],
  ["older than the window", 5_000, 900],
])("%s", (_, ageSeconds, expected) => {
  expect(shownSeconds(ageSeconds === null ? null : NOW - ageSeconds * 1000, NOW, 900)).toBe(expected);
});
