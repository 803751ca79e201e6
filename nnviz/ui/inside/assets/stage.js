// The stage: what one phase of the step computes, as formula, arrays, sums and code.

import { create } from "../live/panels.js";
import { createFactors, createUpdate, createWeightChain } from "./chain.js";
import { show } from "./digits.js";
import { createLosses, createOutputDelta, createRows, outputNames } from "./output.js";
import { asImage, createParts, createPicker } from "./parts.js";
import { createSum } from "./sums.js";
import { symbols as s } from "./step.js";

/**
 * Draw a phase into two columns.
 * @param {{main: Element, side: Element}} columns
 * @param {object} page `theme`, `step`, `choice` (the answer to inspect_choice), `phase`,
 *   `isSample`, `sample`, `unit`, `source`, `digits`, `listings`, `pick(changes)`, `fetchAll`,
 *   `say`
 */
export function drawPhase({ main, side }, page) {
  const { phase } = page;
  main.append(create("h3", "", titleOf(page)));
  PHASES[phase.kind](createParts(main, side, page), page);
}

function titleOf({ phase, step }) {
  if (phase.kind === "loss") return "The loss";
  const layer = step.meta.layers[phase.layer];
  return `${phase.name}: layer ${phase.layer + 1} of ${step.last + 1}, ${layer.fan_in} → `
    + `${layer.fan_out}, ${layer.label}`;
}

/** The activations that go into a layer. */
function below(parts, page, about) {
  const { step, isSample, sample, phase: { layer } } = page;
  if (layer === 0 && isSample && step.meta.image_shape) {
    asImage(parts, page, {
      name: "x", symbol: s.a(0), about: `${about}: the image`,
      at: (index) => step.of("x", sample, index), onPick: (source) => page.pick({ source }),
      fetchAll: async () => (await page.fetchAll("x", 0))[sample],
    });
  } else if (layer === 0) parts.signals("x", -1, s.a(0), `${about}: the inputs`);
  else parts.signals("a", layer - 1, s.a(layer), `${about}: activations of layer ${layer}`);
}

const PHASES = { forward, loss, delta, gradient, update };

function forward(parts, page) {
  const { step, choice, phase: { layer }, digits } = page;
  const number = layer + 1;
  const about = step.meta.layers[layer];
  const hasMask = step.has(`mask/${layer}`);
  parts.words("Each unit adds up its inputs, each times its weight, and its bias; then f bends the "
    + "sum. Choose a unit or a weight anywhere to open it.");
  parts.formulas(
    `${s.z(number)} = ${s.a(layer)} \\, ${s.W(number)} + ${s.b(number)}`,
    `${s.a(number)} = f(${s.z(number)})${hasMask ? ` \\odot ${s.mask(number)}` : ""}, \\quad `
      + about.formula,
  );
  below(parts, page, "what comes in");
  parts.parameters("old", layer, `${s.W(number)}, ${s.b(number)}`, `weights and biases of layer ${number}`);
  if (layer === 0 && step.meta.image_shape) {
    asImage(parts, page, {
      name: "w", symbol: `${s.w(1, `k,${choice.meta.unit}`)}`,
      about: `weights of unit ${choice.meta.unit} as an image`,
      at: (index) => choice.arrays.w.data[index], onPick: (source) => page.pick({ source }),
      fetchAll: async () => choice.arrays.w.data,
    });
  }
  parts.signals("z", layer, s.z(number), `sums of layer ${number}`);
  if (hasMask) {
    parts.signals("f", layer, `f(${s.z(number)})`, "activations before dropout");
    parts.signals("mask", layer, s.mask(number), "dropout mask");
  }
  parts.signals("a", layer, s.a(number), `activations of layer ${number}`);
  unitHeading(parts, page, `The sum of ${unitName(choice)}`);
  const { meta, arrays } = choice;
  createSum(parts.main, {
    name: "unit",
    formula: `${s.z(number, meta.unit)} = \\sum_{k=0}^{${about.fan_in - 1}} ${s.a(layer, "k")} \\,`
      + ` ${s.w(number, `k,${meta.unit}`)} + ${s.b(number, meta.unit)}`,
    head: ["\\c{a}{a_k}", `\\c{W}{w_{k,${meta.unit}}}`, "\\text{product}"],
    colors: ["a", "W", "z"], each: layer ? "unit k below" : "input k",
    terms: Array.from(arrays.a.data, (a, index) => ({ name: index, factors: [a, arrays.w.data[index]] })),
    bias: { name: "bias", value: meta.b, color: "b" },
    total: { name: "z", value: meta.z },
  }, digits);
  if (about.activation === "softmax") softmax(parts, page);
  createFactors(parts.main, "activation", activationFactors(page, choice.meta, number), {
    latex: s.a(number, meta.unit), about: "what the unit passes on", value: meta.a, color: "a",
  }, digits);
  parts.code("forward", "z", "a", ...(hasMask ? ["mask"] : []));
  parts.code(`f ${about.activation}`);
}

