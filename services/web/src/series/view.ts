/** What a chart shows: rows over a span of time, and how finely they are known. */
import type { Level, RangeAnswer } from "../api/types";
import { FamilyHistory, type Row } from "./history";

export interface View {
  rows: Row[];
  /** The time axis in milliseconds. */
  start: number;
  end: number;
  /** Seconds between points that are neighbours: a line breaks where they are clearly further apart. */
  intervalSeconds: (row: Row) => number;
  level: Level;
  /** Seconds that each point sums up; null where points are samples. */
  stepSeconds: number | null;
}

/** Before anything is known. */
export const NOTHING: View = { rows: [], start: 0, end: 0, intervalSeconds: () => 1, level: "raw", stepSeconds: null };

/** Returns the view of an answer about one host that reports this often. */
export function toView(answer: RangeAnswer, labelNames: readonly string[], hostIntervalSeconds: number): View {
  const history = new FamilyHistory(labelNames);
  history.addRange(answer);
  return {
    rows: [...history.rows.values()],
    start: Date.parse(answer.start),
    end: Date.parse(answer.end),
    // A step may be finer than the host's own rhythm, and then most of its points are missing by nature.
    intervalSeconds: () => Math.max(answer.step_seconds ?? 0, hostIntervalSeconds),
    level: answer.resolution,
    stepSeconds: answer.step_seconds,
  };
}

/** Returns the view of an answer about several hosts: the host is one more label, and the first. */
export function toComparedView(answer: RangeAnswer, labelNames: readonly string[], intervalSeconds: number): View {
  const series = answer.series.map((one) => ({ ...one, labels: { host: one.host, ...one.labels } }));
  const view = toView({ ...answer, series }, ["host", ...labelNames], intervalSeconds);
  const rhythms = new Map(view.rows.map((row) => [row, Math.max(view.intervalSeconds(row), rhythmSeconds(row))]));
  return { ...view, intervalSeconds: (row) => rhythms.get(row) ?? intervalSeconds };
}

/** Returns the usual distance of a row's samples: hosts report as often as they are set up to. */
export function rhythmSeconds(row: Row): number {
  const times = [...(row.gauges.values().next().value?.keys() ?? [])];
  const distances = times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 1000);
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
}
