// The timeline of a run: drag it to look at an earlier step, go on from there, or compare.

import { integer } from "./numbers.js";
import { create, createButton, setText } from "./panels.js";

// How long a key counts on from what was asked for, while the answer is under way: longer than a
// busy server takes, or the second of two keys would count from where the first one did.
const ASKED_COUNTS_MS = 10_000;
// How long after the handle is let go the answer to its last move may be under way.
const SETTLE_MS = 300;

/** Steps that keys move by: arrows one, exactly; page keys a tenth of the way. */
const KEYS = {
  ArrowLeft: () => -1, ArrowDown: () => -1, ArrowRight: () => 1, ArrowUp: () => 1,
  PageDown: (span) => -Math.ceil(span / 10), PageUp: (span) => Math.ceil(span / 10),
  Home: () => -Infinity, End: () => Infinity,
};

/**
 * @param {Element} root
 * @param {(action: string, value?: unknown) => void} act
 */
export function createTimeline(root, act) {
  const box = create("div", "nnviz-timeline");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Timeline");
  const slider = create("input");
  slider.type = "range";
  slider.step = 1;
  slider.title = "Drag to see an earlier step; arrow keys go step by step";
  slider.setAttribute("aria-label", "Step looked at");
  const text = create("span", "nnviz-timeline-text");
  const buttons = create("div", "nnviz-timeline-buttons");
  const button = (label, title, onClick) => createButton(buttons, label, title, onClick);
  const toNow = button("Back to now", "Show the last step taken", () => act("now"));
  const goOn = button(
    "Continue from here", "Train on from this step; the old line stays faint in the loss chart",
    () => act("continue"),
  );
  button("Compare with this step", "Show weights as their difference to those of this step",
    () => act("compare", true));
  box.append(slider, text, buttons);
  root.append(box);

  let timeline = { first: 0, now: 0 };
  let step = 0;
  let isDragging = false;
  let settling = 0;
  let wanted = null;
  let asked = 0;
  let askedAt = -Infinity;
  let pending = 0;

  /** Ask for what is wanted last, once a display frame. */
  function send() {
    pending = 0;
    if (wanted !== null) act("look", wanted);
    wanted = null;
  }

  function look(to, exact) {
    asked = Math.min(Math.max(to, timeline.first), timeline.now);
    askedAt = performance.now();
    wanted = { step: asked, exact };
    pending ||= requestAnimationFrame(send);
  }

  /** Put the handle where the page is, which is a step that is kept, not any that is dragged to. */
  function place() {
    if (!isDragging) slider.value = step;
  }

  slider.addEventListener("pointerdown", () => { isDragging = true; });
  for (const type of ["change", "pointerup", "pointercancel", "blur"]) {
    slider.addEventListener(type, () => {
      isDragging = false;
      // The last answer may have come before the handle was let go: then no frame would place it.
      clearTimeout(settling);
      settling = setTimeout(place, SETTLE_MS);
    });
  }
  slider.addEventListener("input", () => look(Number(slider.value), false));
  slider.addEventListener("keydown", (event) => {
    const by = KEYS[event.key]?.(timeline.now - timeline.first);
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const isUnderWay = performance.now() - askedAt < ASKED_COUNTS_MS;
    look((isUnderWay ? asked : step) + by, Math.abs(by) === 1);
  });

  return {
    update(meta) {
      ({ timeline, step } = meta);
      if (step === asked) askedAt = -Infinity;
      const { first, now, is_looking: isLooking, seeking } = timeline;
      slider.min = first;
      slider.max = now;
      slider.disabled = now <= first;
      place();
      const where = isLooking ? `step ${integer(step)} of ${integer(now)}` : `step ${integer(now)}`;
      const state = seeking === null ? (isLooking ? "looking back at " : "now at ")
        : `repeating steps, ${Math.round(100 * seeking)} %: `;
      // After a restart of the server no step before the saved one is known.
      const known = first > 0 ? `, known from step ${integer(Math.min(first, now))} on` : "";
      const shown = state + where + known;
      setText(text, shown);
      slider.setAttribute("aria-valuetext", shown);
      box.dataset.looking = isLooking;
      toNow.disabled = !isLooking;
      goOn.disabled = !isLooking || seeking !== null;
    },
    hide(isHidden) {
      box.hidden = isHidden;
    },
    destroy() {
      cancelAnimationFrame(pending);
      clearTimeout(settling);
      box.remove();
    },
  };
}
