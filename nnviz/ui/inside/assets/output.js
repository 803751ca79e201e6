// What happens at the output: the loss of a sample and of the batch, and where delta begins.

import { create } from "../live/panels.js";
import { show } from "./digits.js";
import { formula } from "./math.js";
import { symbols as s } from "./step.js";

const MOST_ROWS = 12;

/** A table of numbers by output: `columns` of [LaTeX, colour, value(j)]. */
export function createRows(parent, { name, about, each, names, columns, marked, foot = [] }, digits) {
  const scroller = create("div", "inside-scroll");
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", about);
  const table = create("table", "inside-terms");
  table.dataset.rows = name;
  const head = table.createTHead().insertRow();
  const title = (content) => {
    const cell = create("th");
    cell.scope = "col";
    cell.append(content);
    head.append(cell);
  };
  title(each);
  columns.forEach(([latex]) => title(formula(latex)));
  const body = table.createTBody();
  const line = (label, cells, className) => {
    const row = body.insertRow();
    row.className = className;
    const heading = create("th", "", String(label));
    heading.scope = "row";
    row.append(heading);
    cells.forEach(([value, color]) => row.append(
      create("td", color ? `q-${color}` : "", value === null ? "" : show(value, digits))));
  };
  names.forEach((label, j) => line(
    label, columns.map(([, color, value]) => [value(j), color]), j === marked ? "inside-picked-row" : ""));
  foot.forEach(([label, value, place = columns.length - 1]) => line(
    label, columns.map((_, index) => [index === place ? value : null]), "inside-total"));
  scroller.append(table);
  parent.append(scroller);
}

export function outputNames(step, count) {
  const { classes } = step.meta;
  const hasNames = count === classes.length;
  return Array.from({ length: count }, (_, j) => (
    hasNames && classes[j] !== String(j) ? `${j}: ${classes[j]}` : String(j)));
}

/** The loss of the chosen sample, output by output, and the mean over the batch. */
export function createLosses(parent, { step, choice, digits }) {
  const { meta, arrays } = choice;
  const k = arrays.y.data.length;
  const { averages_outputs: averages } = step.meta.loss;
  const total = arrays.output_loss.data.reduce((sum, value) => sum + value, 0);
  parent.append(create("h4", "", `The loss of sample ${meta.sample}`));
  createRows(parent, {
    name: "loss", about: "Loss output by output", each: "output j", names: outputNames(step, k),
    columns: [
      ["\\c{a}{\\hat y_j}", "a", (j) => arrays.y_pred.data[j]],
      ["\\c{y}{y_j}", "y", (j) => arrays.y.data[j]],
      [step.meta.loss.term, "", (j) => arrays.output_loss.data[j]],
    ],
    foot: [
      ["sum over outputs", total],
      ...(averages ? [[`divided by k = ${k} ${k === 1 ? "output" : "outputs"}: loss of the sample`, meta.sample_loss]]
        : [["loss of the sample", meta.sample_loss]]),
    ],
  }, digits);
  parent.append(create("h4", "", "The loss of the mini-batch: the mean over its samples"));
  const { n, batch_loss: loss, penalty } = step.meta;
  const first = step.losses.slice(0, MOST_ROWS);
  const others = loss * n - first.reduce((sum, value) => sum + value, 0);
  const listed = first.map((value) => show(value, digits)).join(" + ");
  const rest = n > MOST_ROWS ? ` + [${n - MOST_ROWS} more: ${show(others, digits)}]` : "";
  const text = create("p", "inside-line-sum");
  text.dataset.batchLoss = "";
  text.append(formula("L = \\frac{1}{n} \\sum_{i=1}^{n} L_i"), ` = (${listed}${rest}) / ${n} = `,
    create("span", "q-z", show(loss * n, digits)), ` / ${n} = `, create("strong", "q-z", show(loss, digits)));
  parent.append(text);
  if (penalty) {
    parent.append(create("p", "inside-line-sum", `Penalties on the weights add ${show(penalty, digits)}: `
      + `${show(loss + penalty, digits)} is what the step makes smaller.`));
  }
}

