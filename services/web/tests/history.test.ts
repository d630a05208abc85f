/** What the API answered and what came live make one past. */
import { expect, it } from "vitest";
import type { MetricRange } from "../src/api/types";
import type { LiveSample } from "../src/live/frames";
import { FamilyHistory } from "../src/series/history";

const at = (second: number) => new Date(second * 1000).toISOString();

function range(seconds: number[], values: (number | null)[], device = "sda"): MetricRange {
  return { time: seconds.map(at), series: [{ source: "system", labels: { device }, values: { reads: values } }] };
}

function sample(second: number, value: number | null, device = "sda"): LiveSample {
  const rows = [[device, value]];
  return {
    type: "disk_io",
    host: "h",
    source: "system",
    time: at(second),
    data: { columns: ["device", "reads"], rows },
  };
}

function shown(history: FamilyHistory): string[] {
  return [...history.rows.values()].map((row) => {
    const points = [...(row.gauges.get("reads") ?? [])].map(([time, value]) => `${time / 1000}=${value ?? "x"}`);
    return `${String(row.labels.device)}: ${points.join(" ")}`;
  });
}

it("keeps an instant once, whichever way it came", () => {
  const history = new FamilyHistory(["device"]);
  history.addRange(range([1, 2, 3], [10, 20, 30]));
  expect(history.addSample(sample(3, 30))).toBe(false);
  expect(history.addSample(sample(4, 40))).toBe(true);
  expect(history.addRange(range([2, 3, 4], [20, 30, 40]))).toBe(0);
  expect(shown(history)).toEqual(["sda: 1=10 2=20 3=30 4=40"]);
});

it("puts what was missed where it belongs", () => {
  const history = new FamilyHistory(["device"]);
  history.addSample(sample(1, 10));
  history.addSample(sample(5, 50));
  history.addRange(range([2, 3, 4], [20, null, 40]));
  expect(shown(history)).toEqual(["sda: 1=10 2=20 4=40 5=50"]);
});

it("remembers that a live gauge had no value", () => {
  const history = new FamilyHistory(["device"]);
  history.addSample(sample(1, 10));
  history.addSample(sample(2, null));
  expect(shown(history)).toEqual(["sda: 1=10 2=x"]);
});

it("tells rows apart by their labels and forgets what is old", () => {
  const history = new FamilyHistory(["device"]);
  history.addSample(sample(1, 10));
  history.addSample(sample(2, 20, "sdb"));
  history.addSample(sample(3, 30, "sdb"));
  history.trim(3000);
  expect(shown(history)).toEqual(["sdb: 3=30"]);
  expect(history.newest).toBe(3000);
});
