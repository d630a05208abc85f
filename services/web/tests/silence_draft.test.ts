/** Silences in their form and back: for a while, from and until, and windows that come again. */
import { describe, expect, it } from "vitest";
import type { AlertSilence, KeptSilence } from "../src/api/types";
import { arranged } from "../src/silences/arrange";
import {
  fromDraft,
  localText,
  newDraft,
  toDraft,
  WEEKDAYS,
  weekdayName,
  type SilenceDraft,
} from "../src/silences/draft";

const NOW = Date.parse("2026-11-27T12:00:00.000Z");
const made = { v: 1, id: "one", who: "kim", reason: "new disks", hosts: ["db-*", " x "], rules: ["disk*"] };
const period: AlertSilence = {
  ...made,
  start: "2026-11-27T11:00:00.123456Z",
  end: "2026-11-28T11:00:00Z",
  recurrence: null,
};
const windows: AlertSilence = {
  ...made,
  start: "2026-11-01T00:00:00Z",
  end: null,
  recurrence: { weekdays: ["mon", "sun"], start: "02:00", minutes: 90, zone: "Asia/Seoul" },
};

const ready: SilenceDraft = { ...newDraft("UTC"), reason: "why" };

describe("a silence that nobody touched is what it was", () => {
  it.each([
    ["from and until", period],
    ["windows without an end", windows],
    ["windows with an end", { ...windows, end: "2027-01-01T00:00:00Z" }],
  ])("%s", (_, silence) => {
    const { hosts, rules, reason, start, end, recurrence } = silence;
    const { body, problems } = fromDraft(toDraft(silence, "UTC"), silence, NOW);
    expect(body).toEqual({ hosts, rules, reason, start, end, recurrence });
    expect(problems).toEqual([]);
  });
});

describe("a silence for a while", () => {
  it.each([
    ["2h", "2026-11-27T14:00:00.000Z"],
    ["30m", "2026-11-27T12:30:00.000Z"],
    ["1d", "2026-11-28T12:00:00.000Z"],
    ["90", "2026-11-27T12:01:30.000Z"],
  ])("of %s ends at %s and begins when it is made", (span, end) => {
    const { body, problems } = fromDraft({ ...ready, span }, null, NOW);
    expect(body).toEqual({ hosts: ["*"], rules: ["*"], reason: "why", end, recurrence: null });
    expect(problems).toEqual([]);
  });

  it("that has begun keeps its beginning, one to come begins now", () => {
    const draft = { ...toDraft(period, "UTC"), way: "span" as const, span: "1h" };
    expect(fromDraft(draft, period, NOW).body.start).toBe(period.start);
    const later = { ...period, start: "2026-12-01T00:00:00Z", end: "2026-12-02T00:00:00Z" };
    expect(fromDraft(draft, later, NOW).body).not.toHaveProperty("start");
  });
});

describe("what a silence lacks is told", () => {
  const period = { way: "period" as const, end: "2026-12-01T00:00:00" };
  const weekly = { way: "windows" as const };
  it.each<[Partial<SilenceDraft>, string[]]>([
    [{}, []],
    [{ reason: " " }, ["reason"]],
    [{ hosts: "", rules: "\n" }, ["hosts", "rules"]],
    [{ span: "" }, ["span"]],
    [{ span: "0" }, ["span"]],
    [{ span: "long" }, ["span"]],
    [{ span: "1e300" }, ["span"]],
    [period, []],
    [{ ...period, end: "" }, ["end"]],
    [{ ...period, start: "tomorrow" }, ["start"]],
    [weekly, []],
    [{ ...weekly, weekdays: [] }, ["weekdays"]],
    [{ ...weekly, clock: "25:00" }, ["clock"]],
    [{ ...weekly, clock: "" }, ["clock"]],
    [{ ...weekly, length: "90s" }, ["length"]],
    [{ ...weekly, length: "" }, ["length"]],
    [{ ...weekly, zone: " " }, ["zone"]],
    [{ ...weekly, end: "soon" }, ["end"]],
  ])("%j → %j", (typed, fields) => {
    expect(fromDraft({ ...ready, ...typed }, null, NOW).problems.map(({ field }) => field)).toEqual(fields);
  });
});

it("local times name the instant that they came from, to the second", () => {
  const instant = "2026-11-27T12:34:56.000Z";
  expect(new Date(localText(instant)).toISOString()).toBe(instant);
});

it("weekdays have their names", () => {
  expect(WEEKDAYS.map((day) => weekdayName(day, "en"))).toEqual(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  expect(weekdayName("sun", "ko")).toBe("일");
});

it("silences are listed as people look for them: those that count, then those to come, then those that are over", () => {
  const kept = (id: string, state: KeptSilence["state"], start: string | null): KeptSilence => ({
    id,
    revision: 1,
    state,
    problem: null,
    silence: start === null ? null : { ...period, start },
  });
  const all = [
    kept("old", "over", "2026-01-01T00:00:00Z"),
    kept("less old", "over", "2026-02-01T00:00:00Z"),
    kept("next", "to_come", "2026-12-01T00:00:00Z"),
    kept("weekly", "between", "2026-01-01T00:00:00Z"),
    kept("now", "active", "2026-11-01T00:00:00Z"),
    kept("odd", null, null),
  ];
  expect(arranged(all).map(({ id }) => id)).toEqual(["odd", "now", "weekly", "next", "less old", "old"]);
});
