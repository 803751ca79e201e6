// What the phases are made of: words, formulas, arrays of units and of weights, lines of code.

import { create } from "../live/panels.js";
import { createArray } from "./arrays.js";
import { createListing } from "./code.js";
import { formula } from "./math.js";

/** What a phase is made of, drawn in the order of the calls. */
export function createParts(main, side, page) {
  const { step, theme, digits, say } = page;
  let arrays = null;
  const helpers = new Set();
  const addArray = (array) => {
    if (!arrays) {
      arrays = create("div", "inside-arrays");
      main.append(arrays);
    }
    createArray(arrays, theme, array, digits, say);
  };
  return {
    main,
    array: addArray,
    words: (text) => main.append(create("p", "inside-words", text)),
    formulas(...lines) {
      const box = create("div", "inside-formulas");
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Formulas");
      lines.forEach((latex) => box.append(formula(latex, { block: true })));
      main.append(box);
      arrays = null;
    },
    heading(text) {
      main.append(create("h4", "", text));
      arrays = null;
    },
    /** A function of the library, and below it, once in a phase, those that it calls. */
    code(name, ...marks) {
      createListing(side, page.listings[name], marks);
      for (const helper of page.listings[name].helpers) {
        if (!helpers.has(helper)) {
          helpers.add(helper);
          this.code(helper);
        }
      }
    },
    /** Activations and the like of a layer: a row for each sample shown. */
    signals(quantity, layer, symbol, about) {
      const name = quantity === "x" || quantity === "y" ? quantity : `${quantity}/${layer}`;
      if (!step.has(name)) return;
      const { columns, width } = unitsOf(step, quantity, layer);
      const samples = page.isSample ? [page.sample] : step.samples;
      const isInput = quantity === "x" || layer < page.phase.layer;
      const place = columns.indexOf(isInput ? page.source : page.unit);
      addArray({
        name, symbol, about, rows: samples, columns, shape: [page.isSample ? 1 : step.meta.n, width],
        at: (row, column) => step.of(name, samples[row], columnOf(step, quantity, columns, column)),
        picked: layer > page.phase.layer ? null : { row: page.isSample ? -1 : samples.indexOf(page.sample), column: place },
        onPick: (row, column) => page.pick({
          ...(row >= 0 && { sample: samples[row] }),
          ...(column >= 0 && layer <= page.phase.layer
            && (isInput ? { source: columns[column] } : { unit: columns[column] })),
        }),
        fetchAll: async () => {
          const rows = await page.fetchAll(quantity, Math.max(0, layer));
          return page.isSample ? [rows[page.sample]] : rows;
        },
      });
    },
    /** Weights and biases of a layer, or what goes with each of them: [W; b], or W alone. */
    parameters(quantity, layer, symbol, about, hasBias = true) {
      const name = `${quantity}/${layer}`;
      const { rows, columns, fan_in: fanIn, fan_out: fanOut } = step.meta.layers[layer];
      const isOwn = layer === page.phase.layer;
      addArray({
        name, symbol, about, rows: hasBias ? [...rows, "b"] : rows, columns, hasBias,
        shape: [fanIn, fanOut],
        at: (row, column) => step.at(name, row, column),
        picked: isOwn ? { row: rows.indexOf(page.source), column: columns.indexOf(page.unit) } : null,
        onPick: isOwn ? (row, column) => page.pick({
          ...(row >= 0 && row < rows.length && { source: rows[row] }),
          ...(column >= 0 && { unit: columns[column] }),
        }) : null,
        fetchAll: async () => (await page.fetchAll(quantity, layer)).slice(0, hasBias ? undefined : -1),
      });
    },
  };
}

/** A single sample that is an image, or a unit's weights from one (`fetchAll`), as that image. */
export function asImage(parts, page, { name, symbol, about, at, fetchAll, onPick = null }) {
  const [height, width] = page.step.meta.image_shape;
  const { source } = page;
  const count = (length) => Array.from({ length }, (_, index) => index);
  parts.array({
    name, symbol, about, rows: count(height), columns: count(width), shape: [height, width],
    isPicture: true,
    at: (row, column) => at(row * width + column),
    picked: { row: Math.floor(source / width), column: source % width },
    onPick: onPick && ((row, column) => onPick(row * width + column)),
    fetchAll: async () => {
      const pixels = await fetchAll();
      return count(height).map((row) => pixels.slice(row * width, (row + 1) * width));
    },
  });
}

function unitsOf(step, quantity, layer) {
  const { layers } = step.meta;
  if (quantity === "x") return { columns: layers[0].rows, width: layers[0].fan_in };
  const { columns, fan_out: width } = layers[quantity === "y" ? step.last : layer];
  return { columns, width };
}

/** The place of a shown column in its array: the input is there with all its columns. */
function columnOf(step, quantity, columns, column) {
  return quantity === "x" ? columns[column] : column;
}

/**
 * A field for an index, for those that no array shows.
 * @param {(text: string, isError: boolean) => void} say
 */
export function createPicker(label, value, count, onChange, say) {
  const wrapper = create("label", "nnviz-field");
  const input = create("input", "nnviz-number");
  Object.assign(input, { type: "number", min: 0, max: count - 1, step: 1, value });
  input.dataset.focus = `pick ${label}`;
  input.addEventListener("change", () => {
    if (input.value !== "" && input.validity.valid) {
      onChange(Number(input.value));
      return;
    }
    say(`${label}: give a whole number from 0 to ${count - 1}. `
      + `Received: ${input.value || "no number"}.`, true);
    input.value = value;
  });
  wrapper.append(create("span", "", `${label} (0 to ${count - 1})`), input);
  return wrapper;
}
