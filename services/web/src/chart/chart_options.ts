/** How a chart looks: scales, axes with units, lines. */
import uPlot from "uplot";
import { formatAxisTime } from "../format/time";
import { axisTop, formatTick, scaleFor, tickSteps } from "../format/units";
import { loneIndexes } from "../series/gaps";
import { colorName, resolveColor } from "./colors";
import { drawMarks, type Marking } from "./marks";

export interface ChartDescription {
  element: HTMLElement;
  names: readonly string[];
  unit: string;
  /** Whether the axis fits the values also where these are shares. */
  fitted: boolean;
  language: string;
  /** What is drawn over the lines, asked for at every drawing. */
  marking?: (() => Marking) | undefined;
  /** The time axis in seconds. */
  range: () => [number, number];
  onCursor: (index: number | null) => void;
  /** Told of what was selected by dragging, in milliseconds. */
  onZoom: (start: number, end: number) => void;
  onZoomOut: () => void;
}

const AXIS_FONT = '11px system-ui, -apple-system, "Segoe UI", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif';
const Y_AXIS_PIXELS = 68;
/** Half of a time with seconds, which may stand at the very end. */
const RIGHT_PIXELS = 26;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
/** Distances that ticks of a time axis may have; from 30 days on the chart counts in calendar months. */
const TIME_STEPS_SECONDS = [
  ...[1, 5, 10, 30],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 3, 5, 7, 14, 30, 60, 90, 180, 365].map((count) => count * DAY),
];
const SYNC_KEY = "vitalwire-host";
/** Shorter drags are clicks of an unsteady hand. */
const DRAG_PIXELS_MIN = 6;

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
    padding: [8, RIGHT_PIXELS, 0, 0],
    cursor: cursor(description),
    scales: {
      x: { time: true, range: () => description.range() },
      y: {
        range: (_chart, _low, high: number | null) => [
          0,
          axisTop(unit, Math.max(high ?? 0, description.marking?.().line ?? 0), description.fitted),
        ],
      },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        incrs: TIME_STEPS_SECONDS,
        values: (_chart, splits, _axis, _space, step) =>
          splits.map((at) => formatAxisTime(at * 1000, step, description.language)),
      },
      { ...axis, size: Y_AXIS_PIXELS, space: 34, ...(steps && { incrs: steps }), values: tickLabels(description) },
    ],
    series: [{}, ...names.map((name, index) => line(name, resolveColor(element, colorName(index))))],
    hooks: {
      draw: [(chart) => description.marking && drawMarks(chart, element, description.marking())],
      setCursor: [(chart) => description.onCursor(chart.cursor.idx ?? null)],
      setSelect: [(chart) => takeSelection(chart, description.onZoom)],
    },
  };
}

/** The cursor of all charts of a page moves together; a selection belongs to the chart in which it is made. */
function cursor({ onZoomOut }: ChartDescription): uPlot.Cursor {
  const shared = (type: string): boolean => type === "mousemove" || type === "mouseleave";
  const zoomOut = (): null => {
    onZoomOut();
    return null;
  };
  return {
    sync: { key: SYNC_KEY, filters: { pub: shared, sub: shared } },
    drag: { x: true, y: false, setScale: false, dist: DRAG_PIXELS_MIN },
    bind: { dblclick: () => zoomOut },
    points: { size: 6 },
    y: false,
  };
}

function takeSelection(chart: uPlot, onZoom: ChartDescription["onZoom"]): void {
  const { left, width } = chart.select;
  if (width < DRAG_PIXELS_MIN) return;
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(chart.posToVal(left, "x") * 1000, chart.posToVal(left + width, "x") * 1000);
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
