// All live views of a run in one grid: each frame is drawn by every panel, or by none.

import { createConfusion } from "./confusion.js";
import { createDiagram } from "./diagram.js";
import { createWeightViews } from "./heatmap.js";
import { createDistributions } from "./histograms.js";
import { createLineChart } from "./lines.js";
import { create, panelOf } from "./panels.js";
import { offerSaving } from "./save.js";
import { createTheme } from "./theme.js";

// Panels off screen are skipped while frames keep coming, and catch up when they pause this long.
const SETTLE_MS = 300;

/**
 * @param {Element} root the component's `.nnviz` element, whose theme the views follow
 * @param {{loss: object, accuracy: object, norms: object}} figures Plotly figures as JSON
 * @param {object} callbacks
 * @param {(quantity: string) => void} callbacks.onQuantity asks for another quantity
 * @param {(action: string, value: unknown) => void} callbacks.act does something with the run
 * @returns {{draw: (frame: object) => void, destroy: () => void}}
 */
export function createViews(root, figures, callbacks) {
  const theme = createTheme(root);
  const grid = create("div", "nnviz-grid");
  root.append(grid);
  const views = [
    createLineChart(grid, theme, figures.loss, { name: "loss", title: "Loss", axisChoice: true }),
    createLineChart(grid, theme, figures.accuracy, { name: "accuracy", title: "Accuracy" }),
    createLineChart(grid, theme, figures.norms, {
      name: "norms", title: "Before it blew up: length of gradient and weights",
      onlyWith: "norms",
    }),
    createConfusion(grid, theme),
    createWeightViews(grid, theme, callbacks.onQuantity, callbacks.act),
    createDiagram(grid, theme, callbacks.act),
    createDistributions(grid, theme, callbacks.act),
  ];
  for (const section of grid.children) offerSaving(panelOf(section), theme);
  let settling = 0;

  return {
    draw(frame) {
      views.forEach((view) => view.draw(frame));
      clearTimeout(settling);
      settling = setTimeout(() => views.forEach((view) => view.settle()), SETTLE_MS);
    },
    destroy() {
      clearTimeout(settling);
      views.forEach((view) => view.destroy());
      theme.destroy();
      grid.remove();
    },
  };
}
