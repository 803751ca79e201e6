// The chain rule for one weight, factor by factor, and what the optimiser makes of its gradient.

import { create } from "../live/panels.js";
import { show } from "./digits.js";
import { formula } from "./math.js";
import { createSum } from "./sums.js";

/** Factors side by side with their product: `[{latex, about, value, color}, ...]`. */
export function createFactors(parent, name, factors, product, digits) {
  const list = create("dl", "inside-factors");
  list.dataset.factors = name;
  const add = ({ latex, about, value, color }, sign) => {
    const box = create("div");
    if (sign) box.dataset.sign = sign;
    const term = create("dt");
    term.append(formula(latex));
    const held = create("dd");
    held.append(create("strong", `q-${color}`, show(value, digits)), create("span", "", about));
    box.append(term, held);
    list.append(box);
  };
  factors.forEach((factor, index) => add(factor, index ? "·" : ""));
  add(product, "=");
  parent.append(list);
}

/** The gradient of one weight: its factors for the chosen sample, then the sum over the batch. */
export function createWeightChain(parent, step, choice, digits) {
  const { meta, arrays } = choice;
  const { layer, unit, source, sample } = meta;
  const number = layer + 1;
  const below = show(arrays.batch_a.data[sample], digits);
  const aName = `a^{(${layer})}_{i,${source}}`;
  const deltaName = `\\c{delta}{\\delta^{(${number})}_{i,${unit}}}`;
  const input = {
    latex: `\\frac{\\partial z^{(${number})}_{${unit}}}{\\partial w^{(${number})}_{${source},${unit}}}`,
    about: `= the activation below, ${below}`, value: arrays.batch_a.data[sample], color: "a",
  };
  const product = {
    latex: `\\frac{1}{n} \\frac{\\partial L_i}{\\partial w^{(${number})}_{${source},${unit}}}`,
    about: `this sample's share of the mean, n = ${step.meta.n}`,
    value: arrays.batch_a.data[sample] * meta.delta, color: "gradient",
  };
  createFactors(parent, "weight", [...deltaFactors(step, choice), input], product, digits);
  createSum(parent, {
    name: "weight",
    formula: `\\c{gradient}{\\frac{\\partial L}{\\partial w^{(${number})}_{${source},${unit}}}}`
      + ` = \\sum_{i=1}^{n} \\c{a}{${aName}} \\, ${deltaName}`,
    head: [`\\c{a}{${aName}}`, deltaName, "\\text{product}"],
    colors: ["a", "delta", "gradient"],
    each: "sample i",
    terms: Array.from(arrays.batch_a.data, (a, index) => (
      { name: index, factors: [a, arrays.batch_delta.data[index]] })),
    total: { name: "gradient", value: meta.weight.gradient },
  }, digits);
  parent.append(create("h4", "", `The gradient of the bias of unit ${unit}: what it is multiplied by is 1`));
  createSum(parent, {
    name: "bias",
    formula: `\\c{gradient}{\\frac{\\partial L}{\\partial b^{(${number})}_{${unit}}}}`
      + ` = \\sum_{i=1}^{n} 1 \\cdot ${deltaName}`,
    head: ["1", deltaName, "\\text{product}"],
    colors: ["a", "delta", "gradient"],
    each: "sample i",
    terms: Array.from(arrays.batch_delta.data, (value, index) => ({ name: index, factors: [1, value] })),
    total: { name: "gradient", value: meta.bias.gradient },
  }, digits);
}

