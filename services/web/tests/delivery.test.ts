/** What is drawn of delivery, and when the page warns of a stream. */
import { describe, expect, it } from "vitest";
import type { Delivery, StreamUnread } from "../src/api/types";
import { unreadWarnings } from "../src/connection/unread";
import { drawnKinds, numbersText, offsetKind, toDeliveryLines, toldKinds, toldTotals } from "../src/delivery/timeline";

const NOTHING = { received: 0, missing: 0, late: 0, doubled: 0, too_old: 0, clock_ahead: 0, refused: 0, awaited: 0 };

function minute(count: number): string {
  return new Date(Date.UTC(2026, 10, 21, 12) + count * 60_000).toISOString();
}

const LATER = Date.parse(minute(60));

/** Reads "5 5 0" as what arrived in so many minutes. */
function delivery(received: string, knownSince = minute(0)): Delivery {
  const counts = received.split(" ").map(Number);
  const zeros = counts.map(() => 0);
  const timeline = { ...Object.fromEntries(Object.keys(NOTHING).map((kind) => [kind, zeros])), received: counts };
  return {
    known_since: knownSince,
    start: minute(0),
    end: minute(counts.length),
    step_seconds: 60,
    timeline: { ...timeline, time: counts.map((_, index) => minute(index)) },
  } as unknown as Delivery;
}

describe("a line of delivery", () => {
  it.each([
    ["what arrived", delivery("5 4 5"), [5, 4, 5]],
    ["a step in which nothing arrived as 0", delivery("5 0 0 5"), [5, 0, 0, 5]],
    ["a gap before anything is known", delivery("0 0 5 5", minute(2)), [null, null, 5, 5]],
    ["the step in which knowing begins", delivery("0 3 5", minute(1.5)), [null, 3, 5]],
  ])("draws %s", (_, found, expected) => {
    expect(toDeliveryLines(found, ["received"], LATER).values).toEqual([expected]);
  });

  it.each([
    ["that the range cuts at its start", { start: minute(0.5) }, LATER, [null, 5, 5]],
    ["that the range cuts at its end", { end: minute(2.5) }, LATER, [5, 5, null]],
    ["that is not over", {}, Date.parse(minute(2.6)), [5, 5, null]],
    ["that was over just now", {}, Date.parse(minute(3)) + 4_900, [5, 5, null]],
    ["that is over and settled", {}, Date.parse(minute(3)) + 5_000, [5, 5, 5]],
  ])("counts what arrived in a step %s", (_, cut, now, expected) => {
    const found = { ...delivery("5 5 5"), ...cut };
    found.timeline.missing = [1, 1, 1];
    expect(toDeliveryLines(found, ["received", "missing"], now).values).toEqual([expected, [1, 1, 1]]);
  });
});

describe("what ingest may have in hand", () => {
  it.each([
    [{ missing: 0, awaited: 0 }, { missing: 0, awaited: 0 }, false],
    [{ missing: 3, awaited: 3 }, { missing: 0, awaited: 3 }, true],
    [{ missing: 5, awaited: 3 }, { missing: 2, awaited: 3 }, true],
    [{ missing: 5, awaited: 0 }, { missing: 5, awaited: 0 }, false],
  ])("of %o is told as %o", (counts, told, shown) => {
    const totals = toldTotals({ total: { ...NOTHING, ...counts } } as unknown as Delivery);
    expect(totals).toMatchObject(told);
    expect(toldKinds(totals).includes("awaited")).toBe(shown);
  });

  it("is not drawn as missing", () => {
    const found = delivery("5 5 5");
    found.timeline.missing = [1, 4, 2];
    found.timeline.awaited = [0, 1, 2];
    expect(toDeliveryLines(found, ["missing", "awaited"], LATER).values).toEqual([
      [1, 3, 0],
      [0, 1, 2],
    ]);
  });
});

it.each([
  ["nothing rare", NOTHING, ["received", "missing"]],
  ["what is not there yet", { ...NOTHING, awaited: 2 }, ["received", "missing", "awaited"]],
  ["what there is", { ...NOTHING, late: 3, refused: 1 }, ["received", "missing", "late", "refused"]],
])("draws a line for %s", (_, total, kinds) => {
  expect(drawnKinds(total)).toEqual(kinds);
});

it.each([
  [null, "unknown"],
  [0.3, "in_step"],
  [-1.2, "in_step"],
  [120, "ahead"],
  [-120, "behind"],
])("calls an offset of %s s %s", (seconds, kind) => {
  expect(offsetKind(seconds)).toBe(kind);
});

it.each([
  [132, 132, "132"],
  [132, 140, "132–140"],
])("names the numbers from %s to %s as %s", (first, last, text) => {
  expect(numbersText(first, last)).toBe(text);
});

it.each([
  ["nothing waits", [0, 0], []],
  ["just below", [69.9, 0], []],
  ["from 70 on", [70, 0], ["METRICS"]],
  ["both, the fuller first", [71, 95], ["BACKFILL", "METRICS"]],
])("warns of streams: %s", (_, percents, warned) => {
  const streams = percents.map(
    (unread_percent, index) => ({ stream: ["METRICS", "BACKFILL"][index], unread_percent }) as StreamUnread,
  );
  expect(unreadWarnings(streams).map(({ stream }) => stream)).toEqual(warned);
});
