// The network as circles and lines: units filled by their bias, edges coloured and as wide as
// their weight is large, drawn from the same frame as everything else. Or, for one input, units
// filled by their activation, edges by what they pass on: weight times activation.

import { edgeAt, layOut, neighbour, unitAt } from "./diagram-geometry.js";
import { isDeep, structureOf } from "./frame.js";
import { compact } from "./numbers.js";
import {
  create, createAnnouncer, createBackdrop, createChartFrame, createColorBar, createPanel,
  createSurface, setText,
} from "./panels.js";
import { biasText, weightText } from "./quantities.js";
import { attachSelection } from "./selecting.js";
import { createUnitTools, isCut } from "./surgery.js";
import { divergingIndex } from "./theme.js";

const HEIGHT = 330;
// Edges are painted by level of weight, this many for each sign. Up to the middle level they are
// one device pixel wide and only their colour tells: such lines cost a tenth of wider ones.
const LEVELS = 8;
const WIDEST = 3;

const LEGENDS = {
  weights: "Edges: weights, circles: biases",
  signals: "Circles: activations for this input. Edges: weight times activation, what they pass on",
};

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {(action: string, value: unknown) => void} [act] does something with the run
 */
export function createDiagram(parent, theme, act = null) {
  let structure = "";
  let frame = null;
  let layout = null;
  let selected = null; // {layer, unit} or {layer, from, to}: layer of the edge's target
  let isHeld = false;
  let reading = null; // {activations, scales}, by layer, for one input

  const panel = createPanel(parent, {
    name: "diagram", title: "Network", theme, paint, describe,
    invalidate() {
      layout = null;
      bar.tint();
    },
  });
  const drawn = create("p", "nnviz-note");
  panel.body.append(drawn);
  const chart = createChartFrame(panel.body, "network diagram");
  const surface = createSurface(chart);
  const backdrop = createBackdrop();
  const readout = create("p", "nnviz-readout", "\u00a0");
  const legend = create("p", "nnviz-note", LEGENDS.weights);
  panel.body.append(legend);
  const bar = createColorBar(panel.body, theme, "Colours");
  const scaleNote = create("p", "nnviz-note");
  panel.body.append(scaleNote, readout);
  const tools = act && createUnitTools(panel.body, act);
  const announce = createAnnouncer(panel.body);

  const units = () => frame.meta.diagram.units;
  const weightsInto = (layer) => frame.arrays[`D${layer - 1}`].data;
  const biasesOf = (layer) => frame.arrays[`e${layer - 1}`].data;
  const activationOf = (layer, unit) => reading.activations[layer][unit];
  const isReading = () => reading?.activations.every((a, k) => a.length === units()[k]?.length);
  const isOutput = (layer) => layer === units().length - 1;

  function paint(newFrame) {
    frame = newFrame;
    const now = structureOf(frame.meta);
    if (now !== structure) {
      structure = now;
      layout = null;
      selection.clear();
      setText(drawn, selectionText(frame.meta));
      panel.section.dataset.wide = isDeep(frame.meta);
    }
    const { context } = surface;
    const ratio = surface.fit(panel.width, HEIGHT);
    layout ??= layOut(units(), panel.width, HEIGHT, frame.meta.output_names);
    backdrop(surface, ratio, `${structure} ${frame.meta.surgery.frozen}`, theme, paintNames);
    for (let layer = 1; layer < units().length; layer += 1) paintEdges(context, layer, ratio);
    paintSelectedEdges(context);
    units().forEach((_, layer) => paintUnits(context, layer));
    bar.set("negative", "positive");
    setText(legend, isReading() ? LEGENDS.signals : LEGENDS.weights);
    setText(scaleNote, `Full colour: ${(isReading() ? signalScales : weightScales)().join("; ")}`);
    setText(readout, selected ? textOf(selected) : "\u00a0");
    tools?.show(frame.meta, toolsFor(selected));
  }

  /** The unit, counted within the network, that the tools are for: one that is held. */
  function toolsFor(item) {
    if (!isHeld || item?.unit === undefined || item.layer === 0) return null;
    const layer = item.layer - 1;
    const activation = frame.arrays[`m${layer}`].data[item.unit];
    return { layer, unit: units()[item.layer][item.unit], activation };
  }

  function weightScales() {
    const { scale, bias_scale: biasScale } = frame.meta.diagram;
    return scale.map(
      (bound, k) => `layer ${k + 1}: w ±${compact(bound, 3)}, b ±${compact(biasScale[k], 3)}`,
    );
  }

  function signalScales() {
    return reading.scales.map((bound, k) => {
      const name = layerName(k, isOutput(k)).toLowerCase();
      return `${name}: ±${compact(bound, 3)}`;
    });
  }

  /** The weights into a layer, or what they pass on of this input, as shares of full colour. */
  function sharesInto(layer) {
    const scale = frame.meta.diagram.scale[layer - 1];
    const weights = weightsInto(layer);
    if (!isReading()) return weights.map((weight) => weight / scale);
    const targets = units()[layer].length;
    const passed = reading.activations[layer - 1].map((a) => a / reading.scales[layer - 1]);
    return weights.map((weight, k) => (weight / scale) * passed[Math.floor(k / targets)]);
  }

  function paintEdges(context, layer, ratio) {
    const { css, half } = theme.colors.diverging;
    const sources = layout.points[layer - 1];
    const targets = layout.points[layer];
    const edges = edgesByLevel(sharesInto(layer));
    // Weak edges first, so that strong ones lie on top.
    for (let size = 1; size <= LEVELS; size += 1) {
      context.lineWidth = edgeWidth(size, ratio);
      for (const level of [-size, size]) {
        context.strokeStyle = css[half + Math.round((half * level) / LEVELS)];
        for (const edge of edges[level + LEVELS]) {
          const [x0, y0] = sources[Math.floor(edge / targets.length)];
          const [x1, y1] = targets[edge % targets.length];
          context.beginPath();
          context.moveTo(x0, y0);
          context.lineTo(x1, y1);
          context.stroke();
        }
      }
    }
  }

  function paintSelectedEdges(context) {
    if (!selected || selected.unit !== undefined) return;
    const { layer, from, to } = selected;
    const [x0, y0] = layout.points[layer - 1][from];
    const [x1, y1] = layout.points[layer][to];
    context.strokeStyle = theme.colors.text;
    context.lineWidth = WIDEST + 1;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }

  function paintUnits(context, layer) {
    const { css, half } = theme.colors.diverging;
    const [values, scale] = fillsOf(layer);
    context.strokeStyle = theme.colors.muted;
    layout.points[layer].forEach(([x, y], unit) => {
      context.beginPath();
      context.arc(x, y, layer === 0 ? layout.radius * 0.6 : layout.radius, 0, 2 * Math.PI);
      context.fillStyle = values
        ? css[divergingIndex(values[unit], scale, half)]
        : theme.colors.background;
      context.fill();
      const chosen = selected?.layer === layer && selected.unit === unit;
      context.lineWidth = chosen ? 3.5 : 1.25;
      context.strokeStyle = chosen ? theme.colors.text : theme.colors.muted;
      context.stroke();
      if (layer > 0 && isCut(frame.meta, layer - 1, units()[layer][unit])) paintCross(context, x, y);
    });
  }

  /** A unit that is off is crossed out. */
  function paintCross(context, x, y) {
    const reach = layout.radius + 2;
    context.strokeStyle = theme.colors.text;
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(x - reach, y - reach);
    context.lineTo(x + reach, y + reach);
    context.moveTo(x + reach, y - reach);
    context.lineTo(x - reach, y + reach);
    context.stroke();
  }

  /** What fills the circles of a layer, and its full colour. */
  function fillsOf(layer) {
    if (isReading()) return [reading.activations[layer], reading.scales[layer]];
    return layer > 0 ? [biasesOf(layer), frame.meta.diagram.bias_scale[layer - 1]] : [null, 1];
  }

  function paintNames(context) {
    const { meta } = frame;
    context.font = `13px ${theme.colors.font}`;
    context.fillStyle = theme.colors.muted;
    context.textBaseline = "alphabetic";
    layout.points.forEach((points, layer) => {
      const last = layer === layout.points.length - 1;
      context.textAlign = layer === 0 ? "left" : last ? "right" : "center";
      const x = layer === 0 ? 0 : last ? panel.width : points[0][0];
      const frozen = meta.surgery.frozen.includes(layer - 1) ? " (frozen)" : "";
      const text = `${layerName(layer, last)}${frozen}`;
      if (layer === 0 || last || layout.roomy) context.fillText(text, x, 13);
    });
    const last = layout.points.length - 1;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = theme.colors.text;
    layout.points[last].forEach(([x, y], k) => {
      context.fillText(meta.output_names[units()[last][k]] ?? "", x + layout.radius + 6, y);
    });
  }

  // ---- reading values -------------------------------------------------------------------------

  function textOf(item) {
    const { layer } = item;
    if (item.unit !== undefined) {
      const unit = units()[layer][item.unit];
      const activation = isReading()
        ? [`a[${unit}] = ${compact(activationOf(layer, item.unit))}`] : [];
      if (layer === 0) return [`Input ${unit}`, ...activation].join(": ");
      const bias = biasText("weights", unit, biasesOf(layer)[item.unit]);
      return `${unitTitle(layer, unit)}: ${[...activation, bias].join(", ")}`;
    }
    const from = units()[layer - 1][item.from];
    const to = units()[layer][item.to];
    const value = weightsInto(layer)[item.from * units()[layer].length + item.to];
    return `${unitTitle(layer, to)}: ${weightText("weights", from, to, value)}`;
  }

  function unitTitle(layer, unit) {
    return isOutput(layer) ? `Output ${frame.meta.output_names[unit] ?? unit}` : `Layer ${layer}`;
  }

  function describe() {
    chart.setAttribute(
      "aria-label",
      `Network of ${frame.meta.layer_sizes.join(", ")} units. ${drawn.textContent}. ` +
        "Arrow keys move between units and read biases, " +
        "with Shift held up and down read the weights into a unit. What can be done with a unit " +
        "follows the diagram.",
    );
  }

  function itemAt(x, y) {
    return unitAt(layout.points, layout.radius, x, y) ?? edgeAt(layout.points, x, y);
  }

  const selection = attachSelection(chart, surface.canvas, {
    isReady: () => layout !== null,
    itemAt,
    next: (arrow, item, alongEdges) => neighbour(layout.points, arrow, item, alongEdges),
    select(item, hold) {
      selected = item;
      isHeld = hold;
      panel.repaint();
    },
    say: (item) => announce(textOf(item)),
  });

  return {
    draw: panel.draw,
    settle: panel.settle,
    destroy: panel.destroy,
    /** Show the activations for one input, or weights and biases where there is none (null). */
    read(newReading) {
      reading = newReading;
      panel.repaint();
    },
  };
}

