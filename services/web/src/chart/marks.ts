/** What a chart shows over its lines: a level that lines are measured by, and instants at which something happened. */
import type uPlot from "uplot";
import { resolveColor } from "./colors";

export interface Mark {
  /** In milliseconds. */
  time: number;
  /** Token of its colour. */
  color: string;
}

export interface Marking {
  /** Height of the level in the chart's own unit, null for none. */
  line: number | null;
  marks: readonly Mark[];
}

const DASH = [5, 4];

/** Draws the level and the marks onto a chart. */
export function drawMarks(chart: uPlot, element: HTMLElement, { line, marks }: Marking): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  if (line !== null) {
    const y = chart.valToPos(line, "y", true);
    stroke(ctx, resolveColor(element, "--text-muted"), [bbox.left, y, bbox.left + bbox.width, y], DASH);
  }
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { time, color } of marks) {
    const x = chart.valToPos(time / 1000, "x", true);
    stroke(ctx, resolveColor(element, color), [x, bbox.top, x, bbox.top + bbox.height], []);
  }
  ctx.restore();
}

type Ends = [fromX: number, fromY: number, toX: number, toY: number];

function stroke(ctx: CanvasRenderingContext2D, color: string, ends: Ends, dash: number[]): void {
  ctx.strokeStyle = color;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(ends[0], ends[1]);
  ctx.lineTo(ends[2], ends[3]);
  ctx.stroke();
}
