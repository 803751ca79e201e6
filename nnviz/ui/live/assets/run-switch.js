// The Run switch, wherever there is one: it shows a click at once, and then what the run says.

import { createButton } from "./panels.js";

// How long a click counts more than a frame that was on its way when it came.
const CLICK_LEADS_MS = 1000;

/**
 * @param {Element} parent
 * @param {(isRunning: boolean) => void} onSwitch a person wants it to train, or to rest
 * @param {(isRunning: boolean) => void} [onShown] called whenever the switch shows something else
 * @returns {{button: HTMLButtonElement, update: (state: string) => void}} `update` takes the run's
 *   state as its frames tell it
 */
export function createRunSwitch(parent, onSwitch, onShown = () => {}) {
  let clicked = -Infinity;
  let settling = 0;
  let state = "";

  const isPressed = () => button.getAttribute("aria-pressed") === "true";
  const button = createButton(parent, "Run", "Train until pressed again", () => {
    show(!isPressed());
    clicked = performance.now();
    clearTimeout(settling);
    // A run that stops at once sends its last frame while the click still counts more.
    settling = setTimeout(() => show(state === "running"), CLICK_LEADS_MS);
    onSwitch(isPressed());
  });

  function show(isRunning) {
    const pressed = String(isRunning);
    if (button.getAttribute("aria-pressed") === pressed) return;
    button.setAttribute("aria-pressed", pressed);
    onShown(isRunning);
  }

  show(false);
  return {
    button,
    update(newState) {
      state = newState;
      if (performance.now() - clicked > CLICK_LEADS_MS) show(state === "running");
    },
  };
}
