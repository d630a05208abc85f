/** Which rows of a family a chart shows when there are more than it can tell apart. */
import type { Row, Value } from "./history";

export const SERIES_MAX = 10;

export interface ChosenSeries {
  key: string;
  row: Row;
  gauge: string;
  points: ReadonlyMap<number, Value>;
}

const NOTHING: ReadonlyMap<number, Value> = new Map();

/** Returns the series of the chosen gauges, those with the highest peak when they are too many, in natural order. */
export function chooseSeries(rows: Iterable<Row>, gauges: readonly string[], seriesMax = SERIES_MAX): ChosenSeries[] {
  const byLabels = [...rows].sort((a, b) => compareKeys(a, b));
  const kept = byLabels.length * gauges.length <= seriesMax ? byLabels : highest(byLabels, gauges, seriesMax);
  return kept.flatMap((row) =>
    gauges.map((gauge) => ({ key: `${row.key} ${gauge}`, row, gauge, points: row.gauges.get(gauge) ?? NOTHING })),
  );
}

function highest(rows: Row[], gauges: readonly string[], seriesMax: number): Row[] {
  const count = Math.max(1, Math.floor(seriesMax / gauges.length));
  const ranked = [...rows].sort((a, b) => peak(b, gauges) - peak(a, gauges));
  const kept = new Set(ranked.slice(0, count));
  return rows.filter((row) => kept.has(row));
}

function peak(row: Row, gauges: readonly string[]): number {
  let highestValue = Number.NEGATIVE_INFINITY;
  for (const gauge of gauges) {
    for (const value of row.gauges.get(gauge)?.values() ?? []) {
      if (value !== null && value > highestValue) highestValue = value;
    }
  }
  return highestValue;
}

function compareKeys(a: Row, b: Row): number {
  return labelText(a).localeCompare(labelText(b), "en", { numeric: true });
}

/** Returns the labels of a row as one text, empty for a family without labels. */
export function labelText(row: Row): string {
  return Object.values(row.labels).join(" · ");
}

/** Returns the shortest text that tells rows apart: as many labels, from the first, as that takes. */
export function shortLabels(rows: readonly Row[]): (row: Row) => string {
  const distinct = new Set(rows.map((row) => row.key)).size;
  const most = Math.max(0, ...rows.map((row) => Object.keys(row.labels).length));
  for (let count = 1; count < most; count += 1) {
    const text = (row: Row): string => Object.values(row.labels).slice(0, count).join(" · ");
    if (new Set(rows.map(text)).size === distinct) return text;
  }
  return labelText;
}
