// Cutting the network: tools that appear beside what is selected, and a line that says what was
// cut and takes it back.

import { compact } from "./numbers.js";
import { create, createButton, setText } from "./panels.js";

/** Whether a unit, layer and unit from 0, is off. */
export function isCut({ surgery }, layer, unit) {
  return surgery.cut.some(([cutLayer, cutUnit]) => cutLayer === layer && cutUnit === unit);
}

/** What is off, frozen, or was changed last, with the way back; hidden where nothing is. */
export function createSurgeryBar(root, act) {
  const bar = create("div", "nnviz-surgery");
  bar.dataset.nnviz = "surgery";
  bar.hidden = true;
  const text = create("span");
  bar.append(text);
  const undo = createButton(bar, "Undo", "Take the last change of the network back", () => act("undo"));
  root.append(bar);
  return {
    update({ surgery }) {
      const { cut, frozen, undo: last } = surgery;
      bar.hidden = last === null && !cut.length && !frozen.length;
      const parts = [
        ...cut.map(([layer, unit]) => `unit ${unit} of layer ${layer + 1} is off`),
        ...frozen.map((layer) => `layer ${layer + 1} is frozen`),
      ];
      setText(text, parts.length ? `Changed by hand: ${parts.join(", ")}.` : "Changed by hand.");
      undo.hidden = last === null;
      setText(undo, `Undo: ${last}`);
    },
    destroy: () => bar.remove(),
  };
}

/** Tools for a unit of the diagram: off or on, its layer frozen or not. */
export function createUnitTools(parent, act) {
  const tools = create("div", "nnviz-tools");
  tools.hidden = true;
  const text = create("span");
  tools.append(text);
  let unit = null; // {layer, unit, off, frozen}, from 0
  const power = createButton(tools, "Switch off", "What it passes on is 0, also in training", () =>
    act("switch", { layer: unit.layer, unit: unit.unit, off: !unit.off }));
  const freeze = createButton(tools, "Freeze", "Its weights and biases no longer move", () =>
    act("freeze", { layer: unit.layer, on: !unit.frozen }));
  parent.append(tools);
  return {
    /** Offer what can be done with a unit, {layer, unit} from 0 and its mean activation. */
    show(meta, chosen) {
      tools.hidden = chosen === null;
      if (chosen === null) return;
      const { layer } = chosen;
      const isOutput = layer === meta.layers.length - 1;
      unit = {
        ...chosen, off: isCut(meta, layer, chosen.unit),
        frozen: meta.surgery.frozen.includes(layer),
      };
      power.hidden = isOutput;
      setText(text, `Unit ${unit.unit} of layer ${layer + 1}: mean activation `
        + `${compact(chosen.activation, 3)}${unit.off ? ", off" : ""}`);
      setText(power, unit.off ? "Switch on" : "Switch off");
      setText(freeze, `${unit.frozen ? "Let layer" : "Freeze layer"} ${layer + 1}`
        + `${unit.frozen ? " go" : ""}`);
    },
  };
}

/** A field to set a weight or bias by hand. */
export function createValueTool(parent, act) {
  const tools = create("form", "nnviz-tools");
  tools.hidden = true;
  const label = create("label", "nnviz-field");
  const name = create("span");
  const input = create("input", "nnviz-number");
  Object.assign(input, { type: "number", step: "any", required: true });
  label.append(name, input);
  tools.append(label);
  let place = null;
  createButton(tools, "Set", "Give it this value; training goes on from there", () => {}).type =
    "submit";
  tools.addEventListener("submit", (event) => {
    event.preventDefault();
    act("set", { ...place, value: Number(input.value) });
  });
  // What is typed here is not for the chart around it.
  tools.addEventListener("keydown", (event) => event.stopPropagation());
  parent.append(tools);
  return {
    /** Offer to set a value: {layer, row, unit} from 0 and a name; null for none. */
    show(chosen, text, value) {
      tools.hidden = chosen === null;
      if (chosen === null) return;
      const isSame = place && Object.keys(chosen).every((key) => chosen[key] === place[key]);
      place = chosen;
      setText(name, text);
      if (!isSame || document.activeElement !== input) input.value = compact(value);
    },
    hide() {
      tools.hidden = true;
    },
  };
}
