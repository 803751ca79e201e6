// The samples of the mini-batch: images as images, two inputs as points in their plane.

import { integer } from "../live/numbers.js";
import { create, createButton, setText } from "../live/panels.js";
import { show } from "./digits.js";

const IMAGE = 44;
const PLANE = 168;
const MARGIN = 18;

let groups = 0;

/**
 * @param {Element} parent
 * @param {object} theme
 * @param {object} step from step.js
 * @param {(sample: number) => void} onChoose
 * @param {(first: number) => void} onPage shows the samples from another place on
 * @returns {(chosen: number) => void} marks the sample that is chosen
 */
export function createGallery(parent, theme, step, onChoose, onPage) {
  groups += 1;
  const group = create("fieldset", "inside-gallery");
  const { meta } = step;
  const [first, end] = [meta.first, meta.first + meta.samples];
  const more = meta.n > meta.samples ? `, shown: ${first} to ${end - 1}` : "";
  group.append(create("legend", "", `Mini-batch of step ${integer(meta.step)}: ${meta.n} `
    + `${meta.n === 1 ? "sample" : "samples"}${more}`));
  const isPlane = meta.layers[0].fan_in === 2;
  const place = create("div", isPlane ? "inside-plane" : "inside-tiles");
  group.append(place);
  const at = isPlane ? planeOf(step) : null;
  const inputs = [];
  for (const sample of step.samples) {
    const tile = create("label", "inside-tile nnviz-covered");
    const input = create("input");
    input.type = "radio";
    input.name = `nnviz-sample-${groups}`;
    input.dataset.focus = `sample ${sample}`;
    input.setAttribute("aria-label", nameOf(step, sample));
    input.addEventListener("change", () => onChoose(sample));
    tile.title = nameOf(step, sample);
    tile.append(input, picture(theme, step, sample));
    if (at) {
      const [x, y] = at(sample);
      tile.style.left = `${x}px`;
      tile.style.top = `${y}px`;
    }
    place.append(tile);
    inputs.push(input);
  }
  if (meta.n > meta.samples) {
    const pages = create("div", "inside-exports");
    const turn = (label, to, isThere) => {
      const button = createButton(pages, label, "", () => onPage(to));
      button.dataset.focus = label;
      button.disabled = !isThere;
    };
    turn("◀ Earlier samples", Math.max(0, first - step.losses.length), first > 0);
    turn("Later samples ▶", end, end < meta.n);
    group.append(pages);
  }
  if (isPlane) {
    group.append(create("p", "inside-note", "Input 0 to the right, input 1 upwards; each point with its class."));
  }
  const note = create("p", "inside-note");
  group.append(note);
  parent.replaceChildren(group);
  return (chosen) => {
    inputs[chosen - first].checked = true;
    setText(note, `Chosen: ${nameOf(step, chosen)}`);
  };
}

/** "sample 3 (training sample 120), class 7"; rows beyond the training samples are warped copies. */
function nameOf(step, sample) {
  const { meta } = step;
  const row = step.row(sample);
  const origin = `${row < meta.originals ? "" : "warped copy of "}training sample ${row % meta.originals}`;
  const name = meta.classes[step.label(sample)] ?? step.label(sample);
  const inputs = meta.layers[0].fan_in === 2
    ? `, inputs ${show(step.of("x", sample, 0), 3)} and ${show(step.of("x", sample, 1), 3)}` : "";
  return `sample ${sample} of the batch (${origin})${inputs}, class ${name}`;
}

function picture(theme, step, sample) {
  const { meta } = step;
  const name = String(meta.classes[step.label(sample)] ?? step.label(sample));
  if (!meta.image_shape) return create("span", "inside-point", name.slice(0, 6));
  const [height, width] = meta.image_shape;
  const canvas = create("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${IMAGE}px`;
  canvas.style.height = `${Math.round((IMAGE * height) / width)}px`;
  const context = canvas.getContext("2d");
  const pixels = Array.from({ length: height * width }, (_, index) => step.of("x", sample, index));
  const low = Math.min(...pixels);
  const high = Math.max(...pixels);
  const shades = theme.colors.sequential.map(({ background }) => background.match(/\d+/g).map(Number));
  const image = context.createImageData(width, height);
  pixels.forEach((value, index) => {
    const level = high > low ? (value - low) / (high - low) : 0;
    image.data.set([...shades[Math.round(level * (shades.length - 1))], 255], 4 * index);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Where each sample lies in the plane of its two inputs, x to the right and y upwards. */
function planeOf(step) {
  const span = (column) => {
    const values = step.samples.map((sample) => step.of("x", sample, column));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value) => (high > low ? (value - low) / (high - low) : 0.5);
  };
  const [across, up] = [span(0), span(1)];
  const room = PLANE - 2 * MARGIN;
  return (sample) => [
    MARGIN + room * across(step.of("x", sample, 0)),
    MARGIN + room * (1 - up(step.of("x", sample, 1))),
  ];
}
