// Numbers as precisely as a person wants them: some significant digits, or all that there are.

/** The choices of precision: significant digits, 0 for all. */
export const PRECISIONS = [["3", "3 digits"], ["6", "6 digits"], ["0", "all digits"]];

/** The shortest text that is still this very number in float32, or in float64 if it is none. */
function exact(value) {
  if (Math.fround(value) !== value) return plain(String(value));
  for (let digits = 6; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return plain(String(Number(text)));
  }
  return plain(String(Number(value.toPrecision(9))));
}

function plain(text) {
  return text.replace("e+", "e");
}

/** A number for people; null and NaN are what overflowed. */
export function show(value, digits) {
  if (value === null || Number.isNaN(value)) return "not finite";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  if (value === 0) return "0";
  // A whole number is exactly that: a target of 1 is no 1.00.
  if (digits === 0 || (Number.isInteger(value) && Math.abs(value) < 10 ** digits)) return exact(value);
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e6) return plain(value.toExponential(digits - 1));
  // Not toPrecision where that would take to powers of ten: 1234 with three digits stays 1234.
  // Of the rounded number: 0.009999 becomes 0.0100.
  const rounded = Math.abs(Number(value.toPrecision(digits)));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  return value.toFixed(Math.min(decimals, digits + 3));
}

/** One line of CSV a row, every digit kept. */
export function csv(rows) {
  return `${rows.map((row) => Array.from(row, (value) => exact(value)).join(",")).join("\n")}\n`;
}
