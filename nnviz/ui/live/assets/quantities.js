// What the heatmaps can show of a layer, and how a single number of it is written.

import { compact } from "./numbers.js";

export const QUANTITIES = {
  weights: { label: "Weights", weight: "w", bias: "b" },
  update: { label: "Last update", weight: "Δw", bias: "Δb" },
  gradient: { label: "Gradient", weight: "∂L/∂w", bias: "∂L/∂b" },
  change: { label: "Change since the start", weight: "w − w₀: w", bias: "b − b₀: b" },
  difference: { label: "Difference", weight: "w − w′: w", bias: "b − b′: b" },
};

/** "w[12 → 3] = -0.1234" */
export function weightText(quantity, input, unit, value) {
  return `${QUANTITIES[quantity].weight}[${input} → ${unit}] = ${compact(value)}`;
}

/** "b[3] = 0.0123" */
export function biasText(quantity, unit, value) {
  return `${QUANTITIES[quantity].bias}[${unit}] = ${compact(value)}`;
}

/** "Layer 1: 64 → 32, ReLU" */
export function layerTitle(layer, index) {
  return `Layer ${index + 1}: ${layer.fan_in} → ${layer.fan_out}, ${layer.label}`;
}
