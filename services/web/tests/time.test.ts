/** Spans as people read them. */
import { expect, it } from "vitest";
import { formatSpan } from "../src/format/time";

it.each([
  [0, "0 sec"],
  [119.9, "119 sec"],
  [120, "2 min"],
  [7_199, "119 min"],
  [7_200, "2 hr"],
  [172_800, "2 days"],
  [-3, "0 sec"],
])("%s seconds are shown as %s", (seconds, shown) => {
  expect(formatSpan(seconds, "en")).toBe(shown);
});
