// A fast painter of line charts described by a Plotly figure: the figure, built in Python, stays
// the only source of names, colours and titles; `meta.array` and `meta.column` of each trace say
// which column of which array of the frame it shows (column 0 is x).

import { linearTicks, logTicks, snapLinear, snapLog, steadyRange } from "./axis.js";
import { attachGestures } from "./gestures.js";
import { compact, integer, percent } from "./numbers.js";
import {
  create, createAnnouncer, createBackdrop, createChartFrame, createChoice, createPanel,
  createSurface, setText,
} from "./panels.js";

const HEIGHT = 236;
const MARGIN = { top: 26, right: 14, bottom: 40 };
const FONT_PIXELS = 13;
// Room for one character of a tick label; measuring text would cost more than it saves.
const DIGIT_PIXELS = 7.6;
const DASHES = { solid: [], dot: [2, 3], dash: [7, 4], dashdot: [7, 3, 2, 3], longdash: [12, 5] };
// A box dragged nearly flat zooms one axis only.
const FLAT_PIXELS = 12;
// Zooming in ends at a few steps: further in there is nothing to see.
const CLOSEST_SPAN = 4;
// A run of a few steps is drawn on an axis this long.
const SHORTEST_SPAN = 10;

/** The figure's traces with what painting needs, looked up once. */
function tracesOf(figure) {
  return figure.data.map((trace) => ({
    name: trace.name,
    color: trace.line?.color ?? "#888888",
    width: trace.line?.width ?? 2,
    dash: DASHES[trace.line?.dash ?? "solid"] ?? [],
    opacity: trace.opacity ?? 1,
    array: trace.meta.array,
    column: trace.meta.column,
    shown: trace.visible !== "legendonly" && trace.visible !== false,
  }));
}

/** A trace's points in a frame: flat data, its stride, and how many rows. */
function pointsOf(frame, trace) {
  const { data, shape } = frame.arrays[trace.array];
  return { data, rows: shape[0], stride: shape[1], column: trace.column };
}

