// "Inside one step": the step that the run takes next, phase by phase. The step is opened, not
// taken: that is what the button is for, and then the page says whether it did what was shown.

import { connect } from "../live/connection.js";
import { mounting } from "../live/mounting.js";
import { createNotice, fillNotice } from "../live/notice.js";
import { create } from "../live/panels.js";
import { createTheme } from "../live/theme.js";
import { createGallery } from "./gallery.js";
import { drawPhase } from "./stage.js";
import { createSteering } from "./steer.js";
import {
  askOfStep, createStep, firstSample, firstSource, firstUnit, phasesOf,
} from "./step.js";
import { lookingBack, outcomeText } from "./words.js";

export default mounting(createPage, "../inside/inside.css");

function createPage({ parentElement, setTriggerValue }) {
  const root = create("div", "nnviz inside");
  parentElement.append(root);
  const theme = createTheme(root);

  const notice = createNotice();
  const steering = createSteering(root, {
    go: (phase) => change({ phase }),
    take: takeStep,
    pause: () => line.act("run", false),
    option: change,
  });
  const gallery = create("div");
  const columns = create("div", "inside-columns");
  root.append(steering.bar, notice, steering.track, gallery, columns);

  let line = null;
  let known = null;
  let step = null;
  let phases = [];
  let opening = 0;
  let latest = null;
  let galleryOf = null;
  let markSample = null;
  let taking = null;
  let lost = null;
  // What the person chose: kept from step to step as far as it still fits.
  const chosen = { phase: 0, sample: null, units: {}, sources: {}, isSample: true, digits: 3 };

  // ---- the run

  function open(run) {
    line?.close();
    step = latest = taking = null;
    line = connect(run, {
      frame: ({ meta }) => follow(meta),
      message: (level, text) => say(text, level),
      unknown: () => setTriggerValue("changed", -1),
      online(isOnline) {
        const text = "The connection is lost. Trying again.";
        if (!isOnline) say(text, "warning");
        else if (lost === text) say(null);
        lost = isOnline ? null : text;
      },
    });
  }

  /** A frame of the run: open its next step when it stands still at another one. */
  function follow(meta) {
    latest = meta;
    const isRunning = meta.state === "running";
    steering.setRunning(isRunning);
    root.dataset.step = meta.step;
    if (isRunning) {
      clear(`The run is training. ${may("run") ? "Pause it to open its next step."
        : "Its next step opens once it is paused."}`);
      return;
    }
    if (meta.timeline.seeking !== null) return; // on its way to another moment
    if (taking) {
      if (meta.version > taking.version) arrive(meta);
      return;
    }
    if (step && step.meta.version === meta.version) return;
    if (step?.outcome && step.meta.step === meta.step) return; // what was taken is still shown
    openStep();
  }

  function clear(text) {
    say(text);
    step = taking = galleryOf = null;
    [columns, gallery].forEach((part) => part.replaceChildren());
  }

  /** Open the next step; or other samples of the one that is open (`args`: its number, `first`). */
  async function openStep(args = { first: step?.meta.first ?? 0 }) {
    const outcome = args.step ? step.outcome : undefined;
    opening += 1;
    const mine = opening;
    const started = performance.now();
    try {
      const answer = await askOfStep(line, "inspect_step", args);
      if (mine !== opening) return;
      step = { ...createStep(answer), outcome };
      phases = phasesOf(step.meta);
      chosen.phase = Math.min(chosen.phase, phases.length - 1);
      const sample = chosen.sample ?? firstSample(step);
      chosen.sample = Math.min(Math.max(sample, step.samples[0]), step.samples.at(-1));
      if (!outcome) sayNotice();
      await draw();
      root.dataset.opened = String(step.meta.step);
      root.dataset.openedIn = (performance.now() - started).toFixed(0);
    } catch (error) {
      if (mine === opening) say(error.message, "error");
    }
  }

  /** Have the run take the step that is open; the frame after it says when it has. */
  function takeStep() {
    if (!step || taking) return;
    steering.stop();
    if (step.outcome) {
      chosen.phase = 0;
      openStep();
    } else if (line.act("step")) {
      taking = { version: step.meta.version };
    } else {
      say("No connection: the step was not taken.", "warning");
    }
  }

  /** The run has taken the step: say whether it did what was shown. */
  async function arrive(meta) {
    const number = step.meta.step;
    taking = null;
    if (meta.step !== number) {
      openStep(); // it would not have been finite, and the run says so
      return;
    }
    try {
      const { meta: outcome } = await line.ask("inspect_outcome", { step: number });
      step.outcome = outcome;
      const { layer } = phases[chosen.phase];
      chosen.phase = phases.findIndex((phase) => phase.kind === "update" && phase.layer === layer);
      await draw();
      say(outcomeText(outcome), outcome.different ? "error" : "info");
    } catch (error) {
      await openStep();
      say(error.message, "warning");
    }
  }

  // ---- what is shown

  function say(text, level = "info") {
    fillNotice(notice, text === null ? null : { text, level });
  }

  /** What the run itself has to say, in place of what was said of something else. */
  function sayNotice() {
    fillNotice(notice, latest?.notice ?? lookingBack(latest, may("timeline")),
      (action) => line.act(action));
  }

  /** Whether a link leaves a tool to whoever has opened it. */
  function may(tool) {
    return ![...known.tools.hide, ...known.tools.lock].includes(tool);
  }

  function change(changes) {
    Object.assign(chosen, changes);
    return draw();
  }

  /** The unit and the input opened in a layer; a first choice where none was made. */
  function placeIn(layer) {
    const { fan_in: fanIn, fan_out: fanOut } = step.meta.layers[layer];
    const unit = chosen.units[layer] < fanOut ? chosen.units[layer]
      : firstUnit(step, layer, chosen.sample);
    const source = chosen.sources[layer] < fanIn ? chosen.sources[layer]
      : firstSource(step, layer, chosen.sample, unit);
    return { unit, source };
  }

  let drawing = 0;
  async function draw() {
    if (!step) return;
    drawing += 1;
    const mine = drawing;
    const phase = phases[chosen.phase];
    const { unit, source } = placeIn(phase.layer);
    const { sample } = chosen;
    const drawn = step;
    let choice = drawn.choice;
    const wanted = [phase.layer, unit, source, sample].join();
    if (choice?.wanted !== wanted) {
      try {
        choice = await askOfStep(line, "inspect_choice", {
          step: drawn.meta.step, layer: phase.layer, unit, source, sample,
        });
      } catch (error) {
        say(error.message, "error");
        return;
      }
      choice.wanted = wanted;
      drawn.choice = choice;
    }
    if (mine !== drawing || step !== drawn) return;
    paint(phase, choice);
  }

  function paint(phase, choice) {
    const focus = document.activeElement?.closest?.("[data-focus]")?.dataset.focus;
    root.dataset.mode = theme.colors.dark ? "dark" : "light";
    root.dataset.phase = phase.name;
    steering.update(phases, chosen.phase, Boolean(step.outcome));
    if (galleryOf !== step) {
      const turnTo = (first) => openStep({ first, step: step.meta.step });
      markSample = createGallery(gallery, theme, step, (sample) => change({ sample }), turnTo);
      galleryOf = step;
    }
    markSample(choice.meta.sample);
    const [main, side] = [create("div", "inside-main"), create("section", "inside-side")];
    side.setAttribute("aria-label", "The code that computed it");
    drawPhase({ main, side }, {
      theme, step, choice, phase, listings: known.listings, digits: chosen.digits,
      isSample: chosen.isSample, sample: choice.meta.sample, unit: choice.meta.unit,
      source: choice.meta.source, fetchAll, pick: (changes) => pick(phase.layer, changes),
      say: (text, isError) => say(text, isError ? "error" : "info"),
    });
    columns.replaceChildren(main, side);
    offerScrolling();
    if (focus) {
      root.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
    }
  }

  /** What is wider, or longer, than its place can be scrolled with the keyboard too. */
  function offerScrolling() {
    for (const part of root.querySelectorAll(".inside-scroll, .inside-formulas, .inside-formula")) {
      part.tabIndex = part.scrollWidth > part.clientWidth ? 0 : -1;
    }
    for (const part of root.querySelectorAll(".inside-side")) {
      part.tabIndex = part.scrollHeight > part.clientHeight ? 0 : -1;
    }
  }

  function pick(layer, { unit, source, sample }) {
    if (unit !== undefined) chosen.units[layer] = unit;
    if (source !== undefined) chosen.sources[layer] = source;
    if (sample !== undefined) chosen.sample = sample;
    if (!step.outcome) sayNotice(); // a complaint about another choice is over
    draw();
  }

  async function fetchAll(quantity, layer) {
    const rows = [];
    for (let total = Infinity; rows.length < total;) {
      const { meta, arrays: { array } } = await askOfStep(line, "inspect_array", {
        step: step.meta.step, quantity, layer, start: rows.length,
      });
      total = meta.rows;
      const [count, width] = array.shape;
      for (let row = 0; row < count; row += 1) {
        rows.push(array.data.subarray(row * width, (row + 1) * width));
      }
    }
    return rows;
  }

  const sizes = new ResizeObserver(offerScrolling);
  sizes.observe(root);
  theme.onChange(() => {
    galleryOf = null;
    draw();
  });

  return {
    root,
    show(data) {
      const isNew = known?.run !== data.run;
      known = data;
      steering.restrict(data.tools);
      if (isNew) open(data.run);
    },
    destroy() {
      steering.destroy();
      sizes.disconnect();
      line?.close();
      theme.destroy();
      root.remove();
    },
  };
}
