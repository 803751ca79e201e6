// Selecting one thing on a chart: the pointer reads what it is over, a click or the arrow keys
// hold it until Escape or a click beside it.

const ARROWS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

/**
 * @param {Element} chart the focusable frame, which takes the keys
 * @param {HTMLCanvasElement} canvas
 * @param {object} on
 * @param {() => boolean} on.isReady whether there is anything to select yet
 * @param {(x: number, y: number) => object | null} on.itemAt what lies there, in CSS pixels
 * @param {(arrow: number[], item: object | null, shift: boolean) => object} on.next
 * @param {(item: object | null, isHeld: boolean) => void} on.select shows what is selected now
 * @param {(item: object) => void} on.say reads out what the keys came to
 */
export function attachSelection(chart, canvas, on) {
  let selected = null;
  let isHeld = false;

  function select(item, hold) {
    selected = item;
    isHeld = hold && item !== null;
    on.select(selected, isHeld);
  }

  canvas.addEventListener("pointermove", (event) => {
    if (on.isReady() && !isHeld) select(on.itemAt(event.offsetX, event.offsetY), false);
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (on.isReady()) select(on.itemAt(event.offsetX, event.offsetY), true);
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !isHeld) select(null, false);
  });
  chart.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      select(null, false);
      return;
    }
    const arrow = ARROWS[event.key];
    if (!arrow || !on.isReady() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    select(on.next(arrow, selected, event.shiftKey), true);
    on.say(selected);
  });

  return { clear: () => select(null, false) };
}
