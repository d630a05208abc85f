/** Lines for a chart: series of different instants on one time axis, with breaks where samples are missing. */
import type { Value } from "./history";

/** Neighbours further apart than this many intervals are not joined by a line. */
export const GAP_INTERVALS = 2.5;

/** Times in seconds and, for each series, a value, null where the line breaks, undefined where it just goes on. */
export interface Lines {
  times: number[];
  values: (Value | undefined)[][];
}

/** Returns the series on one axis; where neighbours of a series are too far for its interval a null breaks its line. */
export function toLines(series: readonly ReadonlyMap<number, Value>[], intervalsSeconds: readonly number[]): Lines {
  const broken = series.map((points, index) => {
    const interval = (intervalsSeconds[index] ?? 1) * 1000;
    return withBreaks(points, interval * GAP_INTERVALS, interval);
  });
  const times = [...new Set(broken.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  return {
    times: times.map((time) => time / 1000),
    values: broken.map((points) => times.map((time) => points.get(time))),
  };
}

/** Returns the points in order of time, with one null after each point whose next neighbour is too far. */
export function withBreaks(
  points: ReadonlyMap<number, Value>,
  limitMilliseconds: number,
  intervalMilliseconds: number,
): Map<number, Value> {
  const out = new Map<number, Value>();
  let previous: number | null = null;
  for (const [time, value] of points) {
    if (previous !== null && time - previous > limitMilliseconds) out.set(previous + intervalMilliseconds, null);
    out.set(time, value);
    previous = time;
  }
  return out;
}

/** Returns the positions of values that have none beside them. */
export function loneIndexes(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (index: number) => values[index] !== null && values[index] !== undefined;
  return Array.from(values, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}
