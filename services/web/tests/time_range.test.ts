/** Ranges: in the address, as asked of the API, after a zoom, and how often they are asked for again. */
import { describe, expect, it } from "vitest";
import {
  askedRange,
  chosenSpan,
  fromLocalInput,
  isLive,
  parseRange,
  rangeQuery,
  SPAN_DAYS_MAX,
  refreshMilliseconds,
  toLocalInput,
  widenedRange,
  zoomedRange,
  type TimeRange,
} from "../src/range/time_range";

const at = (text: string) => Date.parse(`2026-11-${text}Z`);
const custom = { start: at("20T10:00:00"), end: at("21T09:00:00") };
const asQuery = { start: "2026-11-20T10:00:00Z", end: "2026-11-21T09:00:00Z" };

describe("an address", () => {
  it.each<[Record<string, unknown>, TimeRange]>([
    [{}, { preset: "15m" }],
    [{ range: "30d" }, { preset: "30d" }],
    [{ range: "1y", hosts: "a,b" }, { preset: "1y" }],
    [asQuery, custom],
    [{ start: "2026-11-20T19:00:00+09:00", end: asQuery.end }, custom],
    [{ range: "31d" }, { preset: "15m" }],
    [{ range: ["30d", "7d"] }, { preset: "15m" }],
    [{ start: asQuery.end, end: asQuery.start }, { preset: "15m" }],
    [{ start: asQuery.start, end: asQuery.start }, { preset: "15m" }],
    [{ start: asQuery.start }, { preset: "15m" }],
    [{ start: "yesterday", end: "now" }, { preset: "15m" }],
    [{ start: null, end: "" }, { preset: "15m" }],
  ])("%j shows %j", (query, range) => {
    expect(parseRange(query)).toEqual(range);
  });

  it.each<[TimeRange, Record<string, string>]>([
    [{ preset: "15m" }, {}],
    [{ preset: "7d" }, { range: "7d" }],
    [custom, asQuery],
    [
      { start: 500, end: 1500 },
      { start: "1970-01-01T00:00:00.500Z", end: "1970-01-01T00:00:01.500Z" },
    ],
  ])("of %j is %j, and leads back to it", (range, query) => {
    expect(rangeQuery(range)).toEqual(query);
    expect(parseRange(query)).toEqual(range);
  });
});

it("is live only for the last 15 minutes up to now", () => {
  expect(isLive({ preset: "15m" })).toBe(true);
  expect(isLive({ preset: "1h" })).toBe(false);
  expect(isLive(custom)).toBe(false);
});

it("is asked for up to now where it follows the clock", () => {
  expect(askedRange({ preset: "1h" })).toEqual({ start: "-3600s" });
  expect(askedRange({ preset: "1y" })).toEqual({ start: "-31536000s" });
  expect(askedRange(custom)).toEqual(asQuery);
});

it.each([
  [1_000.4, 60_000.4, 1_000, 61_000, "whole seconds"],
  [100_000, 101_000, 95_000, 106_000, "never too short"],
  [100_000, 100_000, 95_000, 105_000, "even without width"],
])("a selection from %s to %s zooms to %s…%s: %s", (start, end, zoomedStart, zoomedEnd) => {
  expect(zoomedRange(start, end)).toEqual({ start: zoomedStart, end: zoomedEnd });
});

it.each([
  ["21T08:50:00", "15m"],
  ["21T08:00:00", "1h"],
  ["20T10:00:00", "24h"],
  ["01T00:00:00", "30d"],
])("what began at %s is seen whole in the last %s", (start, preset) => {
  const now = at("21T09:00:00");
  expect(widenedRange({ start: at(start), end: at(start) + 60_000 }, now)).toEqual({ preset });
});

it("what is older than a year zooms out to a year", () => {
  expect(widenedRange({ start: 0, end: 1 }, at("21T09:00:00"))).toEqual({ preset: "1y" });
});

describe("a range is asked for again", () => {
  const now = at("21T09:00:00");
  it.each<[string, TimeRange, number | null, number | null]>([
    ["after ten seconds at least", { preset: "1h" }, null, 10_000],
    ["after ten seconds where steps are short", { preset: "1h" }, 5, 10_000],
    ["after half a step", { preset: "30d" }, 3_600, 1_800_000],
    ["never when it is past", { start: now - 60_000, end: now - 20_000 }, 60, null],
    ["while it has not ended", { start: now - 60_000, end: now + 60_000 }, 60, 30_000],
    ["once more when its last samples may be on their way", { start: now - 60_000, end: now - 5_000 }, null, 10_000],
  ])("%s", (_, range, stepSeconds, milliseconds) => {
    expect(refreshMilliseconds(range, stepSeconds, now)).toBe(milliseconds);
  });
});

describe("two inputs", () => {
  const now = at("21T09:00:00");
  const local = (milliseconds: number) => toLocalInput(milliseconds);
  const longest = SPAN_DAYS_MAX * 86_400_000;
  it.each<[string, string, string, ReturnType<typeof chosenSpan>]>([
    ["name a span", local(custom.start), local(custom.end), custom],
    ["must both be there", local(custom.start), "", "incomplete"],
    ["must be in order", local(custom.end), local(custom.start), "order"],
    ["must not be the same", local(custom.start), local(custom.start), "order"],
    ["may name the longest span", local(now - longest), local(now), { start: now - longest, end: now }],
    ["must not name a longer one", local(now - longest - 1_000), local(now), "long"],
    ["may name what is far ahead", local(now), local(now + longest), { start: now, end: now + longest }],
    ["must not name what is further", local(now), local(now + longest + 1_000), "outside"],
    ["may name the first instant", local(0), local(1_000), { start: 0, end: 1_000 }],
    ["must not name one before", local(-1_000), local(1_000), "outside"],
  ])("%s", (_, from, to, expected) => {
    expect(chosenSpan(from, to, now)).toEqual(expected);
  });
});

it("local inputs hold local time, and give the same instant back", () => {
  const local = new Date(2026, 10, 21, 9, 5, 7);
  expect(toLocalInput(local.getTime())).toBe("2026-11-21T09:05:07");
  expect(fromLocalInput("2026-11-21T09:05:07")).toBe(local.getTime());
  expect(fromLocalInput("2026-11-21T09:05")).toBe(new Date(2026, 10, 21, 9, 5).getTime());
  expect(fromLocalInput("")).toBeNull();
  expect(fromLocalInput("2026-13-45T99:99")).toBeNull();
});