/** The first row whose x is at least `x`. */
function lowerBound({ data, rows, stride }, x) {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data[middle * stride] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nearestRow(points, x) {
  const row = lowerBound(points, x);
  if (row === 0) return 0;
  if (row === points.rows) return points.rows - 1;
  const left = points.data[(row - 1) * points.stride];
  const right = points.data[row * points.stride];
  return x - left <= right - x ? row - 1 : row;
}

/** Rows within [low, high] and one on either side, so that lines run on to the edge. */
function rowsWithin(points, [low, high]) {
  const first = Math.max(0, lowerBound(points, low) - 1);
  const last = Math.min(points.rows, lowerBound(points, high) + 2);
  return [first, last];
}

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {object} figure Plotly figure as JSON
 * @param {{name: string, title: string, axisChoice: boolean}} settings
 */
export function createLineChart(parent, theme, figure, { name, title, axisChoice = false }) {
  const traces = tracesOf(figure);
  const { xaxis = {}, yaxis = {} } = figure.layout;
  const xTitle = xaxis.title?.text ?? "";
  const yTitle = yaxis.title?.text ?? "";
  const asPercent = (yaxis.tickformat ?? "").endsWith("%");
  const showValue = asPercent ? (value) => percent(value) : (value) => compact(value);

  let log = yaxis.type === "log";
  let zoomX = null;
  let zoomY = null;
  let autoX = null;
  let autoY = null;
  let rangeX = [0, 1];
  let rangeY = [0, 1];
  let plot = { left: 56, top: MARGIN.top, width: 1, height: 1 };
  let cursor = null; // {pixel} while the pointer points, {x} when moved by keys
  let box = null;
  let frame = null;

  const panel = createPanel(parent, {
    name, title, theme, paint, describe,
    invalidate() {
      legend.forEach(({ swatch }, i) => paintSwatch(swatch, traces[i]));
    },
  });
  if (axisChoice) {
    createChoice(panel.options, {
      label: `${title}: vertical axis`,
      options: [["linear", "Linear"], ["log", "Log"]],
      value: log ? "log" : "linear",
      onChange: setAxis,
    });
  }
  const resetButton = create("button", "nnviz-button nnviz-reset", "Reset zoom");
  resetButton.type = "button";
  resetButton.addEventListener("click", resetZoom);
  panel.options.prepend(resetButton);

  const legendBox = create("div", "nnviz-legend");
  const where = create("span", "nnviz-where");
  legendBox.append(where);
  panel.body.append(legendBox);
  const legend = traces.map((trace) => createLegendEntry(legendBox, trace, panel));
  const chart = createChartFrame(panel.body, "line chart");
  const surface = createSurface(chart);
  const backdrop = createBackdrop();
  const announce = createAnnouncer(panel.body);
  attachGestures(chart, { point, leave, select, zoom, move, scale, reset });
  showReset();

  // ---- ranges -------------------------------------------------------------------------------

  const toAxis = (value) => (log ? Math.log10(value) : value);
  const toX = (x) => plot.left + ((x - rangeX[0]) / (rangeX[1] - rangeX[0])) * plot.width;
  const toY = (axisValue) =>
    plot.top + (1 - (axisValue - rangeY[0]) / (rangeY[1] - rangeY[0])) * plot.height;
  const fromX = (pixel) => rangeX[0] + ((pixel - plot.left) / plot.width) * (rangeX[1] - rangeX[0]);
  const fromY = (pixel) =>
    rangeY[0] + (1 - (pixel - plot.top) / plot.height) * (rangeY[1] - rangeY[0]);

  const shownTraces = () => traces.filter((trace) => trace.shown);

  function updateRanges() {
    let low = Infinity;
    let high = -Infinity;
    for (const trace of traces) {
      const points = pointsOf(frame, trace);
      if (points.rows === 0) continue;
      low = Math.min(low, points.data[0]);
      high = Math.max(high, points.data[(points.rows - 1) * points.stride]);
    }
    if (low <= high) {
      autoX = steadyRange(autoX, low, Math.max(high, low + SHORTEST_SPAN), snapLinear);
    }
    rangeX = zoomX ?? autoX ?? [0, 1];
    autoY = automaticY();
    rangeY = zoomY ?? autoY;
  }

  function automaticY() {
    if (yaxis.range && !log) return yaxis.range;
    let low = Infinity;
    let high = -Infinity;
    for (const trace of shownTraces()) {
      const points = pointsOf(frame, trace);
      const [first, last] = rowsWithin(points, rangeX);
      for (let row = first; row < last; row += 1) {
        const value = points.data[row * points.stride + points.column];
        if (log && value <= 0) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (!(low <= high)) return autoY ?? (log ? [-1, 0] : [0, 1]);
    if (log) return steadyRange(autoY, Math.log10(low), Math.log10(high), snapLog);
    // From zero, so that heights compare; zooming in is for small differences.
    return steadyRange(autoY, Math.min(0, low), high, snapLinear);
  }

  // ---- painting -----------------------------------------------------------------------------

  function paint(newFrame) {
    frame = newFrame;
    const { width } = panel;
    const ratio = surface.fit(width, HEIGHT);
    const { context } = surface;
    updateRanges();
    const yTicks = (log ? logTicks : linearTicks)(rangeY, 5, asPercent);
    const widest = Math.max(...yTicks.map(({ label }) => label.length), 3) * DIGIT_PIXELS;
    const left = 8 * Math.ceil((widest + 12) / 8);
    plot = {
      left, top: MARGIN.top, width: Math.max(40, width - left - MARGIN.right),
      height: HEIGHT - MARGIN.top - MARGIN.bottom,
    };
    const key = `${rangeX} ${rangeY} ${log}`;
    backdrop(surface, ratio, key, theme, (behind) => paintAxes(behind, yTicks));
    paintLines(context);
    paintCursor(context);
    updateReadout();
  }

  function paintAxes(context, yTicks) {
    const { colors } = theme;
    const bottom = plot.top + plot.height;
    const right = plot.left + plot.width;
    const xTicks = linearTicks(rangeX, Math.max(2, Math.floor(plot.width / 90)));
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
      context.fillText(label, Math.min(x, right + MARGIN.right), bottom + 6);
    }
    context.textAlign = "right";
    context.fillText(xTitle, right, bottom + 23);
    context.textAlign = "left";
    context.fillText(yTitle, 0, 2);
  }

  function paintLines(context) {
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top - 2, plot.width + 3, plot.height + 4);
    context.clip();
    context.lineJoin = "bevel";
    for (const trace of shownTraces()) paintLine(context, trace);
    if (box) paintBox(context);
    context.restore();
  }

  function paintLine(context, trace) {
    const points = pointsOf(frame, trace);
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
      paintDot(context, trace, (points.rows - 1) * stride, data, 3);
    }
    context.globalAlpha = 1;
  }

  function paintDot(context, trace, offset, data, radius) {
    const value = data[offset + trace.column];
    if (log && value <= 0) return;
    context.fillStyle = trace.color;
    context.beginPath();
    context.arc(toX(data[offset]), toY(toAxis(value)), radius, 0, 2 * Math.PI);
    context.fill();
  }

  function paintCursor(context) {
    const at = cursorX();
    if (at === null || at < rangeX[0] || at > rangeX[1]) return;
    const x = Math.round(toX(at)) + 0.5;
    context.strokeStyle = theme.colors.text;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, plot.top);
    context.lineTo(x, plot.top + plot.height);
    context.stroke();
    context.setLineDash([]);
    for (const trace of shownTraces()) {
      const points = pointsOf(frame, trace);
      if (points.rows === 0) continue;
      const offset = nearestRow(points, at) * points.stride;
      const y = toY(toAxis(points.data[offset + points.column]));
      if (y >= plot.top && y <= plot.top + plot.height) {
        paintDot(context, trace, offset, points.data, 4.5);
      }
    }
  }

  function paintBox(context) {
    const { left, right, top, bottom } = boxWithin(box);
    context.fillStyle = theme.colors.text;
    context.globalAlpha = 0.12;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    context.strokeStyle = theme.colors.text;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
  }

  // ---- readout ------------------------------------------------------------------------------

  /** The points whose x the crosshair snaps to: those of the topmost trace that has any. */
  function guide() {
    const all = [...traces, ...shownTraces()].map((trace) => pointsOf(frame, trace));
    return all.findLast(({ rows }) => rows > 0) ?? null;
  }

  function cursorX() {
    const points = cursor && guide();
    if (!points) return null;
    const x = cursor.x ?? fromX(cursor.pixel);
    return points.data[nearestRow(points, x) * points.stride];
  }

  /** What each trace shows at `x` (at its end for null), with its own x where that differs. */
  function valueOf(trace, x) {
    const points = pointsOf(frame, trace);
    if (points.rows === 0) return "–";
    const row = x === null ? points.rows - 1 : nearestRow(points, x);
    const own = points.data[row * points.stride];
    const value = showValue(points.data[row * points.stride + points.column]);
    return x === null || own === x ? value : `${value} at ${integer(own)}`;
  }

  function updateReadout() {
    const x = cursorX();
    setText(where, x === null ? "Latest" : `${xTitle || "x"} ${integer(x)}`);
    legend.forEach(({ value }, i) => setText(value, valueOf(traces[i], x)));
  }

  function summary(x) {
    const values = shownTraces().map((trace) => `${trace.name} ${valueOf(trace, x)}`);
    return values.join(", ");
  }

  function describe() {
    const axis = log ? ", logarithmic axis" : "";
    chart.setAttribute(
      "aria-label",
      `${title}: ${yTitle} by ${xTitle}${axis}. Latest: ${summary(null)}. ` +
        "Arrow keys read values, plus and minus zoom, 0 resets.",
    );
  }

  // ---- intentions of pointer and keys -------------------------------------------------------

  function point(pixel) {
    cursor = { pixel: Math.min(Math.max(pixel, plot.left), plot.left + plot.width) };
    panel.repaint();
  }

  function leave() {
    if (cursor?.pixel === undefined) return;
    cursor = null;
    panel.repaint();
  }

  function select(newBox) {
    box = newBox;
    panel.repaint();
  }

  function boxWithin({ x0, y0, x1, y1 }) {
    const right = plot.left + plot.width;
    const bottom = plot.top + plot.height;
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    const xs = [x0, x1].map((x) => clamp(x, plot.left, right)).sort((a, b) => a - b);
    const ys = [y0, y1].map((y) => clamp(y, plot.top, bottom)).sort((a, b) => a - b);
    const flatX = xs[1] - xs[0] < FLAT_PIXELS;
    const flatY = ys[1] - ys[0] < FLAT_PIXELS;
    return {
      left: flatX ? plot.left : xs[0],
      right: flatX ? right : xs[1],
      top: flatY ? plot.top : ys[0],
      bottom: flatY ? bottom : ys[1],
    };
  }

  function zoom(dragged) {
    const { left, right, top, bottom } = boxWithin(dragged);
    const full = { x: right - left >= plot.width, y: bottom - top >= plot.height };
    const newX = full.x ? zoomX : [fromX(left), fromX(right)];
    zoomY = full.y ? zoomY : [fromY(bottom), fromY(top)];
    zoomX = newX;
    showReset();
  }

  function move(count) {
    const points = frame && guide();
    if (!points) return;
    const current = cursorX();
    const row = current === null ? points.rows : nearestRow(points, current);
    const next = Math.min(Math.max(row + count, 0), points.rows - 1);
    cursor = { x: points.data[next * points.stride] };
    followCursor();
    panel.repaint();
    announce(`${xTitle || "x"} ${integer(cursor.x)}: ${summary(cursor.x)}`);
  }

  /** Shift a zoomed view so that the crosshair stays in it. */
  function followCursor() {
    if (!zoomX) return;
    const [low, high] = zoomX;
    const shift = Math.min(0, cursor.x - low) + Math.max(0, cursor.x - high);
    zoomX = [low + shift, high + shift];
  }

  function scale(factor) {
    if (!frame) return;
    const span = (rangeX[1] - rangeX[0]) * factor;
    if (span >= autoX[1] - autoX[0]) {
      reset();
      return;
    }
    const width = Math.max(span, CLOSEST_SPAN);
    const center = cursorX() ?? (rangeX[0] + rangeX[1]) / 2;
    const share = (center - rangeX[0]) / (rangeX[1] - rangeX[0]);
    zoomX = [center - share * width, center + (1 - share) * width];
    showReset();
  }

  function reset() {
    if (!zoomX && !zoomY) cursor = null;
    resetZoom();
  }

  function resetZoom() {
    zoomX = null;
    zoomY = null;
    showReset();
  }

  function showReset() {
    resetButton.classList.toggle("nnviz-idle", !zoomX && !zoomY);
    panel.repaint();
  }

  function setAxis(type) {
    log = type === "log";
    zoomY = null;
    autoY = null;
    showReset();
    if (frame) describe();
  }

  return {
    draw: panel.draw, settle: panel.settle, destroy: panel.destroy, setAxis,
  };
}

function createLegendEntry(parent, trace, panel) {
  const button = create("button", "nnviz-legend-entry");
  button.type = "button";
  const swatch = create("canvas", "nnviz-swatch");
  const value = create("span", "nnviz-legend-value");
  button.append(swatch, create("span", "nnviz-legend-name", trace.name), value);
  const mark = () => button.setAttribute("aria-pressed", String(trace.shown));
  button.addEventListener("click", () => {
    trace.shown = !trace.shown;
    mark();
    panel.repaint();
  });
  mark();
  parent.append(button);
  paintSwatch(swatch, trace);
  return { swatch, value };
}

function paintSwatch(canvas, trace) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [24, 12];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.globalAlpha = Math.max(0.6, trace.opacity);
  context.strokeStyle = trace.color;
  context.lineWidth = Math.max(2, trace.width);
  context.setLineDash(trace.dash);
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width, height / 2);
  context.stroke();
}
