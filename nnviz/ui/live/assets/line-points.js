// The points that a line shows: rows of an array of the frame, in order of their x (column 0).

const NONE = { data: new Float64Array(0), shape: [0, 2] };

/** A trace's points in a frame: flat data, its stride, and how many rows. */
export function pointsOf(frame, trace) {
  const { data, shape } = frame.arrays[trace.array] ?? NONE;
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

/** The row whose x is nearest to `x`. */
export function nearestRow(points, x) {
  const row = lowerBound(points, x);
  if (row === 0) return 0;
  if (row === points.rows) return points.rows - 1;
  const left = points.data[(row - 1) * points.stride];
  const right = points.data[row * points.stride];
  return x - left <= right - x ? row - 1 : row;
}

/** Rows within [low, high] and one on either side, so that lines run on to the edge. */
export function rowsWithin(points, [low, high]) {
  const first = Math.max(0, lowerBound(points, low) - 1);
  const last = Math.min(points.rows, lowerBound(points, high) + 2);
  return [first, last];
}
