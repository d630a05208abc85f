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

/** Returns the view of an answer about one host; the interval is for rows that do not tell their rhythm. */
export function toView(answer: RangeAnswer, labelNames: readonly string[], intervalSeconds: number): View {
  const history = new FamilyHistory(labelNames);
  history.addRange(answer);
  return {
    rows: [...history.rows.values()],
    start: Date.parse(answer.start),
    end: Date.parse(answer.end),
    // A step may be finer than the host's own rhythm, and then most of its points are missing by nature.
    intervalSeconds: (row) => Math.max(answer.step_seconds ?? 0, rhythmSeconds(row) ?? intervalSeconds),
    level: answer.resolution,
    stepSeconds: answer.step_seconds,
  };
}

/** Returns the view of an answer about several hosts: the host is one more label, and the first. */
export function toComparedView(answer: RangeAnswer, labelNames: readonly string[], intervalSeconds: number): View {
  const series = answer.series.map((one) => ({ ...one, labels: { host: one.host, ...one.labels } }));
  return toView({ ...answer, series }, ["host", ...labelNames], intervalSeconds);
}

/** Returns the usual distance of a row's points, whatever its host is set up to by now; null for two points or less. */
export function rhythmSeconds(row: Row): number | null {
  // An optional gauge may be absent from most rows: the fullest tells when there were any.
  const [fullest] = [...row.gauges.values()].sort((a, b) => b.size - a.size);
  const times = [...(fullest?.keys() ?? [])];
  const distances = times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 1000);
  if (distances.length < 2) return null;
  // Of two in the middle the shorter: a gap is never what is usual.
  return distances.sort((a, b) => a - b)[Math.floor((distances.length - 1) / 2)] ?? null;
}
