// What training does to each layer: how its activations and its gradients are distributed, and
// how many of its units are dead or saturated.

import { linearTicks, niceStep } from "./axis.js";
import { structureOf } from "./frame.js";
import { compact, integer } from "./numbers.js";
import { create, createPanel, createSurface, setText } from "./panels.js";
import { layerTitle } from "./quantities.js";

const HEIGHT = 96;
const TOP = 18;
const BOTTOM = 19;
const GAP = 28;
const FONT_PIXELS = 12;

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 */
export function createDistributions(parent, theme) {
  let structure = "";
  let layers = [];
  const panel = createPanel(parent, {
    name: "distributions", title: "Activations and gradients", theme, paint,
    describe: () => layers.forEach((layer) => layer.describe()),
  });
  const note = create("p", "nnviz-note");
  const list = create("div", "nnviz-distributions");
  panel.body.append(note, list);

  function paint(frame) {
    const now = structureOf(frame.meta);
    if (now !== structure) {
      structure = now;
      layers.forEach((layer) => layer.element.remove());
      layers = frame.meta.layers.map((_, index) => createLayer(list, theme, index, frame.meta));
    }
    const samples = integer(frame.meta.distribution_samples);
    setText(note, `Activations over ${samples} training samples; gradients of the last step`);
    layers.forEach((layer) => layer.paint(frame, panel.width));
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}

function createLayer(parent, theme, index, meta) {
  const element = create("div", "nnviz-distribution");
  element.append(create("h4", "", layerTitle(meta.layers[index], index)));
  const surface = createSurface(element);
  surface.canvas.setAttribute("role", "img");
  const facts = create("p", "nnviz-readout");
  element.append(facts);
  parent.append(element);
  const tops = { activations: 0, gradients: 0 };
  let latest = null;

  function paint(frame, width) {
    latest = frame;
    const layer = frame.meta.layers[index];
    const activations = frame.arrays[`activations${index}`].data;
    const gradients = frame.arrays[`gradients${index}`].data;
    const { context } = surface;
    const ratio = surface.fit(width, HEIGHT);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, HEIGHT);
    context.font = `${FONT_PIXELS}px ${theme.colors.font}`;
    const each = (width - GAP) / 2;
    tops.activations = steadyTop(tops.activations, activations);
    tops.gradients = steadyTop(tops.gradients, gradients);
    paintHistogram(context, theme.colors, {
      counts: activations, edges: layer.activation_edges, top: tops.activations,
      left: 0, width: each, title: "activation",
      ticks: linearTicks(layer.activation_edges, 4),
    });
    paintHistogram(context, theme.colors, {
      counts: gradients, edges: layer.gradient_edges, top: tops.gradients,
      left: each + GAP, width: each, title: "gradient |dW|",
      ticks: decadeTicks(layer.gradient_edges, 4),
    });
    setText(facts, factsOf(layer, hasAny(gradients)));
  }

  return {
    element,
    paint,
    describe() {
      const layer = latest.meta.layers[index];
      const [low, high] = layer.activation_edges;
      surface.canvas.setAttribute(
        "aria-label",
        `Histograms of layer ${index + 1}: activations from ${compact(low, 3)} to ` +
          `${compact(high, 3)} and gradient sizes. ${facts.textContent}`,
      );
    },
  };
}

const hasAny = (counts) => counts.some((count) => count > 0);

/** A round number above the highest bar that stays while the bars fill at least half of it. */
function steadyTop(previous, counts) {
  const highest = Math.max(1, ...counts);
  if (highest <= previous && highest >= 0.5 * previous) return previous;
  const step = niceStep(highest, 4);
  return step * Math.ceil(highest / step);
}

function paintHistogram(context, colors, histogram) {
  const { counts, edges: [low, high], top, left, width, title, ticks } = histogram;
  const bottom = HEIGHT - BOTTOM;
  const height = bottom - TOP;
  const step = width / counts.length;
  const gap = step > 4 ? 1 : 0;
  context.fillStyle = colors.bars;
  context.beginPath();
  for (let bin = 0; bin < counts.length; bin += 1) {
    if (counts[bin] === 0) continue;
    // A bin with any sample shows at least one pixel.
    const bar = Math.max(1, (height * counts[bin]) / top);
    context.rect(left + bin * step, bottom - bar, step - gap, bar);
  }
  context.fill();
  context.fillStyle = colors.line;
  context.fillRect(left, bottom, width, 1);

  context.fillStyle = colors.muted;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(title, left, 12);
  context.textAlign = "right";
  context.fillText(`top ${integer(top)}`, left + width, 12);
  context.textBaseline = "top";
  for (const { at, label } of ticks) {
    const x = left + (width * (at - low)) / (high - low);
    context.fillRect(x, bottom, 1, 4);
    const half = context.measureText(label).width / 2;
    context.textAlign = "center";
    context.fillText(label, Math.min(Math.max(x, left + half), left + width - half), bottom + 6);
  }
}

const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

/** Ticks at whole powers of ten of an axis in log10; -3 is written 10⁻³. */
function decadeTicks([low, high], count) {
  const every = Math.max(1, Math.ceil((high - low) / count));
  const ticks = [];
  for (let at = every * Math.ceil(low / every); at <= high; at += every) {
    const digits = [...String(at)].map((digit) => SUPERSCRIPTS[digit]);
    ticks.push({ at, label: `10${digits.join("")}` });
  }
  return ticks;
}

// Which failing of its units an activation is known for: that count is stated even when it is 0.
const KNOWN_FAILINGS = { relu: "dead", sigmoid: "saturated", tanh: "saturated" };

function factsOf(layer, hasGradients) {
  const parts = ["dead", "saturated"]
    .filter((failing) => layer[failing] > 0 || KNOWN_FAILINGS[layer.activation] === failing)
    .map((failing) => `${layer[failing]} of ${layer.fan_out} units ${failing}`);
  if (hasGradients || layer.zero_gradients > 0) {
    const all = integer(layer.fan_in * layer.fan_out);
    parts.push(`${integer(layer.zero_gradients)} of ${all} gradients are 0`);
  } else {
    parts.push("no gradient yet");
  }
  return parts.join("; ");
}
