// One opened step: its arrays, its phases, and the symbols of the articles for what it holds.

/** What a step is to a page: the overview's header and a way to read its arrays. */
export function createStep({ meta, arrays }) {
  const at = (name, row, column) => arrays[name].data[row * arrays[name].shape[1] + column];
  return {
    meta,
    has: (name) => name in arrays,
    at,
    /** Of what each sample has, the number of one sample, by its place in the mini-batch. */
    of: (name, sample, column) => at(name, sample - meta.first, column),
    losses: Array.from(arrays.sample_loss.data),
    /** The places of the samples shown. */
    samples: meta.rows.map((_, index) => meta.first + index),
    label: (sample) => meta.labels[sample - meta.first],
    row: (sample) => meta.rows[sample - meta.first],
    last: meta.layers.length - 1,
  };
}

/**
 * Ask the run something of its next step, again while that is still being opened.
 * @param {object} line from live/connection.js
 */
export async function askOfStep(line, question, args) {
  for (;;) {
    const answer = await line.ask(question, args);
    if (answer.meta.progress === undefined) return answer;
  }
}

/** The phases in the order of `Trainer._update`; layers counted from 0. */
export function phasesOf({ layers }) {
  const indices = layers.map((_, index) => index);
  const phase = (kind, group, short = "", what = "") => (layer) => (
    { kind, group, layer, short: `${short}${layer + 1}`, name: `${group} ${layer + 1}${what}` });
  const delta = phase("delta", "Backward", "δ", ", delta");
  const gradient = phase("gradient", "Backward", "∂W", ", gradient");
  return [
    ...indices.map(phase("forward", "Forward")),
    { kind: "loss", group: "Loss", layer: indices.length - 1, short: "L", name: "Loss" },
    ...indices.toReversed().flatMap((layer) => [delta(layer), gradient(layer)]),
    ...indices.map(phase("update", "Update")),
  ];
}

const indexed = (letter, layer, index) => (
  `${letter}^{(${layer})}${index === "" ? "" : `_{${index}}`}`);
const numbered = (quantity, letter) => (layer, index = "") => (
  `\\c{${quantity}}{${indexed(letter, layer, index)}}`);

/** LaTeX of what a layer, counted from 1, or one of its units has; a(0) is the input. */
export const symbols = {
  a: numbered("a", "a"),
  W: numbered("W", "W"),
  w: numbered("W", "w"),
  b: numbered("b", "b"),
  z: numbered("z", "z"),
  mask: numbered("mask", "m"),
  delta: numbered("delta", "\\delta"),
  slope: (layer, index = "") => `\\c{slope}{f'(${indexed("z", layer, index)})}`,
  upstream: (layer, index = "") => (
    `\\c{upstream}{\\frac{\\partial L}{\\partial ${indexed("a", layer, index)}}}`),
  gradientW: (layer) => `\\c{gradient}{\\frac{\\partial L}{\\partial W^{(${layer})}}}`,
  gradientb: (layer) => `\\c{gradient}{\\frac{\\partial L}{\\partial b^{(${layer})}}}`,
  y: () => "\\c{y}{y}",
};

/** The sample to open first: one whose inputs are not all 0, with which every sum would be. */
export function firstSample(step) {
  const inputs = Array.from({ length: step.meta.layers[0].fan_in }, (_, input) => input);
  const isTelling = (sample) => inputs.some((input) => step.of("x", sample, input) !== 0);
  return step.samples.find(isTelling) ?? step.samples[0];
}

/** The unit to open first: the true class at the output, the most active one elsewhere. */
export function firstUnit(step, layer, sample) {
  const { columns } = step.meta.layers[layer];
  if (layer === step.last && columns.includes(step.label(sample))) {
    return step.label(sample);
  }
  return columns[largest(columns.length, (column) => step.of(`a/${layer}`, sample, column))];
}

/** The input to open first: the one whose term weighs most in the sum of a unit. */
export function firstSource(step, layer, sample, unit) {
  const { rows, columns } = step.meta.layers[layer];
  const column = columns.indexOf(unit);
  if (column < 0) return rows[0];
  const below = (row) => {
    if (layer === 0) return step.of("x", sample, rows[row]);
    const place = step.meta.layers[layer - 1].columns.indexOf(rows[row]);
    return place < 0 ? 0 : step.of(`a/${layer - 1}`, sample, place);
  };
  return rows[largest(rows.length, (row) => below(row) * step.at(`old/${layer}`, row, column))];
}

function largest(count, value) {
  let best = 0;
  for (let index = 1; index < count; index += 1) {
    if (Math.abs(value(index)) > Math.abs(value(best))) best = index;
  }
  return best;
}
