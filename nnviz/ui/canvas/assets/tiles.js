// Small images: the ink of one stage, a sample, or a picture in the diverging colours.

import { create, setText } from "../live/panels.js";
import { divergingIndex } from "../live/theme.js";

/** An image with a caption, painted from numbers; empty until it is given some. */
export function createTile(parent, theme) {
  const figure = create("figure", "nnviz-tile");
  const canvas = create("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  canvas.setAttribute("aria-hidden", "true");
  const text = create("figcaption");
  figure.append(canvas, text);
  parent.append(figure);
  let shown = null;

  function paint() {
    if (!shown) return;
    const { values, height, width, color } = shown;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const data = context.createImageData(width, height);
    const words = new Uint32Array(data.data.buffer);
    for (let k = 0; k < words.length; k += 1) words[k] = color(values[k]);
    context.putImageData(data, 0, 0);
  }

  return {
    figure,
    /** Bytes of ink, 0 for paper. */
    ink(values, [height, width]) {
      const { ink } = theme.colors;
      shown = { values, height, width, color: (value) => ink[value] };
      canvas.dataset.filled = "true";
      paint();
    },
    /** Signed numbers, full colour at `scale`. */
    signed(values, [height, width], scale) {
      const { half, pixels } = theme.colors.diverging;
      shown = { values, height, width, color: (value) => pixels[divergingIndex(value, scale, half)] };
      canvas.dataset.filled = "true";
      paint();
    },
    empty() {
      shown = null;
      canvas.dataset.filled = "false";
      context.clearRect(0, 0, canvas.width, canvas.height);
    },
    caption(words, label = words) {
      setText(text, words);
      canvas.removeAttribute("aria-hidden");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", label);
    },
  };
}
