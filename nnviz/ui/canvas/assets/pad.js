// The paper: takes mouse, finger and pen, and shows the drawing; its tools lie below.

import { percent } from "../live/numbers.js";
import { create, createButton, createSurface } from "../live/panels.js";
import { createRaster } from "./strokes.js";

const WIDTHS = { min: 0.02, max: 0.14, start: 0.065 };
const ERASER_WIDENS = 1.8;
const PEN_ERASER_BUTTON = 32;
// How wide a pen that hardly touches draws, in shares of the width chosen.
const LIGHTEST = 0.5;
const FIELDS = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";
const KEYS = { z: "undo", y: "redo" };

/** Whether a key is meant for something else: a field, or a menu or dialogue over the page. */
export function isMeantElsewhere({ target }) {
  if (!(target instanceof Element) || target === document.body) return false;
  return target.closest(FIELDS) !== null || !target.closest(".nnviz-draw");
}

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {object} drawing from createDrawing
 * @returns {{element: Element, tools: Element, refresh: () => void, destroy: () => void}}
 */
export function createPad(parent, theme, drawing) {
  const element = create("div", "nnviz-pad");
  const surface = createSurface(element, "nnviz-paper");
  surface.canvas.setAttribute("role", "img");
  surface.canvas.tabIndex = -1;
  surface.canvas.setAttribute("aria-label", "Paper to draw a digit on");
  const invitation = create("p", "nnviz-invitation", "Draw a digit here");
  element.append(invitation);
  const tools = create("div", "nnviz-toolbar nnviz-tools");
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Drawing");
  parent.append(element, tools);

  const paint = createRaster(surface.context);
  let pointer = null;
  let bounds = null;
  let pending = 0;
  let erasing = false;
  let width = WIDTHS.start;

  const undo = createButton(tools, "Undo", "Ctrl+Z", () => drawing.undo());
  const redo = createButton(tools, "Redo", "Ctrl+Y", () => drawing.redo());
  createButton(tools, "Clear", "Escape", () => drawing.replace([]));
  const eraser = createButton(tools, "Eraser", "Take ink away", () => {
    erasing = !erasing;
    eraser.setAttribute("aria-pressed", String(erasing));
    element.dataset.erasing = erasing;
  });
  eraser.setAttribute("aria-pressed", "false");
  const widthField = create("label", "nnviz-field nnviz-width");
  const slider = create("input");
  Object.assign(slider, { type: "range", ...WIDTHS, step: 0.005, value: WIDTHS.start });
  const nameWidth = () => slider.setAttribute("aria-valuetext", `${percent(width)} of the paper`);
  slider.addEventListener("input", () => {
    width = Number(slider.value);
    nameWidth();
  });
  nameWidth();
  widthField.append(create("span", "", "Width"), slider);
  tools.append(widthField);

  // ---- drawing --------------------------------------------------------------------------------

  function addPoints(event) {
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const each of coalesced.length ? coalesced : [event]) {
      drawing.add(
        (each.clientX - bounds.left) / bounds.width,
        (each.clientY - bounds.top) / bounds.height,
        weightOf(each, drawing.current.points.at(-1)),
      );
    }
  }

  surface.canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || (event.button !== 0 && !isPenEraser(event))) return;
    event.preventDefault();
    pointer = event.pointerId;
    // For the whole stroke: something above the paper that comes or goes must not bend it.
    bounds = surface.canvas.getBoundingClientRect();
    capture(surface.canvas, pointer);
    surface.canvas.focus({ preventScroll: true }); // keys are meant for the drawing from now on
    const erases = erasing || isPenEraser(event);
    drawing.begin(erases ? width * ERASER_WIDENS : width, erases);
    addPoints(event);
  });
  surface.canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) addPoints(event);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    surface.canvas.addEventListener(type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      drawing.end();
    });
  }

  function press(event) {
    if (isMeantElsewhere(event) || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const isUndo = command && event.key.toLowerCase() === "z";
    const name = isUndo && event.shiftKey ? "redo" : command && KEYS[event.key.toLowerCase()];
    if (name) drawing[name]();
    else if (event.key === "Escape" && !command) drawing.replace([]);
    else return;
    event.preventDefault();
  }
  window.addEventListener("keydown", press);

  // ---- painting -------------------------------------------------------------------------------

  function paintNow() {
    pending = 0;
    const side = element.clientWidth;
    if (side === 0) return;
    surface.fit(side, side);
    paint(drawing, theme.colors.text);
    invitation.hidden = !drawing.isEmpty;
    undo.disabled = !drawing.canUndo;
    redo.disabled = !drawing.canRedo;
  }

  function refresh() {
    if (!pending) pending = requestAnimationFrame(paintNow);
  }

  const sizes = new ResizeObserver(paintNow);
  sizes.observe(element);
  const forgetTheme = theme.onChange(paintNow);

  return {
    element,
    tools,
    refresh,
    /** Say what the network reads, to those who cannot see it. */
    describe(text) {
      surface.canvas.setAttribute("aria-label", text);
    },
    destroy() {
      window.removeEventListener("keydown", press);
      sizes.disconnect();
      forgetTheme();
      cancelAnimationFrame(pending);
    },
  };
}

/** Have a stroke go on beyond the paper's edge; a pointer that has just gone cannot be held. */
function capture(canvas, pointer) {
  try {
    canvas.setPointerCapture(pointer);
  } catch {
    // What it drew so far ends at the edge.
  }
}

function isPenEraser({ pointerType, buttons }) {
  return pointerType === "pen" && (buttons & PEN_ERASER_BUTTON) !== 0;
}

/**
 * How wide the stroke is at a point. A mouse has no pressure and says 0.5. Some screens say 0 all
 * the time, and some pens where they are being lifted: then it stays as wide as it was `before`.
 */
function weightOf({ pointerType, pressure }, before) {
  if (pointerType === "mouse") return 1;
  if (pressure > 0) return LIGHTEST + pressure;
  return before ?? (pointerType === "pen" ? LIGHTEST : 1);
}
