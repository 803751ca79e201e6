// A drawing as vectors in a square of side 1: what was done, what can be undone, and how it is
// painted at any size. A picture (from a file) is an item like a stroke.

import { create } from "../live/panels.js";

const MOST_STATES = 200;
// Points closer together than this say nothing new.
const NEAREST = 0.0025;
// Sides of the bitmap that is read: enough for thin strokes of a small digit.
export const READ_PIXELS = 160;
const KEPT_MARGIN = 4;
// Pixels by which a stroke may get wider at once without looking like stairs.
const WIDTH_STEP = 1;

/**
 * @param {object[]} items what is drawn already
 * @param {() => void} onChange called whenever what is drawn has changed
 * @returns {object} the drawing, with its undo history; items are never changed once kept
 */
export function createDrawing(items, onChange) {
  let states = [items];
  let at = 0;
  let current = null;

  function keep(next) {
    states = [...states.slice(Math.max(0, at + 2 - MOST_STATES), at + 1), next];
    at = states.length - 1;
    onChange();
  }

  return {
    get items() {
      return states[at];
    },
    /** The stroke under way, or null. */
    get current() {
      return current;
    },
    get isEmpty() {
      return states[at].length === 0 && current === null;
    },
    get canUndo() {
      return at > 0;
    },
    get canRedo() {
      return at < states.length - 1;
    },
    begin(width, erases) {
      current = { points: [], width, erases };
    },
    /** Add a point; `weight` scales the stroke's width there. */
    add(x, y, weight) {
      const { points } = current;
      const [lastX, lastY] = points.slice(-3);
      if (points.length && Math.hypot(x - lastX, y - lastY) < NEAREST) return;
      points.push(x, y, weight);
      onChange();
    },
    end() {
      const stroke = current;
      current = null;
      if (stroke?.points.length) keep([...states[at], stroke]);
    },
    undo() {
      if (current || at === 0) return;
      at -= 1;
      onChange();
    },
    redo() {
      if (current || at === states.length - 1) return;
      at += 1;
      onChange();
    },
    /** Replace all there is, as one step that can be undone. */
    replace(next) {
      if (!current && (next.length || states[at].length)) keep(next);
    },
  };
}

/** A picture as an item: `ink` holds size x size bytes, 0 for paper; `sample`: see `sampleOf`. */
export function pictureItem(size, ink, sample = null) {
  return { picture: { size, ink }, sample };
}

/** The test sample that the drawing is, {number, label}; null where it is something else. */
export function sampleOf({ items, current }) {
  return items.length === 1 && !current ? items[0].sample ?? null : null;
}

/** A canvas of its own that holds the finished items, so that only the stroke under way is new. */
export function createRaster(context) {
  const kept = create("canvas");
  const keptContext = kept.getContext("2d");
  let paintedItems = null;
  let paintedColor = "";

  return function paint({ items, current }, color) {
    const size = context.canvas.width;
    if (paintedItems !== items || paintedColor !== color || kept.width !== size) {
      kept.width = kept.height = size;
      items.forEach((item) => paintItem(keptContext, item, size, color));
      paintedItems = items;
      paintedColor = color;
    }
    context.clearRect(0, 0, size, size);
    context.drawImage(kept, 0, 0);
    if (current) paintItem(context, current, size, color);
  };
}

function paintItem(context, item, size, color) {
  if (item.picture) paintPicture(context, item.picture, size, color);
  else paintStroke(context, item, size, color);
}

/** Curves from midpoint to midpoint through each point, so that corners of the pointer are round. */
function paintStroke(context, { points, width, erases }, size, color) {
  const count = points.length / 3;
  const x = (k) => points[3 * k] * size;
  const y = (k) => points[3 * k + 1] * size;
  context.save();
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.strokeStyle = context.fillStyle = color;
  context.lineCap = context.lineJoin = "round";
  if (count === 1) {
    context.beginPath();
    context.arc(x(0), y(0), (width * points[2] * size) / 2, 0, 2 * Math.PI);
    context.fill();
  }
  const thick = (k) => width * points[3 * k + 2] * size;
  let from = [x(0), y(0), thick(0)];
  const line = createLine(context);
  for (let k = 0; k < count - 1; k += 1) {
    const next = [x(k + 1), y(k + 1), thick(k + 1)];
    const here = [x(k), y(k), thick(k)];
    const to = k === count - 2 ? next : next.map((value, n) => (value + here[n]) / 2);
    paintCurve(line, from, here, to);
    from = to;
  }
  line.end();
  context.restore();
}

