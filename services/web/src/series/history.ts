/** The recent past of one family on one host: what the API answered and what came live, merged by time. */
import type { MetricRange } from "../api/types";
import type { LiveSample } from "../live/frames";

export type Labels = Record<string, string | number>;
export type Value = number | null;

/** One row over time: the source that saw it and its labels tell it apart. */
export interface Row {
  key: string;
  labels: Labels;
  /** Gauge → time in milliseconds → value; a time that is absent was never seen. */
  gauges: Map<string, Map<number, Value>>;
}

/** Merged samples of one family; values of the same row, gauge and time are kept once. */
export class FamilyHistory {
  readonly rows = new Map<string, Row>();
  #newest = 0;

  constructor(private readonly labelNames: readonly string[]) {}

  /** Time of the newest sample in milliseconds, 0 without any. */
  get newest(): number {
    return this.#newest;
  }

  /** Time of the oldest sample that is kept, in milliseconds, null without any. */
  get oldest(): number | null {
    let oldest: number | null = null;
    for (const row of this.rows.values()) {
      for (const points of row.gauges.values()) {
        const first = points.keys().next().value;
        if (first !== undefined && (oldest === null || first < oldest)) oldest = first;
      }
    }
    return oldest;
  }

  /** Takes over an answer of the API; returns the number of values that were new. */
  addRange(range: MetricRange): number {
    const times = range.time.map((time) => Date.parse(time));
    let added = 0;
    for (const series of range.series) {
      const row = this.#row(series.source, series.labels);
      for (const [gauge, values] of Object.entries(series.values)) {
        added += this.#put(row, gauge, times, values);
      }
    }
    return added;
  }

  /** Takes over a live sample; returns false when all of it was known. */
  addSample(sample: LiveSample): boolean {
    const time = Date.parse(sample.time);
    const { columns, rows } = sample.data;
    let added = 0;
    for (const cells of rows) {
      const labels: Labels = {};
      for (const name of this.labelNames) {
        const label = cells[columns.indexOf(name)];
        if (label !== undefined && label !== null) labels[name] = label;
      }
      const row = this.#row(sample.source, labels);
      columns.forEach((column, index) => {
        const cell = cells[index];
        if (typeof cell === "number" || cell === null) {
          if (!this.labelNames.includes(column)) added += this.#put(row, column, [time], [cell]);
        }
      });
    }
    return added > 0;
  }

  /** Forgets what is older, and rows of which nothing is left. */
  trim(oldest: number): void {
    for (const [key, row] of this.rows) {
      let left = 0;
      for (const points of row.gauges.values()) {
        // Live samples arrive in order, so what is old stands first; a late range only delays its end.
        for (const time of points.keys()) {
          if (time >= oldest) break;
          points.delete(time);
        }
        left += points.size;
      }
      if (left === 0) this.rows.delete(key);
    }
  }

  #row(source: string, labels: Labels): Row {
    const key = JSON.stringify([source, ...this.labelNames.map((name) => labels[name] ?? null)]);
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { key, labels, gauges: new Map() };
      this.rows.set(key, row);
    }
    return row;
  }

  #put(row: Row, gauge: string, times: readonly number[], values: readonly (Value | undefined)[]): number {
    let points = row.gauges.get(gauge);
    if (points === undefined) {
      points = new Map();
      row.gauges.set(gauge, points);
    }
    const last = lastKey(points);
    let added = 0;
    times.forEach((time, index) => {
      const value = values[index];
      // All series of an answer share its times: a null where this row has nothing is no sample of its own.
      if (value === undefined || (value === null && times.length > 1)) return;
      if (!points.has(time)) added += 1;
      points.set(time, value);
      if (time > this.#newest) this.#newest = time;
    });
    if (added > 0 && (times[0] ?? 0) < last) row.gauges.set(gauge, inOrder(points));
    return added;
  }
}

/** Points are kept in order of time, so the last key is the newest; iterating to it is cheap enough at 900 points. */
function lastKey(points: Map<number, Value>): number {
  let last = 0;
  for (const time of points.keys()) last = time;
  return last;
}

function inOrder(points: Map<number, Value>): Map<number, Value> {
  return new Map([...points].sort(([a], [b]) => a - b));
}
