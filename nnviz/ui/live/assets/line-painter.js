// Painting a line chart on a canvas: axes, lines, dots, rules. Knows nothing of pointer and keys.

import { linearTicks } from "./axis.js";
import { rowsWithin } from "./line-points.js";

export const FONT_PIXELS = 13;

/**
 * Where values lie within the plot: ranges in axis space (log10 of y on a logarithmic axis).
 * @param {{left: number, top: number, width: number, height: number}} plot CSS pixels
 */
export function createScales(plot, rangeX, rangeY, log) {
  const right = plot.left + plot.width;
  const bottom = plot.top + plot.height;
  const spanX = rangeX[1] - rangeX[0];
  const spanY = rangeY[1] - rangeY[0];
  const toY = (axisValue) => plot.top + (1 - (axisValue - rangeY[0]) / spanY) * plot.height;
  return {
    plot, rangeX, rangeY, log, right, bottom,
    toX: (x) => plot.left + ((x - rangeX[0]) / spanX) * plot.width,
    toY,
    yOf: (value) => toY(log ? Math.log10(value) : value),
    fromX: (pixel) => rangeX[0] + ((pixel - plot.left) / plot.width) * spanX,
    fromY: (pixel) => rangeY[0] + (1 - (pixel - plot.top) / plot.height) * spanY,
  };
}

/** Grid, ticks and titles; `room` is what the x labels may use right of the plot. */
export function paintAxes(context, colors, scales, { yTicks, xTitle, yTitle, room }) {
  const { plot, right, bottom, toX, toY } = scales;
  const xTicks = linearTicks(scales.rangeX, Math.max(2, Math.floor(plot.width / 90)));
  context.font = `${FONT_PIXELS}px ${colors.font}`;
  context.lineWidth = 1;
  context.strokeStyle = colors.grid;
  context.beginPath();
  for (const { at } of yTicks) {
    const y = Math.round(toY(at)) + 0.5;
    context.moveTo(plot.left, y);
    context.lineTo(right, y);
  }
  for (const { at } of xTicks) {
    const x = Math.round(toX(at)) + 0.5;
    context.moveTo(x, plot.top);
    context.lineTo(x, bottom);
  }
  context.stroke();
  context.strokeStyle = colors.line;
  context.beginPath();
  context.moveTo(plot.left + 0.5, plot.top);
  context.lineTo(plot.left + 0.5, bottom + 0.5);
  context.lineTo(right, bottom + 0.5);
  context.stroke();

  context.fillStyle = colors.muted;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { at, label } of yTicks) context.fillText(label, plot.left - 7, toY(at));
  context.textBaseline = "top";
  for (const { at, label } of xTicks) {
    const x = toX(at);
    context.textAlign = x > right - 16 ? "right" : "center";
    context.fillText(label, Math.min(x, right + room), bottom + 6);
  }
  context.textAlign = "right";
  context.fillText(xTitle, right, bottom + 23);
  context.textAlign = "left";
  context.fillText(yTitle, 0, 2);
}

/** One line, with a dot at its end unless it is faint. */
export function paintLine(context, scales, trace, points) {
  const { plot, rangeX, rangeY, log } = scales;
  const { data, stride, column } = points;
  const [first, last] = rowsWithin(points, rangeX);
  const scaleX = plot.width / (rangeX[1] - rangeX[0]);
  const scaleY = -plot.height / (rangeY[1] - rangeY[0]);
  const originX = plot.left - rangeX[0] * scaleX;
  const originY = plot.top + plot.height - rangeY[0] * scaleY;
  context.globalAlpha = trace.opacity;
  context.strokeStyle = trace.color;
  context.lineWidth = trace.width;
  context.setLineDash(trace.dash);
  context.beginPath();
  let pen = false;
  for (let row = first; row < last; row += 1) {
    const value = data[row * stride + column];
    // A logarithmic axis has no place for 0: the line has a gap there.
    if (log && value <= 0) {
      pen = false;
      continue;
    }
    const x = originX + scaleX * data[row * stride];
    const y = originY + scaleY * (log ? Math.log10(value) : value);
    if (pen) context.lineTo(x, y);
    else context.moveTo(x, y);
    pen = true;
  }
  context.stroke();
  context.setLineDash([]);
  if (points.rows > 0 && trace.opacity === 1) {
    const end = (points.rows - 1) * stride;
    paintDot(context, scales, trace.color, data[end], data[end + column], 3);
  }
  context.globalAlpha = 1;
}

/** A dot at a point, where it lies within the plot. */
export function paintDot(context, scales, color, x, value, radius) {
  if (scales.log && value <= 0) return;
  const { plot, bottom } = scales;
  const y = scales.yOf(value);
  if (y < plot.top - 2 || y > bottom + 2) return;
  context.fillStyle = color;
  context.beginPath();
  context.arc(scales.toX(x), y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** A vertical line at x from top to bottom of the plot. */
export function paintRule(context, scales, color, x, dash) {
  const { plot, rangeX, bottom } = scales;
  if (x < rangeX[0] || x > rangeX[1]) return;
  const at = Math.round(scales.toX(x)) + 0.5;
  context.strokeStyle = color;
  context.lineWidth = dash.length ? 1 : 2;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(at, plot.top);
  context.lineTo(at, bottom);
  context.stroke();
  context.setLineDash([]);
}

/** The box that is being dragged. */
export function paintBox(context, color, { left, right, top, bottom }) {
  context.fillStyle = color;
  context.globalAlpha = 0.12;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
}
