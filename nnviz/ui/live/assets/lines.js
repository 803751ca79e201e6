// A fast painter of line charts described by a Plotly figure: the figure, built in Python, stays
// the only source of names, colours and titles; `meta.array` and `meta.column` of each trace say
// which column of which array of the frame it shows (column 0 is x).

import { linearTicks, logTicks } from "./axis.js";
import { attachGestures } from "./gestures.js";
import { createLegendEntry } from "./line-legend.js";
import { createScales, paintAxes, paintBox, paintDot, paintLine, paintRule } from "./line-painter.js";
import { nearestRow, pointsOf } from "./line-points.js";
import { createRanges } from "./line-ranges.js";
import { compact, integer, percent } from "./numbers.js";
import {
  create, createAnnouncer, createBackdrop, createButton, createChartFrame, createChoice,
  createPanel, createSurface, setText,
} from "./panels.js";

const HEIGHT = 236;
const MARGIN = { top: 26, right: 14, bottom: 40 };
// Room for one character of a tick label; measuring text would cost more than it saves.
const DIGIT_PIXELS = 7.6;
const DASHES = { solid: [], dot: [2, 3], dash: [7, 4], dashdot: [7, 3, 2, 3], longdash: [12, 5] };
// A box dragged nearly flat zooms one axis only.
const FLAT_PIXELS = 12;

/** The figure's traces with what painting needs, looked up once. */
function tracesOf(figure) {
  return figure.data.map((trace) => ({
    name: trace.name,
    group: trace.legendgroup ?? null,
    color: trace.line?.color ?? "#888888",
    width: trace.line?.width ?? 2,
    dash: DASHES[trace.line?.dash ?? "solid"] ?? [],
    opacity: trace.opacity ?? 1,
    array: trace.meta.array,
    column: trace.meta.column,
    shown: trace.visible !== "legendonly" && trace.visible !== false,
  }));
}

/** The traces by legend entry: those of a group share one, behind the others. */
function entriesOf(traces) {
  const groups = [...new Set(traces.map(({ group }) => group).filter(Boolean))];
  return [
    ...traces.filter(({ group }) => !group).map((trace) => [trace]),
    ...groups.map((name) => traces.filter(({ group }) => group === name)),
  ];
}

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {object} figure Plotly figure as JSON
 * @param {object} settings
 * @param {string} settings.name
 * @param {string} settings.title
 * @param {boolean} [settings.axisChoice] whether the vertical axis can be chosen
 * @param {string} [settings.onlyWith] the array without which the panel is hidden
 */