/** Softmax, unit by unit: the largest z is taken from all first, which changes nothing. */
function softmax(parts, { step, choice, digits }) {
  const z = Array.from(choice.arrays.z.data);
  const largest = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  parts.words("Softmax needs the sums of all units. The largest, m, is taken from each first: the "
    + "shares stay the same, and no power is too large for a number.");
  createRows(parts.main, {
    name: "powers", about: "Softmax unit by unit", each: "unit j", names: outputNames(step, z.length),
    marked: choice.meta.unit,
    columns: [
      ["\\c{z}{z_j}", "z", (j) => z[j]],
      ["\\c{z}{z_j} - m", "", (j) => z[j] - largest],
      ["e^{z_j - m}", "", (j) => powers[j]],
      ["\\c{a}{a_j} = \\frac{e^{z_j - m}}{\\text{sum}}", "a", (j) => powers[j] / total],
    ],
    foot: [["sum of the powers", total, 2]],
  }, digits);
}

function activationFactors({ step }, meta, number) {
  const isSoftmax = step.meta.layers[meta.layer].activation === "softmax";
  return [{
    latex: `f(${s.z(number, meta.unit)})`,
    about: isSoftmax ? "its exponential, divided by the sum of all" : "f of the sum above",
    value: meta.f, color: "a",
  }, ...(meta.mask === null ? [] : [{
    latex: s.mask(number, meta.unit), about: "0: switched off for this step",
    value: meta.mask, color: "mask",
  }])];
}

function unitHeading(parts, page, text) {
  const { choice, step } = page;
  const { unit, layer } = choice.meta;
  parts.heading(text);
  const row = create("div", "inside-pickers");
  const { fan_in: fanIn, fan_out: fanOut } = step.meta.layers[layer];
  row.append(
    createPicker("Unit", unit, fanOut, (value) => page.pick({ unit: value }), page.say),
    createPicker(layer ? "From unit" : "From input", choice.meta.source, fanIn,
      (value) => page.pick({ source: value }), page.say),
  );
  parts.main.append(row);
}

function unitName({ meta: { unit, layer, sample } }) {
  return `unit ${unit} in layer ${layer + 1}, sample ${sample}`;
}

function loss(parts, page) {
  const { step } = page;
  parts.words("How wrong the output is, as one number: first of each sample, then the mean over "
    + "the mini-batch. Averaging happens here, once; all that follows sums over the batch.");
  parts.formulas(step.meta.loss.formula);
  parts.signals("a", step.last, `\\c{a}{\\hat y} = ${s.a(step.last + 1)}`, "output");
  parts.signals("y", step.last + 1, s.y(), "targets");
  createLosses(parts.main, page);
  parts.code(`loss ${step.meta.loss.id}`);
  parts.code("step", "loss");
}

function delta(parts, page) {
  const { step, phase: { layer } } = page;
  const { is_canonical: isCanonical, id } = step.meta.loss;
  const isOutput = layer === step.last;
  const slope = `slope ${step.meta.layers[layer].activation}`;
  if (isOutput) {
    createOutputDelta(parts, page);
    parts.code("output", "output");
    parts.code("output_delta", ...(isCanonical ? ["difference", "mean"] : ["loss", "slope"]));
    if (!isCanonical) [`loss gradient ${id}`, slope].forEach((name) => parts.code(name));
    return;
  }
  const hasMask = step.has(`mask/${layer}`);
  hiddenDelta(parts, page, layer + 1, hasMask);
  parts.code("delta", "upstream", ...(hasMask ? ["mask"] : []), "slope");
  parts.code("activation_backward", "slope");
  parts.code(slope);
}

function gradient(parts, page) {
  const { step, choice, phase: { layer }, digits } = page;
  const number = layer + 1;
  parts.words("Each weight's gradient is the activation at its one end times the delta at its "
    + "other, summed over the batch; a bias has an activation of 1.");
  parts.formulas(
    `${s.gradientW(number)} = \\c{a}{{a^{(${layer})}}^\\top} \\, ${s.delta(number)}, \\quad `
      + `${s.gradientb(number)} = \\sum_{i=1}^{n} ${s.delta(number, "i")}`,
  );
  below(parts, page, "what came in");
  parts.signals("delta", layer, s.delta(number), `delta of layer ${number}`);
  parts.parameters("gradient", layer, `${s.gradientW(number)}, ${s.gradientb(number)}`,
    `gradient of layer ${number}, the whole batch's`);
  unitHeading(parts, page, `The chain rule for the weight from ${layer ? "unit" : "input"} `
    + `${choice.meta.source} to unit ${choice.meta.unit}, sample ${choice.meta.sample}`);
  createWeightChain(parts.main, step, choice, digits);
  parts.code("gradient", "gradient");
}

