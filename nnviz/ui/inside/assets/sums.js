// A sum term by term: the products that make it, the largest first where there are many, the rest
// in one line, so that it always closes.

import { create } from "../live/panels.js";
import { show } from "./digits.js";
import { formula } from "./math.js";

const MOST_TERMS = 12;
const LISTED_OF_MANY = 8;

/** The terms to list, and the others' number and sum. */
function shorten(terms) {
  if (terms.length <= MOST_TERMS) return { listed: terms, others: 0, rest: 0 };
  const order = terms.toSorted((p, q) => Math.abs(q.product) - Math.abs(p.product));
  const others = order.slice(LISTED_OF_MANY);
  return {
    listed: order.slice(0, LISTED_OF_MANY),
    others: others.length,
    rest: others.reduce((total, term) => total + term.product, 0),
  };
}

/**
 * @param {Element} parent
 * @param {object} sum
 * @param {string} sum.name id for tests
 * @param {string} sum.formula LaTeX of the whole
 * @param {string[]} sum.head LaTeX of the two factors and the product
 * @param {string[]} sum.colors quantities of the two factors and the total
 * @param {string} sum.each what a term belongs to: "input"
 * @param {Array<{name: string|number, factors: number[]}>} sum.terms
 * @param {{name: string, value: number, color: string}} [sum.bias]
 * @param {{name: string, value: number}} sum.total as the run has it
 * @param {number} digits
 */
export function createSum(parent, sum, digits) {
  const box = create("div", "inside-sum");
  box.dataset.sum = sum.name;
  const terms = sum.terms.map((term) => ({ ...term, product: term.factors[0] * term.factors[1] }));
  const { listed, others, rest } = shorten(terms);
  const head = create("div", "inside-formula");
  head.setAttribute("role", "group");
  head.setAttribute("aria-label", "Formula");
  head.append(formula(sum.formula));
  box.append(head, line(sum, listed, others, rest, digits), table(sum, listed, others, rest, digits));
  const exact = terms.reduce((total, term) => total + term.product, sum.bias?.value ?? 0);
  box.append(create("p", "inside-note", rounding(exact, sum.total.value, digits)));
  parent.append(box);
}

function line(sum, listed, others, rest, digits) {
  const text = create("p", "inside-line-sum");
  const number = (value, color) => create("span", `q-${color}`, show(value, digits));
  const signed = (value, color) =>
    (value < 0 ? ["(", number(value, color), ")"] : [number(value, color)]);
  const parts = listed.map(({ factors }) => [
    ...signed(factors[0], sum.colors[0]), "·", ...signed(factors[1], sum.colors[1]),
  ]);
  if (others) parts.push([`[${others} more: ${show(rest, digits)}]`]);
  if (sum.bias) parts.push(signed(sum.bias.value, sum.bias.color));
  parts.forEach((part, index) => text.append(...(index ? [" + "] : []), ...part));
  text.append(" = ", number(sum.total.value, sum.colors[2]));
  return text;
}

function table(sum, listed, others, rest, digits) {
  const scroller = create("div", "inside-scroll");
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", `Terms of ${sum.total.name}`);
  const node = create("table", "inside-terms");
  const head = node.createTHead().insertRow();
  const title = (content) => {
    const cell = create("th");
    cell.scope = "col";
    cell.append(content);
    head.append(cell);
  };
  title(sum.each);
  sum.head.forEach((latex) => title(formula(latex)));
  const body = node.createTBody();
  const row = (name, numbers, className = "") => {
    const tr = body.insertRow();
    tr.className = className;
    const label = create("th", "", String(name));
    label.scope = "row";
    tr.append(label);
    numbers.forEach(([value, color]) => {
      const cell = create("td", color ? `q-${color}` : "");
      if (value !== null) cell.textContent = show(value, digits);
      tr.append(cell);
    });
    return tr;
  };
  for (const { name, factors, product } of listed) {
    row(name, [[factors[0], sum.colors[0]], [factors[1], sum.colors[1]], [product]]).dataset.term = "";
  }
  if (others) {
    row(`${others} smaller ones`, [[null], [null], [rest]], "inside-rest").dataset.term = "";
  }
  if (sum.bias) {
    const { name, value, color } = sum.bias;
    row(name, [[null], [null], [value, color]]).dataset.term = "";
  }
  row(sum.total.name, [[null], [null], [sum.total.value, sum.colors[2]]], "inside-total")
    .dataset.total = "";
  scroller.append(node);
  return scroller;
}

/** What is to be said where the terms, added without rounding, are not the run's own number. */
function rounding(exact, held, digits) {
  if (held === null || !Number.isFinite(exact)) return "Some of these numbers are no longer finite.";
  const difference = Math.abs(exact - held);
  const shown = digits === 0 ? "" : `Shown with ${digits} digits, added with all. `;
  if (difference === 0) return `${shown}The sum closes exactly.`;
  return `${shown}The run adds in float32, which rounds each step: its sum is `
    + `${show(difference, 2)} away from the exact one.`;
}
