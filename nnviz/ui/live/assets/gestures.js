// Pointer and keyboard on a chart, turned into a few named intentions; knows nothing of drawing.

const DRAG_PIXELS = 6;

const KEYS = {
  ArrowLeft: (actions, event) => actions.move(event.shiftKey ? -10 : -1),
  ArrowRight: (actions, event) => actions.move(event.shiftKey ? 10 : 1),
  Home: (actions) => actions.move(-Infinity),
  End: (actions) => actions.move(Infinity),
  "+": (actions) => actions.scale(0.5),
  "=": (actions) => actions.scale(0.5),
  "-": (actions) => actions.scale(2),
  0: (actions) => actions.reset(),
  Escape: (actions) => actions.reset(),
};

/**
 * @param {Element} target the focusable frame of the chart
 * @param {object} actions `point(x, y)`, `leave()`, `select(box | null)` while dragging,
 *   `zoom(box)` at its end, `move(count)`, `scale(factor)`, `reset()`; boxes are
 *   {x0, y0, x1, y1} in CSS pixels within the target
 */
export function attachGestures(target, actions) {
  let start = null;

  const position = (event) => {
    const bounds = target.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  const boxTo = ([x, y]) => ({ x0: start[0], y0: start[1], x1: x, y1: y });
  const dragged = (box) => Math.max(Math.abs(box.x1 - box.x0), Math.abs(box.y1 - box.y0));

  target.addEventListener("pointerdown", (event) => {
    // A finger scrubs the values; dragging a box is for mouse and pen.
    if (event.pointerType !== "touch" && event.button === 0) {
      start = position(event);
      target.setPointerCapture(event.pointerId);
    }
    actions.point(...position(event));
  });
  target.addEventListener("pointermove", (event) => {
    const at = position(event);
    const box = start && boxTo(at);
    if (box && dragged(box) > DRAG_PIXELS) actions.select(box);
    actions.point(...at);
  });
  target.addEventListener("pointerup", (event) => {
    if (!start) return;
    const box = boxTo(position(event));
    start = null;
    actions.select(null);
    if (dragged(box) > DRAG_PIXELS) actions.zoom(box);
  });
  target.addEventListener("pointercancel", () => {
    start = null;
    actions.select(null);
  });
  target.addEventListener("pointerleave", () => start || actions.leave());
  target.addEventListener("dblclick", () => actions.reset());
  target.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(actions, event);
  });
}
