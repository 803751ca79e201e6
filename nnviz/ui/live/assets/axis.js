// Axes: nice ticks and ranges that stay put while the data moves a little. Pure functions.
// Ranges are in axis space: the value itself, or its log10 on a logarithmic axis.

import { logTickLabel, tickLabel } from "./numbers.js";

// A range is kept until the data would fit well into this share of it.
const KEPT_SHARE = 0.7;

/** The step of 1, 2 or 5 times a power of ten that cuts `span` into about `count` parts. */
export function niceStep(span, count) {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const fraction = raw / power;
  return power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10);
}

/** A range with ends on multiples of half a tick step that contains [low, high]. */
export function snapLinear(low, high, count = 5) {
  if (!(high > low)) {
    const pad = Math.abs(low) || 1;
    return [low - 0.5 * pad, low + 0.5 * pad];
  }
  const half = niceStep(high - low, count) / 2;
  return [half * Math.floor(low / half + 1e-9), half * Math.ceil(high / half - 1e-9)];
}

const MANTISSAS = [1, 2, 5, 10];

/** A log10 range with ends at 1, 2 or 5 times a power of ten that contains [low, high]. */
export function snapLog(low, high) {
  const decadeLow = Math.floor(low + 1e-9);
  const decadeHigh = Math.floor(high - 1e-9);
  const below = MANTISSAS.filter((m) => decadeLow + Math.log10(m) <= low + 1e-9).at(-1) ?? 1;
  const above = MANTISSAS.find((m) => decadeHigh + Math.log10(m) >= high - 1e-9) ?? 10;
  const range = [decadeLow + Math.log10(below), decadeHigh + Math.log10(above)];
  return range[1] > range[0] ? range : [range[0] - 0.5, range[0] + 0.5];
}

/** `previous` while the data fits it reasonably, else a freshly snapped range. */
export function steadyRange(previous, low, high, snap) {
  const wanted = snap(low, high);
  const fits = previous && previous[0] <= low && high <= previous[1];
  const fills = fits && wanted[1] - wanted[0] >= KEPT_SHARE * (previous[1] - previous[0]);
  return fills ? previous : wanted;
}

/** Ticks of a linear axis: [{at, label}], `at` in axis space. */
export function linearTicks([low, high], count, asPercent = false) {
  const step = niceStep(high - low, count);
  const ticks = [];
  const last = Math.floor(high / step + 1e-6);
  for (let k = Math.ceil(low / step - 1e-6); k <= last; k += 1) {
    const at = k * step || 0; // -0 is written as 0
    ticks.push({ at, label: tickLabel(at, step, asPercent) });
  }
  return ticks;
}

/** Ticks of a logarithmic axis; `at` is log10 of the value. */
export function logTicks([low, high], count) {
  const span = high - low;
  if (span < 0.7) return narrowLogTicks([low, high], count);
  const every = Math.max(1, Math.ceil(span / count));
  const mantissas = span <= 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let decade = Math.floor(low); decade <= Math.ceil(high); decade += 1) {
    if (decade % every !== 0) continue;
    for (const mantissa of mantissas) {
      const at = decade + Math.log10(mantissa);
      if (at < low - 1e-9 || at > high + 1e-9) continue;
      ticks.push({ at, label: logTickLabel(mantissa * 10 ** decade) });
    }
  }
  return ticks;
}

// Less than a decade: ticks at round values, placed by their logarithm.
function narrowLogTicks([low, high], count) {
  return linearTicks([10 ** low, 10 ** high], count)
    .filter(({ at }) => at > 0)
    .map(({ at, label }) => ({ at: Math.log10(at), label }));
}
