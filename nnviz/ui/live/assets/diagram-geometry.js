// Where the units of the network diagram lie, in CSS pixels of its chart, and what is at a place.

const TOP = 24;
const BOTTOM = 8;
const LEFT = 30;
const HIT_PIXELS = 5;
// Room for one character of a class name.
const CHARACTER_PIXELS = 8;

/**
 * Circle centres of every layer, spread evenly over the height.
 * @param {number[][]} units the units drawn of each layer
 * @param {number} width of the chart
 * @param {number} height of the chart
 * @param {string[]} outputNames for which there is room at the right
 * @returns {{points: number[][][], radius: number, roomy: boolean}} centres by layer and unit;
 *   whether layers are far enough apart for names above them
 */
export function layOut(units, width, height, outputNames) {
  const names = units.at(-1).map((unit) => CHARACTER_PIXELS * (outputNames[unit] ?? "").length);
  const room = height - TOP - BOTTOM;
  const most = Math.max(...units.map((layer) => layer.length));
  const radius = Math.min(9, Math.max(4, room / most / 2 - 1.5));
  const right = Math.max(24, ...names) + radius + 12;
  const pitch = (width - LEFT - right) / (units.length - 1);
  const points = units.map((layer, k) => {
    const gap = Math.min(room / layer.length, 40);
    const start = TOP + (room - gap * layer.length) / 2 + gap / 2;
    return layer.map((_, unit) => [LEFT + k * pitch, start + unit * gap]);
  });
  return { points, radius, roomy: pitch > 64 };
}

/** The unit under a place of the chart; null where there is none. */
export function unitAt(points, radius, x, y) {
  for (let layer = 0; layer < points.length; layer += 1) {
    const unit = points[layer].findIndex(
      ([cx, cy]) => Math.hypot(x - cx, y - cy) <= radius + 3,
    );
    if (unit >= 0) return { layer, unit };
  }
  return null;
}

/** The edge next to a place of the chart, as {layer, from, to}; null where none is near. */
export function edgeAt(points, x, y) {
  let best = null;
  let nearest = HIT_PIXELS;
  for (let layer = 1; layer < points.length; layer += 1) {
    const left = points[layer - 1][0][0];
    const right = points[layer][0][0];
    if (x <= left || x >= right) continue;
    const share = (x - left) / (right - left);
    points[layer - 1].forEach(([, y0], from) => {
      points[layer].forEach(([, y1], to) => {
        const slope = (y1 - y0) / (right - left);
        const distance = Math.abs(y - (y0 + share * (y1 - y0))) / Math.hypot(1, slope);
        if (distance < nearest) {
          nearest = distance;
          best = { layer, from, to };
        }
      });
    });
  }
  return best;
}

/**
 * The unit or edge that an arrow key leads to.
 * @param {number[][][]} points from layOut
 * @param {[number, number]} arrow
 * @param {object | null} item the one before: {layer, unit} or {layer, from, to}
 * @param {boolean} alongEdges whether up and down go through the edges into a unit
 */
export function neighbour(points, [dx, dy], item, alongEdges) {
  if (!item) return { layer: 1, unit: 0 };
  const sizes = points.map((layer) => layer.length);
  const unit = item.unit ?? item.to;
  if (alongEdges && dy !== 0 && item.layer > 0) {
    const before = sizes[item.layer - 1];
    const from = item.from === undefined ? (dy > 0 ? 0 : before - 1) : item.from + dy;
    return { layer: item.layer, from: (from + before) % before, to: unit };
  }
  const layer = Math.min(Math.max(item.layer + dx, 0), sizes.length - 1);
  return { layer, unit: Math.min(Math.max(unit + dy, 0), sizes[layer] - 1) };
}
