// Which part of the plane a line chart shows: as much as its points need, or what was zoomed to.

import { snapLinear, snapLog, steadyRange } from "./axis.js";
import { pointsOf, rowsWithin } from "./line-points.js";

// Zooming in ends at a few steps: further in there is nothing to see.
const CLOSEST_SPAN = 4;
// A run of a few steps is drawn on an axis this long.
const SHORTEST_SPAN = 10;

/**
 * @param {object[]} traces each with `array`, `column` and whether it is `shown`
 * @param {object} yaxis of the Plotly figure: `type`, and `range` where it is fixed
 */
export function createRanges(traces, yaxis) {
  let log = yaxis.type === "log";
  let zoomX = null;
  let zoomY = null;
  let autoX = null;
  let autoY = null;

  function rangeX(frame) {
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
    return zoomX ?? autoX ?? [0, 1];
  }

  function automaticY(frame, within) {
    if (yaxis.range && !log) return yaxis.range;
    let low = Infinity;
    let high = -Infinity;
    for (const trace of traces) {
      if (!trace.shown) continue;
      const points = pointsOf(frame, trace);
      const [first, last] = rowsWithin(points, within);
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

  return {
    /** Whether the vertical axis is logarithmic; its range is then one of powers of ten. */
    get log() {
      return log;
    },
    get isZoomed() {
      return zoomX !== null || zoomY !== null;
    },
    /** The ranges that show a frame: [low, high] across and up. */
    of(frame) {
      const x = rangeX(frame);
      autoY = automaticY(frame, x);
      return { x, y: zoomY ?? autoY };
    },
    /** Show these ranges; null leaves one as it is. */
    zoomTo({ x, y }) {
      zoomX = x ?? zoomX;
      zoomY = y ?? zoomY;
    },
    /** Show a part so many times as long as [low, high], around a place; false where all fits. */
    zoomBy(factor, [low, high], center) {
      const span = (high - low) * factor;
      if (span >= autoX[1] - autoX[0]) return false;
      const width = Math.max(span, CLOSEST_SPAN);
      const share = (center - low) / (high - low);
      zoomX = [center - share * width, center + (1 - share) * width];
      return true;
    },
    /** Shift a zoomed part so that a place stays in it. */
    follow(x) {
      if (!zoomX) return;
      const [low, high] = zoomX;
      const shift = Math.min(0, x - low) + Math.max(0, x - high);
      zoomX = [low + shift, high + shift];
    },
    reset() {
      zoomX = null;
      zoomY = null;
    },
    /** Change the vertical axis: "linear" or "log". */
    setAxis(type) {
      log = type === "log";
      zoomY = null;
      autoY = null;
    },
  };
}
