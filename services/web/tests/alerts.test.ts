/** What pages say of an alert. */
import { expect, it } from "vitest";
import {
  lastedSeconds,
  markingOf,
  measuredText,
  momentSpan,
  placeParts,
  tellingAggregate,
} from "../src/alerts/describe";
import { askedFilter, filterQuery, parseFilter } from "../src/alerts/filter";
import { readFrame } from "../src/live/frames";
import { parseRange, rangeQuery } from "../src/range/time_range";
import type { Alert, AlertEvent } from "../src/api/types";
import { formatSpan } from "../src/format/time";
import { formatValue } from "../src/format/units";

const SINCE = "2026-11-21T12:00:00Z";
const TIME = "2026-11-21T13:40:00Z";
const since = Date.parse(SINCE);
const MINUTE = 60_000;
const format = {
  value: (unit: string, value: number) => formatValue(unit, value, "en"),
  span: (seconds: number) => formatSpan(seconds, "en"),
  number: (value: number) => formatValue("", value, "en"),
};

it("values are written as the rule measures them", () => {
  expect(measuredText(format, "threshold", "percent", 92.46)).toBe("92.5%");
  expect(measuredText(format, "rate", "bytes", 2048)).toBe("2.00 KiB/s");
  expect(measuredText(format, "absence", null, 30)).toBe("30 sec");
  expect(measuredText(format, "forecast", "bytes", 7200)).toBe("2 hr");
  expect(measuredText(format, "deviation", "percent", 4)).toBe("4 σ");
  expect(measuredText(format, "threshold", "percent", null)).toBe("–");
});

it("a place is its labels, and a source that is not the host's own", () => {
  const place = { rule: "disk", host: "web-1", source: "system", labels: { mount: "/", device: "<b>" } };
  expect(placeParts(place)).toEqual(["mount=/", "device=<b>"]);
  expect(placeParts({ ...place, source: "nginx", labels: {} })).toEqual(["nginx"]);
});

it("a duration ends with the alert, or goes on", () => {
  expect(lastedSeconds({ status: "ok", since: SINCE, time: TIME }, Number.MAX_VALUE)).toBe(6000);
  expect(lastedSeconds({ status: "firing", since: SINCE, time: TIME }, since + 5000)).toBe(5);
  expect(lastedSeconds({ status: "firing", since: SINCE, time: TIME }, since - 5000)).toBe(0);
});

it("the chart shows all of an alert and something before; what is over stands still", () => {
  const over = { status: "ok", since: SINCE, time: TIME } as const;
  expect(momentSpan(over, 0)).toEqual({ start: since - 20 * MINUTE, end: since + 120 * MINUTE });
  const fires = { status: "firing", since: SINCE, time: SINCE } as const;
  const shown = { start: since - 5 * MINUTE, end: since + MINUTE };
  expect(momentSpan(fires, since + 31_000)).toEqual(shown);
  expect(momentSpan(fires, since + 59_000)).toEqual(shown);
});

it("of a step counts what the rule looks for", () => {
  expect(tellingAggregate({ status: "firing", value: 95, threshold: 90 })).toBe("max");
  expect(tellingAggregate({ status: "firing", value: 5, threshold: 10 })).toBe("min");
  expect(tellingAggregate({ status: "ok", value: 50, threshold: 90 })).toBe("max");
  expect(tellingAggregate({ status: "ok", value: null, threshold: 90 })).toBe("max");
});

it("transitions are marked in their colours, acts are not", () => {
  const events = [
    { event: "transition", time: SINCE, status: "firing", level: "critical" },
    { event: "act", time: SINCE, status: null, level: null },
    { event: "transition", time: TIME, status: "ok", level: "critical" },
  ] as AlertEvent[];
  const marks = [
    { time: since, color: "--high" },
    { time: Date.parse(TIME), color: "--good" },
  ];
  const about = (kind: Alert["kind"]) => markingOf({ kind, threshold: 90, target: 100 } as Alert, events);
  expect(about("threshold")).toEqual({ line: 90, marks });
  expect([about("forecast").line, about("rate").line]).toEqual([100, null]);
});

it("a filter survives the address, and is asked for as the API takes it", () => {
  const filter = { rule: " disk_* ", host: "web-1, db-*  web-1", level: "critical" } as const;
  expect(parseFilter(filterQuery(filter))).toEqual({ ...filter, rule: "disk_*" });
  expect(askedFilter(filter)).toEqual({ rule: ["disk_*"], host: ["web-1", "db-*"], level: "critical" });
  expect(askedFilter(parseFilter({ rule: ["a", "b"], level: "worst" }))).toEqual({});
  expect(
    askedFilter({ rule: "", host: Array.from({ length: 200 }, (_, at) => `h${at}`).join(","), level: "" }).host,
  ).toHaveLength(100);
});

it("alerts come out of a frame beside samples", () => {
  const frame = readFrame('[{"type":"alert","incident":"a-1","status":"ok"},{"type":"alert"},{"type":"ping"}]');
  expect(frame.alerts.map(({ incident }) => incident)).toEqual(["a-1"]);
  expect(frame.samples).toEqual([]);
});

it("a page's usual range stays out of the address, and the live one does not then", () => {
  expect(parseRange({}, "24h")).toEqual({ preset: "24h" });
  expect(rangeQuery({ preset: "24h" }, "24h")).toEqual({});
  expect(parseRange(rangeQuery({ preset: "15m" }, "24h"), "24h")).toEqual({ preset: "15m" });
});
