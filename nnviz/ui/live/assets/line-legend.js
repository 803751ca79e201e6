// The legend of a line chart: what each line looks like, its value now, and whether it is shown.

import { create } from "./panels.js";

/**
 * An entry for a trace, or for several that show and hide together.
 * @param {Element} parent
 * @param {object[]} traces
 * @param {() => void} onToggle
 */
export function createLegendEntry(parent, traces, onToggle) {
  const [trace] = traces;
  const button = create("button", "nnviz-legend-entry");
  button.type = "button";
  const swatch = create("canvas", "nnviz-swatch");
  const value = create("span", "nnviz-legend-value");
  button.append(swatch, create("span", "nnviz-legend-name", trace.name), value);
  const mark = () => button.setAttribute("aria-pressed", String(trace.shown));
  button.addEventListener("click", () => {
    traces.forEach((each) => { each.shown = !each.shown; });
    mark();
    onToggle();
  });
  mark();
  parent.append(button);
  const paint = () => paintSwatch(swatch, trace);
  paint();
  return { button, traces, value, paint };
}

function paintSwatch(canvas, trace) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [24, 12];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.globalAlpha = Math.max(0.6, trace.opacity);
  context.strokeStyle = trace.color;
  context.lineWidth = Math.max(2, trace.width);
  context.setLineDash(trace.dash);
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width, height / 2);
  context.stroke();
}
