// Going through the phases: the buttons, the track of all phases, the keyboard, and Play.

import { create, createAnnouncer, createButton, createChoice, setText } from "../live/panels.js";
import { PRECISIONS } from "./digits.js";

const PLAY_MS = 4000;
// A double click on what takes the step must not open the next one as well.
const AGAIN_MS = 600;
// Where the arrow keys belong to something else.
const KEYS_TAKEN = "input, select, textarea, pre, [role=application], [role=slider], "
  + "[role=combobox], [role=listbox], [role=radiogroup], [role=tablist], [role=menu]";

/**
 * @param {Element} root
 * @param {object} on `go(index)`, `take()`, `pause()`, `option(changes)`
 */
export function createSteering(root, on) {
  const bar = create("div", "nnviz-toolbar inside-bar");
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Phases of the step");
  const earlier = createButton(bar, "◀ Back", "The phase before (left arrow)", () => move(-1));
  const later = createButton(bar, "Next ▶", "The next phase (right arrow)", () => move(1));
  const play = createButton(bar, "Play", `Every phase for ${PLAY_MS / 1000} seconds`, () => (
    setPlaying(!timer)));
  const take = createButton(bar, "Take this step", "Let the run take exactly this step", () => {
    if (performance.now() - taken > AGAIN_MS) on.take();
  });
  const pause = createButton(bar, "Pause the run", "A step is opened while nothing moves", on.pause);
  createChoice(bar, {
    label: "Numbers shown of", options: [["sample", "one sample"], ["batch", "the batch"]],
    value: "sample", onChange: (id) => on.option({ isSample: id === "sample" }),
  });
  createChoice(bar, {
    label: "Precision", options: PRECISIONS, value: "3",
    onChange: (id) => on.option({ digits: Number(id) }),
  });
  const track = create("nav", "inside-track");
  track.setAttribute("aria-label", "Phases");
  const announce = createAnnouncer(root);

  let phases = [];
  let current = 0;
  let timer = 0;
  let taken = -Infinity;
  let isRunning = false;
  let hidden = [];

  function showTools() {
    pause.hidden = !isRunning || hidden.includes("run");
    take.hidden = isRunning || hidden.includes("step");
  }

  function move(count) {
    const next = Math.min(phases.length - 1, Math.max(0, current + count));
    if (next === current || !phases.length) return;
    announce(phases[next].name);
    on.go(next);
  }

  function setPlaying(isPlaying) {
    clearInterval(timer);
    timer = 0;
    if (isPlaying && phases.length) {
      if (current === phases.length - 1) on.go(0);
      timer = setInterval(() => {
        if (current >= phases.length - 2) setPlaying(false);
        move(1);
      }, PLAY_MS);
    }
    play.setAttribute("aria-pressed", String(timer !== 0));
  }

  function drawTrack() {
    const groups = new Map();
    phases.forEach((phase, index) => {
      if (!groups.has(phase.group)) {
        const group = create("div", "inside-phases");
        group.append(create("span", "", phase.group));
        groups.set(phase.group, group);
      }
      const node = createButton(groups.get(phase.group), phase.short, phase.name, () => on.go(index));
      node.setAttribute("aria-label", phase.name);
      node.dataset.focus = `phase ${index}`;
      if (index === current) node.setAttribute("aria-current", "step");
    });
    track.replaceChildren(...groups.values());
  }

  function onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!root.isConnected || event.target.closest?.(KEYS_TAKEN)) return;
    const count = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!count) return;
    event.preventDefault();
    move(count);
  }
  document.addEventListener("keydown", onKey);
  setPlaying(false);

  return {
    bar,
    track,
    /** Show where among the phases the page is, and whether the step is taken. */
    update(all, index, isTaken) {
      phases = all;
      current = index;
      earlier.disabled = current === 0;
      later.disabled = current === phases.length - 1;
      const label = isTaken ? "Open the next step" : "Take this step";
      if (isTaken && take.textContent !== label) taken = performance.now();
      setText(take, label);
      drawTrack();
    },
    /** Hide and lock what a link does: `run` stands for Pause here, `step` for taking the step. */
    restrict({ hide, lock }) {
      hidden = hide;
      pause.disabled = lock.includes("run");
      take.disabled = lock.includes("step");
      showTools();
    },
    /** While the run trains there is no step to go through. */
    setRunning(isNowRunning) {
      isRunning = isNowRunning;
      showTools();
      if (!isRunning) return;
      setPlaying(false);
      phases = [];
      track.replaceChildren();
    },
    stop: () => setPlaying(false),
    destroy() {
      setPlaying(false);
      document.removeEventListener("keydown", onKey);
    },
  };
}