/** dL/da and da/dz of a unit; where f' is a matrix, those of the one output that is in the loss. */
function deltaFactors(step, { meta: { layer, unit, upstream, derivative, mask, delta }, arrays }) {
  const number = layer + 1;
  const isSoftmax = derivative === null;
  const t = isSoftmax ? arrays.y.data.indexOf(1) : -1;
  const share = isSoftmax ? arrays.y_pred.data[t] : 0;
  if (share > 0) {
    return [{
      latex: "\\frac{\\partial L}{\\partial \\hat y_t}",
      about: `-1/(n ŷ) of the true class, t = ${t}`, value: -1 / (step.meta.n * share),
      color: "upstream",
    }, {
      latex: `\\frac{\\partial \\hat y_t}{\\partial z^{(${number})}_{${unit}}}`,
      about: unit === t ? "= ŷ (1 - ŷ)" : "= -ŷ of class t times ŷ of this one",
      value: share * ((unit === t ? 1 : 0) - arrays.y_pred.data[unit]), color: "slope",
    }];
  }
  if (isSoftmax) {
    return [{
      latex: `\\frac{\\partial L}{\\partial z^{(${number})}_{${unit}}}`,
      about: "ŷ - y, divided by n", value: delta, color: "delta",
    }];
  }
  const isOutput = layer === step.last;
  const slope = mask === null ? derivative : derivative * mask;
  return [{
    latex: `\\frac{\\partial L}{\\partial ${isOutput ? "\\hat y" : `a^{(${number})}`}_{${unit}}}`,
    about: isOutput ? "from the loss" : "from the layer above", value: upstream, color: "upstream",
  }, {
    latex: `\\frac{\\partial ${isOutput ? "\\hat y" : `a^{(${number})}`}_{${unit}}}`
      + `{\\partial z^{(${number})}_{${unit}}}`,
    about: mask === null ? "= f′(z)" : "= f′(z) times the dropout mask", value: slope,
    color: "slope",
  }];
}

/** How the old number becomes the new one: for a weight and for the unit's bias. */
export function createUpdate(parent, step, choice, digits) {
  const { meta } = step;
  const [weight, bias] = [choice.meta.weight, choice.meta.bias];
  const node = create("table", "inside-terms");
  node.dataset.update = "";
  const head = node.createTHead().insertRow();
  const number = choice.meta.layer + 1;
  [["", ""], ["", `w^{(${number})}_{${choice.meta.source},${choice.meta.unit}}`],
    ["", `b^{(${number})}_{${choice.meta.unit}}`]].forEach(([, latex]) => {
    const cell = create(latex ? "th" : "td");
    if (latex) {
      cell.scope = "col";
      cell.append(formula(latex));
    }
    head.append(cell);
  });
  const body = node.createTBody();
  const row = (name, value, color = "", className = "") => {
    const tr = body.insertRow();
    tr.className = className;
    const label = create("th");
    label.append(...[name].flat());
    label.scope = "row";
    tr.append(label);
    for (const held of [weight, bias]) {
      const cell = create("td", color && `q-${color}`, show(value(held), digits));
      tr.append(cell);
    }
    return tr;
  };
  row("old", (held) => held.old, "W");
  row(`gradient of the loss, mean over n = ${meta.n}`, (held) => held.gradient, "gradient");
  if (meta.l1 || meta.l2) {
    row(termLabel({ name: "what the penalties add, to weights alone", ...penalties(meta) }),
      (held) => held.penalized - held.gradient, "gradient");
  }
  if (meta.is_held) {
    row("what the optimiser gets: 0 where a unit is cut or a layer frozen", (held) => held.clipped,
      "gradient");
  }
  if (meta.clip_norm !== null) {
    const isLonger = meta.gradient_norm > meta.clip_norm;
    const length = show(meta.gradient_norm, digits);
    row(isLonger ? `after clipping: the whole gradient is ${length} long, so times ${meta.clip_norm} / ${length}`
      : `after clipping: the whole gradient is ${length} long, at most ${meta.clip_norm}, so it stays`,
    (held) => held.clipped, "gradient");
  }
  for (const term of meta.optimizer.terms) {
    row(termLabel(term), (held) => held[term.name], "memory").dataset.term = term.name;
  }
  row(meta.is_held ? "update: what is added, 0 where a unit is cut or a layer frozen"
    : "update: what is added", (held) => held.update, "update");
  row("new", (held) => held.new, "W", "inside-total").dataset.total = "";
  const scroller = create("div", "inside-scroll");
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", "From the old number to the new one");
  scroller.append(node);
  parent.append(scroller);
}

function penalties({ l1, l2 }) {
  const both = [
    [l1, "\\lambda_1 \\operatorname{sign}(w)", "λ₁"], [l2, "\\lambda_2 w", "λ₂"],
  ].filter(([strength]) => strength > 0);
  return {
    formula: both.map(([, latex]) => latex).join(" + "),
    numbers: both.map(([strength, , letter]) => `${letter} = ${strength}`).join(", "),
  };
}

/** A line of what the optimiser works out: its formula, its name, and the numbers in it. */
function termLabel({ name, formula: latex, numbers }) {
  return [formula(latex), create("span", "inside-term-name", numbers ? `${name} (${numbers})` : name)];
}
