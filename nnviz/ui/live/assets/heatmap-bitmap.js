// The weights of a layer as pixels: one each, in a small bitmap that is drawn enlarged.

import { create } from "./panels.js";
import { divergingIndex } from "./theme.js";

/**
 * A strip of images side by side, or the matrix; the last line holds the biases.
 * @param {number} rows
 * @param {number} columns
 * @param {[number, number] | null} image height and width of a unit's weights as an image
 */
export function createBitmap(rows, columns, image) {
  const canvas = create("canvas");
  const width = image ? columns * image[1] : columns;
  const height = (image ? image[0] : rows) + 1;
  canvas.width = width;
  canvas.height = height;
  // Written anew on every frame: keep it in memory rather than on a graphics card.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const data = context.createImageData(width, height);
  const words = new Uint32Array(data.data.buffer);
  const offsets = image ? imageOffsets(rows, columns, image) : null;

  return {
    canvas,
    /** Colour all weights, by input and unit, and the biases; `scale` has full colour. */
    fill(weights, biases, scale, { half, pixels: colors }) {
      if (offsets) {
        for (let k = 0; k < weights.length; k += 1) {
          words[offsets[k]] = colors[divergingIndex(weights[k], scale, half)];
        }
      } else {
        for (let k = 0; k < weights.length; k += 1) {
          words[k] = colors[divergingIndex(weights[k], scale, half)];
        }
      }
      const biasLine = words.length - width;
      for (let column = 0; column < columns; column += 1) {
        words[biasLine + column] = colors[divergingIndex(biases[column], scale, half)];
      }
      context.putImageData(data, 0, 0);
    },
  };
}

/** Where weight (input, unit), flat, lies in the strip of images. */
function imageOffsets(rows, columns, [, width]) {
  const offsets = new Uint32Array(rows * columns);
  const stripWidth = columns * width;
  for (let row = 0; row < rows; row += 1) {
    const start = Math.floor(row / width) * stripWidth + (row % width);
    for (let column = 0; column < columns; column += 1) {
      offsets[row * columns + column] = start + column * width;
    }
  }
  return offsets;
}
