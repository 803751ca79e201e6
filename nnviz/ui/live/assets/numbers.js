// How numbers are written for people: few digits, the same width from frame to frame.

const grouped = new Intl.NumberFormat("en");

/** 12345 -> "12,345" */
export function integer(value) {
  return grouped.format(value);
}

/** Four significant digits; powers of ten only where a plain number would be hard to read. */
export function compact(value, digits = 4) {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return "0";
  if (magnitude >= 1e5 || magnitude < 1e-4) return value.toExponential(digits - 2);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude)));
  return value.toFixed(Math.min(decimals, digits));
}

/** 0.9712 -> "97.1%" */
export function percent(value, decimals = 1) {
  return `${(100 * value).toFixed(decimals)}%`;
}

/** The tick label of `value` on an axis whose ticks are `step` apart. */
export function tickLabel(value, step, asPercent = false) {
  if (asPercent) return percent(value, decimalsOf(100 * step));
  const magnitude = Math.max(Math.abs(value), step);
  if (magnitude >= 1e6 || step < 1e-5) return exponential(value);
  const decimals = decimalsOf(step);
  return decimals > 0 ? value.toFixed(decimals) : integer(Math.round(value));
}

function decimalsOf(step) {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

function exponential(value) {
  return value === 0 ? "0" : value.toExponential(1).replace(".0e", "e").replace("e+", "e");
}

/** The label of a tick on a logarithmic axis. */
export function logTickLabel(value) {
  if (value >= 1e-3 && value < 1e5) return integerOrDecimal(value);
  return exponential(value);
}

function integerOrDecimal(value) {
  return value >= 1 ? integer(value) : String(Number(value.toPrecision(2)));
}

/** What the accuracy is of, where measuring all test samples would slow training down. */
export function sampled({ measured_test: measured, test_samples: all }) {
  return measured < all ? ` on ${integer(measured)} of ${integer(all)} samples` : "";
}
