// What training does to each layer: how its activations and its gradients are distributed, and
// how many of its units are dead or saturated.

import { linearTicks, niceStep } from "./axis.js";
import { isDeep, structureOf } from "./frame.js";
import { compact, integer, percent } from "./numbers.js";
import {
  create, createBackdrop, createButton, createPanel, createSurface, setText,
} from "./panels.js";
import { layerTitle } from "./quantities.js";

const HEIGHT = 108;
const TOP = 18;
const BOTTOM = 19;
const GAP = 28;
const FONT_PIXELS = 12;
const CUT_FACTOR = 3;
const TWO_COLUMNS = 700;
const COLUMN_GAP = 36;

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {(action: string, value: unknown) => void} act does something with the run
 */
export function createDistributions(parent, theme, act) {
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
      layers = frame.meta.layers.map((_, index) => createLayer(list, theme, index, frame.meta, act));
      panel.section.dataset.wide = isDeep(frame.meta);
    }
    const across = panel.width >= TWO_COLUMNS ? 2 : 1;
    const width = Math.floor((panel.width - (across - 1) * COLUMN_GAP) / across);
    list.style.gridTemplateColumns = `repeat(${across}, ${width}px)`;
    const samples = integer(frame.meta.distribution_samples);
    setText(note, `Activations over ${samples} training samples; gradients of the last step`);
    layers.forEach((layer) => layer.paint(frame, width));
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}

function createLayer(parent, theme, index, meta, act) {
  const element = create("div", "nnviz-distribution");
  element.append(create("h4", "", layerTitle(meta.layers[index], index)));
  const surface = createSurface(element);
  const backdrop = createBackdrop();
  surface.canvas.setAttribute("role", "img");
  const facts = create("p", "nnviz-readout");
  element.append(facts);
  const renew = createButton(element, "Give them new weights",
    "Drawn as the first weights were; biases 0", () => act("renew", { layer: index }));
  renew.hidden = true;
  parent.append(element);
  let tops = [0, 0];
  let latest = null;

  function paint(frame, width) {
    latest = frame;
    const layer = frame.meta.layers[index];
    const gradientCounts = frame.arrays[`gradients${index}`].data;
    const each = (width - GAP) / 2;
    const histograms = [
      describeHistogram(frame.arrays[`activations${index}`].data, tops[0], {
        edges: layer.activation_edges, left: 0, width: each, title: "activation",
        ticksOf: linearTicks,
      }),
      describeHistogram(gradientCounts, tops[1], {
        edges: layer.gradient_edges, left: each + GAP, width: each, title: "gradient |dW|",
        ticksOf: decadeTicks,
      }),
    ];
    tops = histograms.map(({ top }) => top);
    const ratio = surface.fit(width, HEIGHT);
    const key = histograms.map(({ edges, top, cut }) => `${edges} ${top} ${cut?.share}`).join("|");
    backdrop(surface, ratio, key, theme, (context) => {
      histograms.forEach((histogram) => paintScale(context, theme.colors, histogram));
    });
    histograms.forEach((histogram) => paintBars(surface.context, theme.colors, histogram));
    setText(facts, factsOf(layer, gradientCounts.some((count) => count > 0)));
    renew.hidden = layer.idle === 0;
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

/**
 * The histogram with the count at its top edge. Where one bin outgrows all others (the zeros of
 * ReLU), its bar is cut off and its share written beside it: else no other bar could be seen.
 */
function describeHistogram(counts, previousTop, parts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const highest = counts.indexOf(Math.max(...counts));
  const next = Math.max(0, ...counts.filter((_, bin) => bin !== highest));
  const isCut = next > 0 && counts[highest] > CUT_FACTOR * next;
  return {
    ...parts,
    counts,
    top: steadyTop(previousTop, isCut ? 1.2 * next : Math.max(1, counts[highest])),
    cut: isCut ? { bin: highest, share: percent(counts[highest] / total, 0) } : null,
  };
}

/** A round number at or above `highest` that stays while `highest` is at least half of it. */
function steadyTop(previous, highest) {
  if (highest <= previous && highest >= 0.5 * previous) return previous;
  const step = niceStep(highest, 4);
  return step * Math.ceil(highest / step);
}

function paintBars(context, colors, { counts, top, cut, left, width }) {
  const bottom = HEIGHT - BOTTOM;
  const height = bottom - TOP;
  const step = width / counts.length;
  const gap = step > 4 ? 1 : 0;
  context.fillStyle = colors.bars;
  context.beginPath();
  for (let bin = 0; bin < counts.length; bin += 1) {
    if (counts[bin] === 0) continue;
    // A bin with any sample shows at least one pixel.
    const bar = Math.min(height, Math.max(1, (height * counts[bin]) / top));
    context.rect(left + bin * step, bottom - bar, step - gap, bar);
  }
  context.fill();
  if (cut) {
    context.fillStyle = colors.background;
    context.fillRect(left + cut.bin * step - 1, TOP + 7, step + 2, 3);
  }
}

function paintScale(context, colors, histogram) {
  const { counts, edges: [low, high], top, cut, left, width, title, ticksOf } = histogram;
  const bottom = HEIGHT - BOTTOM;
  context.font = `${FONT_PIXELS}px ${colors.font}`;
  context.fillStyle = colors.line;
  context.fillRect(left, bottom, width, 1);
  context.fillStyle = colors.muted;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(title, left, 12);
  context.textAlign = "right";
  context.fillText(`0 to ${integer(top)}`, left + width, 12);
  if (cut) {
    const step = width / counts.length;
    const onLeft = cut.bin < counts.length / 2;
    context.textAlign = onLeft ? "left" : "right";
    context.fillText(cut.share, left + (cut.bin + (onLeft ? 1.5 : -0.5)) * step, TOP + 13);
  }
  context.textBaseline = "top";
  for (const { at, label } of ticksOf([low, high], Math.max(2, Math.floor(width / 50)))) {
    const x = left + (width * (at - low)) / (high - low);
    context.fillRect(x, bottom, 1, 4);
    const half = context.measureText(label).width / 2;
    context.textAlign = "center";
    context.fillText(label, Math.min(Math.max(x, left + half), left + width - half), bottom + 6);
  }
}

const SUPERSCRIPTS = { "-": "⁻", ...["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"] };

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
