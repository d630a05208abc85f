/** How a chart looks: scales, axes with units, lines. */
import uPlot from "uplot";
import { formatMinute } from "../format/time";
import { axisTop, formatTick, scaleFor, tickSteps } from "../format/units";
import { loneIndexes } from "../series/gaps";
import { colorName, resolveColor } from "./colors";

export interface ChartDescription {
  element: HTMLElement;
  names: readonly string[];
  unit: string;
  language: string;
  /** The time axis in seconds. */
  range: () => [number, number];
  onCursor: (index: number | null) => void;
}

const AXIS_FONT = '11px system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif';
const Y_AXIS_PIXELS = 68;
const SYNC_KEY = "vitalwire-host";

/** Returns the options of a chart in the theme and language that the page is in now. */
export function chartOptions(description: ChartDescription): uPlot.Options {
  const { element, unit, names } = description;
  const grid = { stroke: resolveColor(element, "--grid"), width: 1 };
  const axis = { stroke: resolveColor(element, "--text-muted"), font: AXIS_FONT, grid, ticks: { show: false } };
  const steps = tickSteps(unit);
  return {
    width: Math.max(120, element.clientWidth),
    height: Math.max(80, element.clientHeight),
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: { sync: { key: SYNC_KEY }, drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: {
      x: { time: true, range: () => description.range() },
      y: { range: (_chart, _low, high: number | null) => [0, axisTop(unit, high ?? 0)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        // Labels show minutes, so ticks stand at whole ones.
        incrs: [60, 120, 300, 600, 900, 1800, 3600],
        values: (_chart, splits) => splits.map((at) => formatMinute(at * 1000, description.language)),
      },
      { ...axis, size: Y_AXIS_PIXELS, space: 34, ...(steps && { incrs: steps }), values: tickLabels(description) },
    ],
    series: [{}, ...names.map((name, index) => line(name, resolveColor(element, colorName(index))))],
    hooks: { setCursor: [(chart) => description.onCursor(chart.cursor.idx ?? null)] },
  };
}

function line(label: string, stroke: string): uPlot.Series {
  // A sample without neighbours makes no line: a dot keeps it from being drawn as nothing.
  const points = { show: true, size: 4, fill: stroke, filter: lonePoints };
  return { label, stroke, width: 1.5, spanGaps: false, points };
}

function lonePoints(chart: uPlot, seriesIndex: number): number[] {
  return loneIndexes(chart.data[seriesIndex] ?? []);
}

function tickLabels({ unit, language }: ChartDescription): uPlot.Axis.Values {
  return (_chart, splits, _axis, _space, step) => {
    const scale = scaleFor(unit, splits.at(-1) ?? 0);
    return splits.map((tick) => (tick === 0 && unit !== "percent" ? "0" : formatTick(scale, tick, step, language)));
  };
}
