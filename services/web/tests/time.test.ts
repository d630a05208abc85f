/** Spans, steps and instants as people read them. */
import { describe, expect, it } from "vitest";
import { formatAxisTime, formatInstant, formatPoint, formatRange, formatSpan, formatStep } from "../src/format/time";

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

it.each([
  [2, "en", "2 sec"],
  [60, "en", "1 min"],
  [90, "en", "90 sec"],
  [300, "ko", "5분"],
  [3_600, "en", "1 hr"],
  [5_400, "en", "90 min"],
  [86_400, "ko", "1일"],
])("a step of %s seconds is called, in %s, %s", (seconds, language, shown) => {
  expect(formatStep(seconds, language)).toBe(shown);
});

const local = (month: number, day: number, hour = 0, minute = 0, second = 0) =>
  new Date(2026, month - 1, day, hour, minute, second).getTime();

describe("a tick of a time axis", () => {
  it.each([
    [local(11, 21, 9, 5, 30), 10, "09:05:30"],
    [local(11, 21, 9, 5), 300, "09:05"],
    [local(11, 21), 3_600, "Nov 21"],
    [local(11, 21, 12), 43_200, "12:00"],
    [local(11, 21), 86_400, "Nov 21"],
    [local(11, 1), 30 * 86_400, "Nov"],
    [local(1, 1), 30 * 86_400, "Jan 2026"],
  ])("at %s with %s seconds between ticks reads %s", (time, step, shown) => {
    expect(formatAxisTime(time, step, "en")).toBe(shown);
  });
});

it.each([
  [null, "Nov 21, 09:05:07"],
  [10, "Nov 21, 09:05:07"],
  [60, "Nov 21, 09:05"],
])("a point that sums up %s seconds stands at %s", (step, shown) => {
  expect(formatPoint(local(11, 21, 9, 5, 7), step, "en")).toBe(shown);
});

it.each([
  [local(11, 21, 17, 51, 19), local(11, 26), "en", "Nov 21, 17:51:19"],
  [local(11, 21, 0, 5), local(11, 26), "en", "Nov 21, 00:05:00"],
  [local(11, 21, 17, 51, 19), local(11, 26), "ko", "11월 21일 17:51:19"],
  [local(12, 31, 23, 59, 59), local(13, 1), "en", "Dec 31, 2026, 23:59:59"],
])(
  "an instant is written as the axes write it, and its year only where it is another: %s",
  (time, now, language, text) => {
    expect(formatInstant(time, now, language)).toBe(text);
  },
);

it.each([
  [local(11, 20, 10), local(11, 21, 9), "en", "Nov 20, 10:00 – Nov 21, 09:00"],
  [local(11, 21, 9), local(11, 21, 9, 0, 30), "en", "Nov 21, 09:00:00 – 09:00:30"],
  [local(11, 21, 9), local(11, 21, 17), "en", "Nov 21, 09:00 – 17:00"],
  [local(11, 21, 9), local(11, 21, 17), "ko", "11월 21일 09:00 – 17:00"],
  [local(12, 31, 20), local(13, 1, 9), "en", "Dec 31, 2026, 20:00 – Jan 1, 2027, 09:00"],
])("a range is one text: %s %s %s", (start, end, language, shown) => {
  expect(formatRange(start, end, language)).toBe(shown);
});