function hiddenDelta(parts, page, number, hasMask) {
  const { step, choice, digits, phase: { layer } } = page;
  parts.words("The error arrives through the same weights that the signal left by, and shrinks or "
    + "grows with the slope of f at z.");
  parts.formulas(
    `${s.delta(number)} = \\left( ${s.delta(number + 1)} \\, \\c{W}{{W^{(${number + 1})}}^\\top} \\right)`
      + `${hasMask ? ` \\odot ${s.mask(number)}` : ""} \\odot ${s.slope(number)}, \\quad `
      + step.meta.layers[layer].derivative_formula,
  );
  parts.signals("delta", layer + 1, s.delta(number + 1), `delta of layer ${number + 1}`);
  parts.parameters("old", layer + 1, s.W(number + 1), `weights of layer ${number + 1}`, false);
  parts.signals("upstream", layer, s.upstream(number), `delta of layer ${number + 1} times W transposed`);
  if (hasMask) parts.signals("mask", layer, s.mask(number), "dropout mask");
  parts.signals("derivative", layer, s.slope(number), "slope of f at z");
  parts.signals("delta", layer, s.delta(number), `delta of layer ${number}`);
  unitHeading(parts, page, `The error of ${unitName(choice)}`);
  const { meta, arrays } = choice;
  createSum(parts.main, {
    name: "error",
    formula: `${s.upstream(number, meta.unit)} = `
      + `\\sum_{k} ${s.delta(number + 1, "k")} \\, ${s.w(number + 1, `${meta.unit},k`)}`,
    head: ["\\c{delta}{\\delta_k}", `\\c{W}{w_{${meta.unit},k}}`, "\\text{product}"],
    colors: ["delta", "W", "upstream"], each: "unit k above",
    terms: Array.from(arrays.next_delta.data, (delta, index) => (
      { name: index, factors: [delta, arrays.next_w.data[index]] })),
    total: { name: "sum", value: meta.upstream },
  }, digits);
  createFactors(parts.main, "delta", [
    { latex: s.upstream(number, meta.unit), about: "the sum above", value: meta.upstream, color: "upstream" },
    ...(meta.mask === null ? [] : [
      { latex: s.mask(number, meta.unit), about: "dropout mask", value: meta.mask, color: "mask" }]),
    { latex: s.slope(number, meta.unit), about: `z = ${show(meta.z, digits)}`, value: meta.derivative, color: "slope" },
  ], { latex: s.delta(number, meta.unit), about: "delta of the unit", value: meta.delta, color: "delta" },
  digits);
}

function update(parts, page) {
  const { step, choice, phase: { layer }, digits } = page;
  const number = layer + 1;
  const { optimizer } = step.meta;
  const { learning_rate: rate, factor } = step.meta;
  const schedule = factor === 1 ? "" : ` (${rate}, times the schedule's ${show(factor, digits)})`;
  const constants = Object.entries(optimizer.constants)
    .map(([letter, value]) => `, ${letter} = ${value}`).join("");
  const time = /\^t/.test(optimizer.formula) ? `, step t = ${optimizer.step}` : "";
  parts.words(`${optimizer.label} turns the gradient g into a change of each parameter. Learning rate `
    + `η = ${factor === 1 ? rate : show(rate * factor, digits)}${schedule}${constants}${time}.`);
  parts.formulas(...optimizer.formula.split(", \\quad"));
  parts.parameters("old", layer, `${s.W(number)}, ${s.b(number)}`, `old weights and biases of layer ${number}`);
  parts.parameters("clipped", layer, "\\c{gradient}{g}", `what the optimiser gets for layer ${number}`);
  for (const { name, formula } of optimizer.terms.filter(({ is_whole: isWhole }) => isWhole)) {
    parts.parameters(name, layer, `\\c{memory}{${formula}}`, `${name}, layer ${number}`);
  }
  parts.parameters("update", layer, "\\c{update}{\\Delta w}", `what is added to layer ${number}`);
  parts.parameters("new", layer, `${s.W(number)}, ${s.b(number)}`, `new weights and biases of layer ${number}`);
  unitHeading(parts, page, `From old to new: the weight from ${layer ? "unit" : "input"} `
    + `${choice.meta.source} to unit ${choice.meta.unit}, and the unit's bias`);
  createUpdate(parts.main, step, choice, digits);
  updateCode(parts, step.meta);
}

/** The plain step goes straight into the parameters; every other one by written-down gradients. */
function updateCode(parts, { optimizer, l1, l2, clip_norm: clipNorm, is_held: isHeld }) {
  const hasPenalty = l1 > 0 || l2 > 0;
  const isPlain = optimizer.id === "sgd" && !hasPenalty && clipNorm === null && !isHeld;
  if (isPlain) {
    parts.code("descend", "update");
    parts.code("step", "descend");
    return;
  }
  parts.code(`update ${optimizer.id}`);
  parts.code("optimizer", "update");
  parts.code("by_gradients", ...(hasPenalty ? ["penalty"] : []), ...(isHeld ? ["held"] : []),
    ...(clipNorm === null ? [] : ["clip"]), "update");
  if (hasPenalty) parts.code("penalty", ...(l1 ? ["l1"] : []), ...(l2 ? ["l2"] : []));
  if (clipNorm !== null) parts.code("clip", "clip");
  parts.code("step", "gradients");
}