/** Curves of one width are one line: where two lines overlap, their smooth edges are darker. */
function createLine(context) {
  let width = null;

  function end() {
    if (width !== null) context.stroke();
    width = null;
  }

  return {
    end,
    curve(from, control, to, newWidth) {
      if (newWidth !== width) {
        end();
        width = context.lineWidth = newWidth;
        context.beginPath();
        context.moveTo(from[0], from[1]);
      }
      context.quadraticCurveTo(control[0], control[1], to[0], to[1]);
    },
  };
}

/** A curve between two points [x, y, width], bent towards a third; as its width changes, in parts. */
function paintCurve(line, from, control, to) {
  const parts = Math.ceil(Math.abs(to[2] - from[2]) / WIDTH_STEP) || 1;
  // De Casteljau: the part of the curve that is left, and what is cut off its beginning.
  let rest = [from, control, to];
  for (let left = parts; left > 0; left -= 1) {
    const [a, b, c] = rest;
    const [ab, bc] = [between(a, b, 1 / left), between(b, c, 1 / left)];
    const end = between(ab, bc, 1 / left);
    line.curve(a, ab, end, (a[2] + end[2]) / 2);
    rest = [end, bc, c];
  }
}

function between(one, other, share) {
  return one.map((value, n) => value + share * (other[n] - value));
}

function paintPicture(context, { size: side, ink }, size, color) {
  const bitmap = create("canvas");
  bitmap.width = bitmap.height = side;
  const bitmapContext = bitmap.getContext("2d");
  const data = bitmapContext.createImageData(side, side);
  ink.forEach((value, k) => {
    data.data[4 * k + 3] = value;
  });
  bitmapContext.putImageData(data, 0, 0);
  bitmapContext.globalCompositeOperation = "source-in";
  bitmapContext.fillStyle = color;
  bitmapContext.fillRect(0, 0, side, side);
  context.drawImage(bitmap, 0, 0, size, size);
}

/** The drawing as the network's side gets it: returns a function of the drawing to bytes of ink. */
export function createReader() {
  const canvas = create("canvas");
  canvas.width = canvas.height = READ_PIXELS;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const paint = createRaster(context);
  return (drawing) => {
    paint(drawing, "#000");
    return inkOf(context, READ_PIXELS);
  };
}

/**
 * The drawing cut to its ink and enlarged to a square of `pixels`, as bytes; null without ink.
 * @param {object} drawing from createDrawing
 * @param {Uint8Array} ink the drawing as it was read
 * @param {number} pixels a side
 */
export function keptInk(drawing, ink, pixels) {
  const box = inkBox(ink);
  if (!box) return null;
  const side = (pixels - 2 * KEPT_MARGIN) / box.longer;
  const canvas = create("canvas");
  canvas.width = canvas.height = pixels;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(pixels / 2 - box.x * side, pixels / 2 - box.y * side);
  drawing.items.forEach((item) => paintItem(context, item, side, "#000"));
  return inkOf(context, pixels);
}

/** How opaque each pixel of a square canvas is: its ink, as bytes. */
function inkOf(context, pixels) {
  const { data } = context.getImageData(0, 0, pixels, pixels);
  const ink = new Uint8Array(pixels * pixels);
  for (let k = 0; k < ink.length; k += 1) ink[k] = data[4 * k + 3];
  return ink;
}

/** Centre and longer side of the ink, in shares of the paper. */
function inkBox(ink) {
  let [left, right, top, bottom] = [READ_PIXELS, -1, READ_PIXELS, -1];
  const half = Math.max(...ink) / 2;
  ink.forEach((value, k) => {
    if (value <= half) return;
    const [x, y] = [k % READ_PIXELS, Math.floor(k / READ_PIXELS)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  });
  if (right < 0) return null;
  return {
    x: (left + right) / 2 / READ_PIXELS,
    y: (top + bottom) / 2 / READ_PIXELS,
    longer: Math.max(right - left, bottom - top) / READ_PIXELS,
  };
}

const CHUNK = 8192;

/** Bytes as base64, for a message. */
export function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(text);
}

/** Bytes of a base64 text; throws where it is none. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