export function createLineChart(parent, theme, figure, {
  name, title, axisChoice = false, onlyWith = null,
}) {
  const traces = tracesOf(figure);
  const { xaxis = {}, yaxis = {} } = figure.layout;
  const xTitle = xaxis.title?.text ?? "";
  const yTitle = yaxis.title?.text ?? "";
  const asPercent = (yaxis.tickformat ?? "").endsWith("%");
  const showValue = asPercent ? (value) => percent(value) : (value) => compact(value);

  const ranges = createRanges(traces, yaxis);
  let scales = createScales({ left: 56, top: MARGIN.top, width: 1, height: 1 }, [0, 1], [0, 1]);
  let cursor = null; // {pixel} while the pointer points, {x} when moved by keys
  let box = null;
  let frame = null;

  const panel = createPanel(parent, {
    name, title, theme, paint, describe,
    invalidate: () => legend.forEach((entry) => entry.paint()),
  });
  if (axisChoice) {
    createChoice(panel.options, {
      label: `${title}: vertical axis`,
      options: [["linear", "Linear"], ["log", "Log"]],
      value: ranges.log ? "log" : "linear",
      onChange: setAxis,
    });
  }
  const resetButton = createButton(panel.options, "Reset zoom", "", resetZoom);
  resetButton.classList.add("nnviz-reset");
  panel.options.prepend(resetButton);

  const legendBox = create("div", "nnviz-legend");
  const where = create("span", "nnviz-where");
  legendBox.append(where);
  panel.body.append(legendBox);
  const legend = entriesOf(traces).map((entry) =>
    createLegendEntry(legendBox, entry, () => panel.repaint()));
  const chart = createChartFrame(panel.body, "line chart");
  const surface = createSurface(chart);
  const backdrop = createBackdrop();
  const announce = createAnnouncer(panel.body);
  attachGestures(chart, { point, leave, select, zoom, move, scale, reset });
  showReset();

  const shownTraces = () => traces.filter((trace) => trace.shown);

  // ---- painting -----------------------------------------------------------------------------

  function paint(newFrame) {
    frame = newFrame;
    const { width } = panel;
    const ratio = surface.fit(width, HEIGHT);
    const { context } = surface;
    const { log } = ranges;
    const { x, y } = ranges.of(frame);
    const yTicks = (log ? logTicks : linearTicks)(y, 5, asPercent);
    const widest = Math.max(...yTicks.map(({ label }) => label.length), 3) * DIGIT_PIXELS;
    const left = 8 * Math.ceil((widest + 12) / 8);
    scales = createScales({
      left, top: MARGIN.top, width: Math.max(40, width - left - MARGIN.right),
      height: HEIGHT - MARGIN.top - MARGIN.bottom,
    }, x, y, log);
    const axes = { yTicks, xTitle, yTitle, room: MARGIN.right };
    backdrop(surface, ratio, `${x} ${y} ${log}`, theme, (behind) =>
      paintAxes(behind, theme.colors, scales, axes));
    paintLines(context);
    paintMoment(context);
    paintCursor(context);
    updateReadout();
  }

  function paintLines(context) {
    const { plot } = scales;
    context.save();
    context.beginPath();
    context.rect(plot.left, plot.top - 2, plot.width + 3, plot.height + 4);
    context.clip();
    context.lineJoin = "bevel";
    for (const trace of shownTraces()) paintLine(context, scales, trace, pointsOf(frame, trace));
    if (box) paintBox(context, theme.colors.text, boxWithin(box));
    context.restore();
  }

  /** The step and figures of the moment looked at; null at the present. */
  const moment = () => frame.arrays.moment?.data ?? null;

  function paintMoment(context) {
    const at = moment();
    if (!at) return;
    paintRule(context, scales, theme.colors.text, at[0], []);
    for (const { array, column, color } of shownTraces()) {
      if (array === "history") paintDot(context, scales, color, at[0], at[column], 5);
    }
  }

  function paintCursor(context) {
    const at = cursorX();
    if (at === null || at < scales.rangeX[0] || at > scales.rangeX[1]) return;
    paintRule(context, scales, theme.colors.text, at, [3, 3]);
    for (const trace of shownTraces()) {
      const { data, rows, stride, column } = pointsOf(frame, trace);
      if (rows === 0) continue;
      const offset = nearestRow({ data, rows, stride }, at) * stride;
      paintDot(context, scales, trace.color, data[offset], data[offset + column], 4.5);
    }
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
    const x = cursor.x ?? scales.fromX(cursor.pixel);
    return points.data[nearestRow(points, x) * points.stride];
  }

  /** What each trace shows at `x` (at its end for null), with its own x where that differs. */
  function valueOf(trace, x) {
    const at = x === null ? moment() : null;
    if (at && trace.array === "history") return showValue(at[trace.column]);
    const points = pointsOf(frame, trace);
    if (points.rows === 0) return "–";
    const place = x ?? at?.[0] ?? null;
    const row = place === null ? points.rows - 1 : nearestRow(points, place);
    const own = points.data[row * points.stride];
    const value = showValue(points.data[row * points.stride + points.column]);
    return place === null || own === place ? value : `${value} at ${integer(own)}`;
  }

  function updateReadout() {
    const x = cursorX();
    const at = x ?? moment()?.[0] ?? null;
    setText(where, at === null ? "Latest" : `${xTitle || "x"} ${integer(at)}`);
    legend.forEach(({ button, traces: [first, ...others], value }) => {
      const isGroup = first.group !== null;
      if (isGroup) button.hidden = ![first, ...others].some((each) => pointsOf(frame, each).rows);
      setText(value, isGroup ? "" : valueOf(first, x));
    });
  }

  function summary(x) {
    const values = shownTraces().filter(({ group }) => !group)
      .map((trace) => `${trace.name} ${valueOf(trace, x)}`);
    return values.join(", ");
  }

  function describe() {
    const axis = ranges.log ? ", logarithmic axis" : "";
    const at = moment();
    chart.setAttribute(
      "aria-label",
      `${title}: ${yTitle} by ${xTitle}${axis}. ${at ? `${xTitle} ${integer(at[0])}` : "Latest"}: `
        + `${summary(null)}. Arrow keys read values, plus and minus zoom, 0 resets.`,
    );
  }

  // ---- intentions of pointer and keys -------------------------------------------------------

  function point(pixel) {
    cursor = { pixel: Math.min(Math.max(pixel, scales.plot.left), scales.right) };
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
    const { plot, right, bottom } = scales;
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
    const { plot, fromX, fromY } = scales;
    const full = { x: right - left >= plot.width, y: bottom - top >= plot.height };
    ranges.zoomTo({
      x: full.x ? null : [fromX(left), fromX(right)],
      y: full.y ? null : [fromY(bottom), fromY(top)],
    });
    showReset();
  }

  function move(count) {
    const points = frame && guide();
    if (!points) return;
    const current = cursorX();
    const row = current === null ? points.rows : nearestRow(points, current);
    const next = Math.min(Math.max(row + count, 0), points.rows - 1);
    cursor = { x: points.data[next * points.stride] };
    ranges.follow(cursor.x);
    panel.repaint();
    announce(`${xTitle || "x"} ${integer(cursor.x)}: ${summary(cursor.x)}`);
  }

  function scale(factor) {
    if (!frame) return;
    const [low, high] = scales.rangeX;
    if (ranges.zoomBy(factor, [low, high], cursorX() ?? (low + high) / 2)) showReset();
    else reset();
  }

  function reset() {
    if (!ranges.isZoomed) cursor = null;
    resetZoom();
  }

  function resetZoom() {
    ranges.reset();
    showReset();
  }

  function showReset() {
    resetButton.classList.toggle("nnviz-idle", !ranges.isZoomed);
    panel.repaint();
  }

  function setAxis(type) {
    ranges.setAxis(type);
    showReset();
    if (frame) describe();
  }

  function draw(newFrame) {
    panel.section.hidden = onlyWith !== null && !(onlyWith in newFrame.arrays);
    if (!panel.section.hidden) panel.draw(newFrame);
  }

  function settle() {
    if (!panel.section.hidden) panel.settle();
  }

  return {
    draw, settle, destroy: panel.destroy, setAxis,
  };
}
