// The weights of every layer as colours: first-layer units as small images, other layers as
// matrices, the bias of each unit among them. Names and numbers around them are painted only when
// the size or theme changes.

import { structureOf } from "./frame.js";
import { createBitmap } from "./heatmap-bitmap.js";
import { imageGeometry, matrixGeometry } from "./heatmap-geometry.js";
import { compact, integer } from "./numbers.js";
import {
  create, createAnnouncer, createChartFrame, createChoice, createColorBar, createPanel,
  createSurface, setText,
} from "./panels.js";
import { biasText, layerTitle, QUANTITIES, weightText } from "./quantities.js";
import { attachSelection } from "./selecting.js";
import { createValueTool } from "./surgery.js";

// How long a choice just made wins over frames that were under way when it was made.
const CHOICE_HOLDS_MS = 2000;
const NARROWEST = 270;
const GAP = 24;

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {(quantity: string) => void} onQuantity asks for another quantity
 * @param {(action: string, value: unknown) => void} act does something with the run
 */
export function createWeightViews(parent, theme, onQuantity, act) {
  let layers = [];
  let structure = "";
  let chosenAt = -Infinity;

  const panel = createPanel(parent, {
    name: "weights", title: "Weights and biases", theme, paint,
    describe: () => layers.forEach((layer) => layer.describe()),
    invalidate: () => layers.forEach((layer) => layer.invalidate()),
  });
  const choice = createChoice(panel.options, {
    label: "Quantity shown",
    options: Object.entries(QUANTITIES).map(([id, { label }]) => [id, label]),
    value: "weights",
    onChange(id) {
      chosenAt = performance.now();
      onQuantity?.(id);
    },
  });
  const missing = create("p", "nnviz-empty", "No step taken yet: nothing to show.");
  const grid = create("div", "nnviz-layers");
  panel.body.append(missing, grid);

  function paint(frame) {
    const { meta } = frame;
    const { compared } = meta.timeline;
    choice.offer("difference", compared === null ? null : `Difference to step ${integer(compared)}`);
    if (compared === null && choice.value === "difference") {
      choice.value = "weights";
      onQuantity?.("weights");
    }
    const held = performance.now() - chosenAt < CHOICE_HOLDS_MS;
    if (!held && choice.value !== meta.quantity) choice.value = meta.quantity;
    missing.hidden = meta.quantity_available;
    grid.hidden = !meta.quantity_available;
    if (!meta.quantity_available) return;

    const now = structureOf(meta);
    if (now !== structure) {
      structure = now;
      layers.forEach((layer) => layer.element.remove());
      layers = meta.layers.map((_, index) => createLayerView(grid, theme, meta, index, act));
    }
    const columns = gridOf(panel.width, meta);
    grid.style.gridTemplateColumns = `repeat(${columns.across}, ${columns.column}px)`;
    layers.forEach((layer) => layer.paint(frame, columns));
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}

/**
 * Columns of the grid of layers, and their width. Matrices take one column each; images take the
 * whole width, or leave the last column to a matrix that would stand alone in its row.
 */
function gridOf(panelWidth, meta) {
  const across = Math.max(1, Math.floor((panelWidth + GAP) / (NARROWEST + GAP)));
  const matrices = meta.layers.filter((layer) => !layer.image_shape).length;
  const wide = across > 1 && matrices % across === 1 ? across - 1 : across;
  const column = Math.floor((panelWidth - GAP * (across - 1)) / across);
  return { across, wide, column, wideWidth: wide * column + (wide - 1) * GAP };
}

function createLayerView(parent, theme, meta, index, act) {
  const shape = meta.layers[index];
  const rows = shape.rows.length;
  const columns = shape.columns.length;
  const image = shape.image_shape;
  const isLast = index === meta.layers.length - 1;
  const unitName = (column) =>
    (isLast && meta.output_names[shape.columns[column]]) || shape.columns[column];

  const element = create("div", "nnviz-layer");
  element.append(create("h4", "", layerTitle(shape, index)));
  const selection = selectionText(shape);
  if (selection) element.append(create("p", "nnviz-note", selection));
  const chart = createChartFrame(element, "heatmap");
  const surface = createSurface(chart);
  const marker = create("div", "nnviz-marker");
  marker.hidden = true;
  chart.append(marker);
  const readout = create("p", "nnviz-readout", "\u00a0");
  const bar = createColorBar(
    element, theme, image ? "Colours (small squares: biases)" : "Colours",
  );
  element.append(readout);
  const tool = createValueTool(element, act);
  const announce = createAnnouncer(element);
  parent.append(element);

  const bitmap = createBitmap(rows, columns, image);
  let geometry = null;
  let fitted = 0;
  let selected = null;
  let isHeld = false;
  let latest = null;
  let ratio = 1;

  const values = () => latest.arrays[`W${index}`].data;
  const biases = () => latest.arrays[`b${index}`].data;

  function paint(frame, { wide, column, wideWidth }) {
    latest = frame;
    const width = image ? wideWidth : column;
    if (fitted !== width) {
      element.style.gridColumn = image ? `span ${wide}` : "auto";
      layOut(width);
    }
    const { scale } = frame.meta.layers[index];
    bitmap.fill(values(), biases(), scale, theme.colors.diverging);
    if (image) paintImages();
    else paintMatrix();
    bar.set(`-${compact(scale, 3)}`, `+${compact(scale, 3)}`);
    showSelected();
  }

  function showSelected() {
    setText(readout, selected && latest ? cellText(selected) : "\u00a0");
    if (!isHeld || !latest || latest.meta.quantity !== "weights") {
      tool.hide();
      return;
    }
    const { row, column } = selected;
    const unit = shape.columns[column];
    const isBias = row === rows;
    const place = { layer: index, row: isBias ? shape.fan_in : shape.rows[row], unit };
    const value = isBias ? biases()[column] : values()[row * columns + column];
    tool.show(place, isBias ? `b[${unit}]` : `w[${shape.rows[row]} → ${unit}]`, value);
  }

  function layOut(width) {
    fitted = width;
    ratio = devicePixelRatio || 1;
    const make = image ? imageGeometry : matrixGeometry;
    geometry = make({ rows, columns, image }, Math.floor(width * ratio), ratio);
    surface.fit(geometry.width / ratio, geometry.height / ratio);
    chart.style.width = surface.canvas.style.width;
    const { context } = surface;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, geometry.width, geometry.height);
    context.fillStyle = theme.colors.muted;
    context.font = `${Math.round(12 * ratio)}px ${theme.colors.font}`;
    if (image) paintImageNames(context);
    else paintMatrixNames(context);
    bar.tint();
    placeMarker();
  }

  function paintImageNames(context) {
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = geometry.origin(column);
      context.fillText(unitName(column), x, y + geometry.captionBaseline - Math.round(3 * ratio));
    }
  }

  function paintMatrixNames(context) {
    const { left, top, cellWidth, cellHeight, biasTop, biasHeight } = geometry;
    const room = Math.max(...shape.columns.map((_, column) =>
      context.measureText(unitName(column)).width)) + 6 * ratio;
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    for (let column = 0; column < columns; column += every(room, cellWidth)) {
      context.fillText(unitName(column), left + (column + 0.5) * cellWidth, top - 5 * ratio);
    }
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let row = 0; row < rows; row += every(16 * ratio, cellHeight)) {
      context.fillText(shape.rows[row], left - 5 * ratio, top + (row + 0.5) * cellHeight);
    }
    context.fillText("bias", left - 5 * ratio, biasTop + biasHeight / 2);
  }

  function paintImages() {
    const { context } = surface;
    const { tileWidth, tileHeight } = geometry;
    const [height, width] = image;
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = geometry.origin(column);
      context.drawImage(
        bitmap.canvas, column * width, 0, width, height, x, y, tileWidth, tileHeight,
      );
      context.drawImage(bitmap.canvas, column, height, 1, 1, ...geometry.biasRect(column));
    }
  }

  function paintMatrix() {
    const { context } = surface;
    const { left, top, matrixWidth: width, matrixHeight, biasTop, biasHeight } = geometry;
    context.drawImage(bitmap.canvas, 0, 0, columns, rows, left, top, width, matrixHeight);
    context.drawImage(bitmap.canvas, 0, rows, columns, 1, left, biasTop, width, biasHeight);
  }

  function cellText({ row, column }) {
    const { quantity } = latest.meta;
    const unit = shape.columns[column];
    const name = isLast && unitName(column) !== String(unit) ? ` (class ${unitName(column)})` : "";
    if (row === rows) return biasText(quantity, unit, biases()[column]) + name;
    const text = weightText(quantity, shape.rows[row], unit, values()[row * columns + column]);
    if (!image) return text + name;
    return `${text} (pixel row ${Math.floor(row / image[1])}, column ${row % image[1]})`;
  }

  function choose(cell, hold) {
    selected = cell;
    isHeld = hold;
    placeMarker();
    showSelected();
  }

  function placeMarker() {
    marker.hidden = selected === null;
    if (!selected || !geometry) return;
    const [x, y, width, height] = geometry.cellRect(selected).map((length) => length / ratio);
    marker.style.transform = `translate(${x - 2}px, ${y - 2}px)`;
    marker.style.width = `${width + 4}px`;
    marker.style.height = `${height + 4}px`;
  }

  function describe() {
    const quantity = QUANTITIES[latest.meta.quantity].label.toLowerCase();
    const bound = compact(latest.meta.layers[index].scale, 3);
    chart.setAttribute(
      "aria-label",
      `${layerTitle(shape, index)}: ${quantity} as colours from -${bound} to ${bound}` +
        `${selection ? `, ${selection}` : ""}. Arrow keys read single values.`,
    );
  }

  attachSelection(chart, surface.canvas, {
    isReady: () => geometry !== null,
    itemAt: (x, y) => geometry.cellAt(x * ratio, y * ratio),
    next: (arrow, cell) => (cell ? geometry.step(cell, ...arrow) : { row: 0, column: 0 }),
    select: choose,
    say: (cell) => announce(cellText(cell)),
  });

  return {
    element,
    paint,
    describe,
    invalidate() {
      fitted = 0;
    },
  };
}

/** Label every k-th of cells `size` apart so that labels have `room`. */
function every(room, size) {
  const needed = Math.ceil(room / size);
  return [1, 2, 5, 10, 20, 50, 100, 200, 500].find((k) => k >= needed) ?? needed;
}

function selectionText({ rows, columns, fan_in: fanIn, fan_out: fanOut }) {
  const parts = [];
  if (rows.length < fanIn) parts.push(`${rows.length} of ${fanIn} inputs`);
  if (columns.length < fanOut) parts.push(`${columns.length} of ${fanOut} units`);
  return parts.length ? `showing ${parts.join(", ")}` : "";
}