function layerName(layer, last) {
  if (layer === 0) return "Inputs";
  return last ? "Outputs" : `Layer ${layer}`;
}

/** The edges (flat indices) of each level of colour; those too weak to be seen are at LEVELS. */
function edgesByLevel(shares) {
  const edges = Array.from({ length: 2 * LEVELS + 1 }, () => []);
  for (let k = 0; k < shares.length; k += 1) {
    const share = Math.max(-1, Math.min(1, shares[k])) || 0;
    edges[Math.round(share * LEVELS) + LEVELS].push(k);
  }
  return edges;
}

function edgeWidth(size, ratio) {
  const thin = 1 / ratio;
  return thin + (WIDEST - thin) * Math.max(0, size / LEVELS - 0.5) * 2;
}

/** "16 of 64 inputs, 16 of 32 units of layer 1 drawn", or that all of them are. */
function selectionText({ layer_sizes: sizes, diagram }) {
  const parts = [];
  sizes.forEach((size, layer) => {
    const drawn = diagram.units[layer].length;
    if (drawn === size) return;
    const what = layer === 0 ? "inputs" : sizes.length > 3 ? `units of layer ${layer}` : "units";
    parts.push(`${drawn} of ${size} ${what}`);
  });
  return parts.length ? `${parts.join(", ")} drawn` : "all units drawn";
}
