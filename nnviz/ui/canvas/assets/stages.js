// From ink to input: what each stage makes of the drawing, with switches to leave it out.

import { create, createPanel, setText } from "../live/panels.js";
import { createTile } from "./tiles.js";

// Names of arrays of the answer, and of the switches in nnviz/ink.py.
const STAGES = [
  { image: "stage_ink", title: "Ink", switches: [], text: "what you drew" },
  { image: "stage_crop", title: "Crop", switches: [["crop", "crop to the ink"]] },
  {
    image: "stage_fit",
    title: "Fit",
    switches: [
      ["keep_aspect", "proportions"], ["thickness", "stroke thickness"], ["slant", "upright"],
    ],
  },
  { image: "seen", title: "What the network sees", switches: [["centre", "centre"]] },
];
const SLANT_ROWS = 8; // only images of this height are made upright

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {(off: string[]) => void} onSwitch names of the stages left out
 */
export function createStages(parent, theme, onSwitch) {
  const panel = createPanel(parent, { name: "stages", title: "From ink to input", theme, paint });
  const note = create("p", "nnviz-note", "Leave a stage out and watch the answer go wrong.");
  const row = create("ol", "nnviz-stages");
  panel.body.append(note, row);
  const off = new Set();
  const stages = STAGES.map(createStage);

  function createStage({ image, title, switches, text }) {
    const item = create("li");
    row.append(item);
    const tile = createTile(item, theme);
    tile.caption(title);
    if (text) item.append(create("p", "nnviz-note", text));
    const boxes = switches.map(([name, label]) => [name, createSwitch(item, name, label)]);
    return { image, tile, item, boxes: Object.fromEntries(boxes) };
  }

  function createSwitch(item, name, text) {
    const label = create("label", "nnviz-switch");
    const box = create("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      if (box.checked) off.delete(name);
      else off.add(name);
      onSwitch([...off]);
    });
    label.append(box, create("span", "", text));
    item.append(label);
    return label;
  }

  function paint({ arrays }) {
    for (const { image, tile, boxes } of stages) {
      const found = arrays[image];
      if (found) tile.ink(found.data, found.shape);
      else tile.empty();
      if (boxes.slant) boxes.slant.hidden = arrays.seen.shape[0] !== SLANT_ROWS;
    }
    setText(
      note,
      arrays.stage_ink
        ? "Leave a stage out and watch the answer go wrong."
        : "A test sample is what the network sees: nothing is done to it.",
    );
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}
