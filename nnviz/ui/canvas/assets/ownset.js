// A person's own labelled drawings: kept in this browser alone, as small bitmaps of one bit a pixel.

import { fromBase64, toBase64 } from "./strokes.js";

const PLACE = "nnviz own drawings";
const FORMAT = "nnviz drawings";
const VERSIONS = [1, 2];
const LONGEST_NAME = 40;
const MOST_BYTES = 1_000_000;
export const MOST_DRAWINGS = 80;
export const KEPT_PIXELS = 64;
const PACKED = (KEPT_PIXELS * KEPT_PIXELS) / 8;

/** Bytes of ink (over half of the darkest is ink) as bits in base64, the highest bit of a byte first. */
export function packBits(ink) {
  const packed = new Uint8Array(PACKED);
  const half = Math.max(...ink) / 2;
  ink.forEach((value, k) => {
    if (value > half) packed[k >> 3] |= 128 >> (k & 7);
  });
  return toBase64(packed);
}

/** Bytes of ink, 0 or 255, of packed bits. */
export function unpackBits(bits) {
  const packed = fromBase64(bits);
  return Uint8Array.from(
    { length: KEPT_PIXELS * KEPT_PIXELS }, (_, k) => (packed[k >> 3] & (128 >> (k & 7)) ? 255 : 0),
  );
}

/** The drawings of a file or of the browser's store; throws an Error with a message for people. */
function parseDrawings(text) {
  if (text.length > MOST_BYTES) throw new Error("This file is too large to hold drawings.");
  let file = null;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This is not a file of drawings: it is no JSON. Load one that was downloaded here.");
  }
  if (file?.format !== FORMAT || !VERSIONS.includes(file.version) || !Array.isArray(file.drawings)) {
    throw new Error("This is not a file of drawings. Load one that was downloaded here.");
  }
  if (file.drawings.length > MOST_DRAWINGS) {
    throw new Error(`This file has ${file.drawings.length} drawings; there is room for ${MOST_DRAWINGS}.`);
  }
  return file.drawings.map((each, k) => {
    // The first version had numbers of classes, which were those of digits.
    const name = Number.isInteger(each?.label) ? String(each.label) : each?.class;
    if (!isName(name) || !isBitmap(each.bits)) {
      throw new Error(`Drawing ${k + 1} of this file is damaged: nothing was loaded.`);
    }
    return { class: name, bits: each.bits };
  });
}

function isName(name) {
  return typeof name === "string" && name !== "" && name.length <= LONGEST_NAME;
}

/** Whether a text holds the bits of a drawing, some of them ink. */
function isBitmap(bits) {
  if (typeof bits !== "string" || bits.length > 2 * PACKED) return false;
  try {
    const packed = fromBase64(bits);
    return packed.length === PACKED && packed.some((byte) => byte > 0);
  } catch {
    return false;
  }
}

/**
 * @param {() => void} onChange called when the set has changed, in another tab too
 */
export function createOwnSet(onChange) {
  let drawings = recall();

  function recall() {
    try {
      return parseDrawings(localStorage.getItem(PLACE) ?? serialize([]));
    } catch {
      return []; // no store, or not ours
    }
  }

  function keep(changed) {
    drawings = changed;
    try {
      localStorage.setItem(PLACE, serialize(drawings));
    } catch {
      // Without a store they last as long as the page.
    }
    onChange();
  }

  function followOtherTab({ key }) {
    if (key !== PLACE) return;
    drawings = recall();
    onChange();
  }
  window.addEventListener("storage", followOtherTab);

  return {
    get drawings() {
      return drawings;
    },
    get isFull() {
      return drawings.length >= MOST_DRAWINGS;
    },
    add: (drawing) => keep([...drawings, drawing]),
    removeAt: (index) => keep(drawings.filter((_, k) => k !== index)),
    insertAt: (index, drawing) => keep([...drawings.slice(0, index), drawing, ...drawings.slice(index)]),
    /** Add those of a file that are not there yet; returns how many. */
    load(text) {
      const known = new Set(drawings.map(nameOf));
      const fresh = parseDrawings(text).filter((each) => {
        const isNew = !known.has(nameOf(each));
        known.add(nameOf(each));
        return isNew;
      });
      if (drawings.length + fresh.length > MOST_DRAWINGS) {
        throw new Error(
          `There is room for ${MOST_DRAWINGS} drawings: you have ${drawings.length}, and this file `
            + `brings ${fresh.length} new ones. Remove some first.`,
        );
      }
      if (fresh.length) keep([...drawings, ...fresh]);
      return fresh.length;
    },
    file: () => new Blob([serialize(drawings)], { type: "application/json" }),
    destroy: () => window.removeEventListener("storage", followOtherTab),
  };
}

/** What two drawings that are the same have in common. */
function nameOf({ class: name, bits }) {
  return `${name} ${bits}`;
}

function serialize(drawings) {
  return JSON.stringify({ format: FORMAT, version: VERSIONS.at(-1), pixels: KEPT_PIXELS, drawings });
}
