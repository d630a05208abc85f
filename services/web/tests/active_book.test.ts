/** What fires, as live messages and answers of the API tell it in any order. */
import { expect, it } from "vitest";
import { ActiveBook, KEPT_MAX } from "../src/alerts/active_book";
import type { Alert } from "../src/api/types";

export function alert(changed: Partial<Alert> = {}): Alert {
  return {
    incident: "cpu-1",
    rule: "cpu",
    host: "web-1",
    source: "system",
    series: "system",
    labels: {},
    kind: "threshold",
    family: "cpu",
    column: "total_percent",
    unit: "percent",
    status: "firing",
    level: "warning",
    value: 91,
    threshold: 90,
    target: null,
    since: "2026-11-21T12:00:00Z",
    time: "2026-11-21T12:01:00Z",
    reason: null,
    acknowledged: null,
    comments_count: 0,
    ...changed,
  };
}

const LATER = "2026-11-21T12:02:00Z";
const taken = { who: "kim", time: LATER, comment: "" };

it("takes each message once, and an end for good", () => {
  const book = new ActiveBook();
  expect(book.take(alert())).toBe(true);
  expect(book.take(alert())).toBe(false);
  expect(book.take(alert({ acknowledged: taken }))).toBe(true);
  expect(book.take(alert())).toBe(false);
  expect(book.worst()).toEqual([alert({ acknowledged: taken })]);
  expect(book.take(alert({ status: "ok", time: LATER }))).toBe(true);
  expect(book.worst()).toEqual([]);
});

it("keeps what fires again when the end of the incident before comes late", () => {
  const book = new ActiveBook();
  const next = alert({ incident: "cpu-2", since: LATER, time: "2026-11-21T12:03:00Z" });
  book.take(alert());
  book.take(next);
  expect(book.take(alert({ status: "ok", time: LATER }))).toBe(false);
  expect(book.worst()).toEqual([next]);
});

it("never lets an older answer bring back what ended while it was on its way, nor hide what began", () => {
  const book = new ActiveBook();
  const begun = alert({ host: "web-2", incident: "cpu-3" });
  book.ask();
  book.take(alert({ status: "ok", time: LATER }));
  book.take(begun);
  expect(book.answer([alert()], false)).toBe(true);
  expect(book.worst()).toEqual([begun]);
});

it("forgets what the answer no longer names", () => {
  const book = new ActiveBook();
  book.take(alert());
  book.ask();
  book.answer([], false);
  expect(book.worst()).toEqual([]);
});

it("shows the worst first, then the newest, however they came", () => {
  const book = new ActiveBook();
  book.take(alert({ host: "old", incident: "a" }));
  book.take(alert({ host: "bad", incident: "b", level: "critical", since: "2026-11-20T00:00:00Z" }));
  book.take(alert({ host: "new", incident: "c", since: LATER }));
  expect(book.worst().map(({ host }) => host)).toEqual(["bad", "new", "old"]);
});

it("keeps no more than it may, the worst, and asks again when there is room", () => {
  const book = new ActiveBook();
  for (let at = 0; at <= 2 * KEPT_MAX; at += 1) book.take(alert({ host: `h-${at}`, incident: `i-${at}` }));
  book.take(alert({ host: "bad", incident: "bad", level: "critical" }));
  expect(book.worst().length).toBe(KEPT_MAX);
  expect(book.worst()[0]?.host).toBe("bad");
  expect([book.isCut, book.wantsMore]).toEqual([true, false]);
  for (const one of book.worst().slice(0, KEPT_MAX / 2 + 2)) book.take({ ...one, status: "ok", time: LATER });
  expect(book.wantsMore).toBe(true);
});

it("asks again when more came meanwhile than can be kept", () => {
  const book = new ActiveBook();
  book.ask();
  for (let at = 0; at <= 2 * KEPT_MAX; at += 1) book.take(alert({ host: `h-${at}`, incident: `i-${at}` }));
  expect(book.answer([], false)).toBe(false);
});
