/** Which series a chart shows, and what they are called. */
import { expect, it } from "vitest";
import { chooseSeries, shortLabels } from "../src/series/choose";
import type { Labels, Row } from "../src/series/history";

function row(labels: Labels, ...values: number[]): Row {
  const points = new Map(values.map((value, index) => [index, value]));
  return { key: JSON.stringify(labels), labels, gauges: new Map([["busy", points]]) };
}

it("keeps those with the highest peaks, in natural order", () => {
  const rows = [row({ core: 10 }, 9, 1), row({ core: 2 }, 5, 8), row({ core: 1 }, 1, 2)];
  expect(chooseSeries(rows, ["busy"], 2).map((one) => one.row.labels.core)).toEqual([2, 10]);
});

it("draws every chosen gauge of a row", () => {
  expect(chooseSeries([row({}, 1)], ["busy", "idle"]).map((one) => one.gauge)).toEqual(["busy", "idle"]);
});

it("names rows by as few labels as tell them apart", () => {
  const apart = [row({ mount: "/", device: "a" }), row({ mount: "/b", device: "b" })];
  expect(apart.map(shortLabels(apart))).toEqual(["/", "/b"]);
  const alike = [row({ mount: "/", device: "a" }), row({ mount: "/", device: "b" })];
  expect(alike.map(shortLabels(alike))).toEqual(["/ · a", "/ · b"]);
  const hosts = [row({ host: "h", mount: "/", device: "a" }), row({ host: "h", mount: "/b", device: "b" })];
  expect(hosts.map(shortLabels(hosts))).toEqual(["h · /", "h · /b"]);
  expect(shortLabels([])(row({}))).toBe("");
});