/** Delta of the output layer, and how it comes about. */
export function createOutputDelta(parts, page) {
  const { step } = page;
  const { layers, loss } = step.meta;
  const number = step.last + 1;
  const isSoftmax = layers[step.last].activation === "softmax";
  parts.words("Delta is how the loss changes with each z. It begins at the output.");
  parts.formulas(loss.is_canonical
    ? `${s.delta(number)} = \\frac{1}{n} \\left( \\c{a}{\\hat y} - \\c{y}{y} \\right)`
    : `${s.delta(number)} = \\c{upstream}{\\frac{\\partial L}{\\partial \\hat y}} \\odot ${s.slope(number)}`
      + `, \\quad ${layers[step.last].derivative_formula}`,
  ...(isSoftmax ? [] : [`\\c{upstream}{\\frac{\\partial L}{\\partial \\hat y_j}} = ${loss.slope}`]));
  parts.words(`Here n = ${step.meta.n} ${step.meta.n === 1 ? "sample" : "samples"}${
    loss.averages_outputs ? `, k = ${layers[step.last].fan_out} ${
      layers[step.last].fan_out === 1 ? "output" : "outputs"}` : ""}.`);
  parts.signals("a", step.last, `\\c{a}{\\hat y} = ${s.a(number)}`, "output");
  parts.signals("y", step.last + 1, s.y(), "targets");
  if (!loss.is_canonical) {
    parts.signals("upstream", step.last, "\\c{upstream}{\\frac{\\partial L}{\\partial \\hat y}}", "slope of the loss");
    parts.signals("derivative", step.last, s.slope(number), "slope of f at z");
  }
  parts.signals("delta", step.last, s.delta(number), `delta of layer ${number}`);
  parts.heading(`Where it comes from, row by row, for sample ${page.sample}`);
  if (isSoftmax) softmaxRows(parts, page);
  else elementRows(parts, page);
}

/** Softmax with cross-entropy: only the true class's output is in the loss, all z are in it. */
function softmaxRows(parts, { step, choice, digits }) {
  const y = Array.from(choice.arrays.y.data);
  const out = choice.arrays.y_pred.data;
  const t = y.indexOf(1);
  const pull = -1 / out[t];
  const jacobian = (j) => out[t] * ((j === t ? 1 : 0) - out[j]);
  if (out[t] === 0) {
    parts.words(`Here ŷ of the true class, ${t}, is so small that it has become 0, and no factor can be `
      + "had from it; ŷ - y, which the code takes, is still right.");
  }
  parts.words(`The loss of the sample is -ln ŷ of its true class, t = ${t}: only that output is in it. `
    + "But softmax puts every z into it, so the chain rule has a row for each:");
  parts.formulas(
    `\\frac{\\partial L_i}{\\partial z_j} = \\c{upstream}{\\frac{\\partial L_i}{\\partial \\hat y_t}} \\cdot `
      + `\\c{slope}{\\frac{\\partial \\hat y_t}{\\partial z_j}} = \\c{upstream}{-\\frac{1}{\\hat y_t}} \\cdot `
      + "\\c{slope}{\\hat y_t \\left( 1_{j=t} - \\hat y_j \\right)} = \\c{a}{\\hat y_j} - \\c{y}{y_j}",
  );
  createRows(parts.main, {
    name: "softmax", about: "Softmax with cross-entropy, row by row", each: "class j",
    names: outputNames(step, y.length), marked: t,
    columns: [
      ["\\c{a}{\\hat y_j}", "a", (j) => out[j]],
      ["\\c{y}{y_j}", "y", (j) => y[j]],
      ["\\c{upstream}{\\frac{\\partial L_i}{\\partial \\hat y_t}}", "upstream", () => pull],
      ["\\c{slope}{\\frac{\\partial \\hat y_t}{\\partial z_j}}", "slope", jacobian],
      ["\\text{product}", "", (j) => pull * jacobian(j)],
      ["\\c{a}{\\hat y_j} - \\c{y}{y_j}", "delta", (j) => out[j] - y[j]],
      ["\\c{delta}{\\delta_j} = \\frac{1}{n} (\\c{a}{\\hat y_j} - \\c{y}{y_j})", "delta", (j) => (out[j] - y[j]) / step.meta.n],
    ],
  }, digits);
  parts.words("With the activations below, each row of the weights' gradient is ŷ times them; the "
    + "true class's row has them taken away once more.");
}

/** Each output for itself: slope of the loss times slope of f. */
function elementRows(parts, { step, choice, digits }) {
  const { arrays } = choice;
  const at = (name, j) => {
    const place = step.meta.layers[step.last].columns.indexOf(j);
    return place < 0 ? NaN : step.of(`${name}/${step.last}`, choice.meta.sample, place);
  };
  const names = outputNames(step, step.meta.layers[step.last].columns.length);
  const { is_canonical: isCanonical } = step.meta.loss;
  if (isCanonical) {
    parts.words("The slope of the loss has the slope of the sigmoid as its denominator: they cancel, "
      + "and ŷ - y is left, divided by n.");
  }
  createRows(parts.main, {
    name: "elements", about: "Delta output by output", each: "output j", names,
    columns: [
      ["\\c{a}{\\hat y_j}", "a", (j) => arrays.y_pred.data[j]],
      ["\\c{y}{y_j}", "y", (j) => arrays.y.data[j]],
      ["\\c{upstream}{\\frac{\\partial L}{\\partial \\hat y_j}}", "upstream", (j) => at("upstream", j)],
      ["\\c{slope}{f'(z_j)}", "slope", (j) => at("derivative", j)],
      ["\\c{delta}{\\delta_j}", "delta", (j) => at("delta", j)],
      ...(isCanonical ? [["\\frac{1}{n} \\left( \\hat y_j - y_j \\right)", "delta",
        (j) => (arrays.y_pred.data[j] - arrays.y.data[j]) / step.meta.n]] : []),
    ],
  }, digits);
}
