// What the network sees beside what it has learned from: the nearest samples, the class average.

import { compact, integer } from "../live/numbers.js";
import { create, createPanel, setText } from "../live/panels.js";
import { createTile } from "./tiles.js";

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 */
export function createLikeness(parent, theme) {
  const panel = createPanel(parent, { name: "likeness", title: "What it looks like", theme, paint });
  const row = create("div", "nnviz-tiles");
  const note = create("p", "nnviz-note");
  panel.body.append(row, note);
  const seen = createTile(row, theme);
  const average = createTile(row, theme);
  let near = [];

  function paint({ meta, arrays }) {
    const { classes, neighbours, winner } = meta;
    seen.ink(arrays.seen.data, arrays.seen.shape);
    seen.caption("the network sees");
    average.ink(arrays.average.data, arrays.average.shape);
    average.caption(`average ${classes[winner]}`);
    while (near.length < neighbours.length) near.push(createTile(row, theme));
    const [, height, width] = arrays.near.shape;
    near.forEach((tile, k) => {
      const { label, distance } = neighbours[k];
      tile.ink(arrays.near.data.subarray(k * height * width), [height, width]);
      tile.caption(
        `${classes[label]} · ${compact(distance, 2)}`,
        `Training sample labelled ${classes[label]}, at distance ${compact(distance, 2)}`,
      );
      tile.figure.dataset.agrees = label === winner;
    });
    setText(
      note,
      `The nearest of ${integer(meta.compared)} training samples with their labels and distances `
        + "(Euclidean, pixels from 0 to 1), and the average of the class that was read.",
    );
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}
