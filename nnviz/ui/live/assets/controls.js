// The buttons that train, the status line, and what the run has to say.

import { integer } from "./numbers.js";
import { createMessages, createNotice, fillNotice } from "./notice.js";
import { create, createButton, setText } from "./panels.js";
import { createRunSwitch } from "./run-switch.js";

const BUTTONS = [
  { action: "step", label: "Step", title: "One mini-batch, one update" },
  { action: "epoch", label: "Epoch", title: "To the end of this pass over the training samples" },
  { action: "back", label: "Back", title: "Undo exactly one step" },
  { action: "reset", label: "Reset", title: "Back to the same initial weights" },
  { action: "new_weights", label: "New weights", title: "Begin again from the next seed" },
];
const SPEEDS = [
  [1, "1 step/s"], [3, "3 steps/s"], [10, "10 steps/s"], [30, "30 steps/s"],
  [100, "100 steps/s"], [1000, "1,000 steps/s"], [0, "as fast as it goes"],
];
const STATES = {
  ready: "ready", running: "running", paused: "paused", stopped: "stopped", diverged: "blew up",
};
const FIGURES = ["training loss", "test loss", "training accuracy", "test accuracy"];

function field(parent, label, input) {
  const wrapper = create("label", "nnviz-field");
  wrapper.append(create("span", "", label), input);
  parent.append(wrapper);
  return input;
}

/** A number field that sends null when emptied, and its value when it is in range. */
function numberField(parent, label, { min, max, step, placeholder }, onChange) {
  const input = field(parent, label, create("input"));
  Object.assign(input, { type: "number", min, max, step, placeholder });
  const kind = step === 1 ? "whole number" : "number";
  const check = () => {
    if (!input.validity.valid) {
      onChange(null, `${label}: give a ${kind} from ${integer(min)} to ${integer(max)}, or nothing. `
        + `Received: ${input.value || "no number"}.`);
      return;
    }
    onChange(input.value === "" ? null : Number(input.value), null);
  };
  // A field that holds no number at all reads as empty: to the browser that is no change.
  const checkUnreadable = () => {
    if (input.validity.badInput) check();
  };
  input.addEventListener("change", check);
  input.addEventListener("blur", checkUnreadable);
  input.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") checkUnreadable();
  });
  return input;
}

/**
 * @param {Element} root
 * @param {(action: string, value?: unknown) => void} act
 */
export function createControls(root, act) {
  const toolbar = create("div", "nnviz-toolbar");
  toolbar.setAttribute("role", "toolbar");
  toolbar.setAttribute("aria-label", "Training");
  const status = create("div", "nnviz-status");
  const run = createRunSwitch(toolbar, (isRunning) => act("run", isRunning), (isRunning) => {
    // Numbers that change many times a second are not to be read out one by one.
    status.setAttribute("aria-live", isRunning ? "off" : "polite");
  });
  const buttons = Object.fromEntries(BUTTONS.map(({ action, label, title }) => [
    action, createButton(toolbar, label, title, () => act(action)),
  ]));

  const options = create("div", "nnviz-toolbar nnviz-fields");
  const speed = field(options, "Speed", create("select"));
  SPEEDS.forEach(([value, label]) => speed.append(new Option(label, value)));
  speed.addEventListener("change", () => act("speed", Number(speed.value)));
  const setStop = (name) => (value, complaint) => {
    if (complaint) {
      say("error", complaint);
      return;
    }
    say("info", null);
    act("stops", { [name]: value });
  };
  const epochs = numberField(options, "Stop after epochs",
    { min: 1, max: 1000000, step: 1, placeholder: "never" }, setStop("epochs"));
  const accuracy = numberField(options, "Stop at test accuracy",
    { min: 0, max: 1, step: "any", placeholder: "never" }, setStop("accuracy"));
  const patience = numberField(options, "Stop without gain for epochs",
    { min: 1, max: 1000000, step: 1, placeholder: "never" }, setStop("patience"));

  status.dataset.nnviz = "status";
  status.setAttribute("role", "status");
  const values = ["step", "epoch", ...FIGURES].map((label, index) => {
    const pair = create("span");
    if (index) status.append(create("span", "nnviz-hidden", " · "));
    const value = create("span", "", "–");
    pair.append(create("span", "", label), " ", value);
    status.append(pair);
    return value;
  });
  const about = create("p", "nnviz-about");
  const notice = createNotice();
  notice.dataset.nnviz = "notice";
  // What is wrong with the place where the run is kept: it stays until that is right again.
  const warning = createNotice();
  warning.dataset.level = "warning";
  root.append(toolbar, options, warning, notice, status, about);

  // The parts that a link can hide and lock, by their names in it.
  const parts = Object.fromEntries(
    Object.entries({ run: run.button, ...buttons }).map(([name, node]) => [name, [node]]),
  );
  parts.speed = [speed];
  parts.stops = [epochs, accuracy, patience];
  let locked = new Set();

  let message = null;
  let runNotice = null;

  function showNotice() {
    fillNotice(notice, message ?? runNotice, act);
  }

  const say = createMessages((shown) => {
    message = shown;
    showNotice();
  });

  function showValue(input, value) {
    // What is being typed is not written over.
    if (input !== document.activeElement) input.value = value ?? "";
  }

  return {
    say,
    restrict({ hide, lock }) {
      locked = new Set(lock);
      Object.entries(parts).forEach(([name, nodes]) => nodes.forEach((node) => {
        (node.closest(".nnviz-field") ?? node).hidden = hide.includes(name);
        if (name !== "back") node.disabled = locked.has(name);
      }));
      [toolbar, options].forEach((group) => {
        group.hidden = [...group.children].every((child) => child.hidden);
      });
    },
    update(meta) {
      run.update(meta.state);
      buttons.back.disabled = !meta.can_step_back || locked.has("back");
      warning.hidden = !meta.warning;
      setText(warning, meta.warning ?? "");
      showValue(speed, String(meta.speed));
      showValue(patience, meta.stop_patience);
      showValue(epochs, meta.stop_epochs);
      showValue(accuracy, meta.stop_accuracy);
      [String(meta.step), String(Math.floor(meta.epoch + 1e-9)),
        loss(meta.metrics.training_loss), loss(meta.metrics.test_loss),
        meta.metrics.training_accuracy.toFixed(3), meta.metrics.test_accuracy.toFixed(3),
      ].forEach((text, index) => setText(values[index], text));
      const pace = meta.state === "running" && meta.steps_per_second
        ? `, ${rate(meta.steps_per_second)} steps/s` : "";
      setText(about, `${STATES[meta.state]}${pace} · ${meta.loss_label} · learning rate `
        + `${meta.learning_rate}${scheduled(meta)} · batch size ${meta.batch_size} · `
        + `seed ${meta.seed}${given(meta)} · `
        + `${integer(meta.training_samples)} training${copies(meta)} and ${integer(meta.test_samples)} test `
        + `samples${measuredOn(meta)}`);
      if (runNotice?.text !== meta.notice?.text) {
        runNotice = meta.notice;
        showNotice();
      }
      status.dataset.step = meta.step;
    },
  };
}

/** Where the first weights come from, if not from the seed. */
function given({ given: source }) {
  return source ? `, first weights from ${source}` : "";
}

/** What a schedule makes of the learning rate at the moment. */
function scheduled({ learning_rate: rate, schedule_factor: factor }) {
  return factor === 1 ? "" : ` (now ${Number((rate * factor).toPrecision(2))})`;
}

/** What is trained on beside the training samples. */
function copies(meta) {
  return meta.warped_copies ? ` (and ${integer(meta.warped_copies)} warped copies)` : "";
}

/** What the figures are of, where measuring all samples would slow training down. */
function measuredOn(meta) {
  if (!meta.is_sampled) return "";
  const { measured_training: training, measured_test: test } = meta;
  return training === meta.training_samples && test === meta.test_samples
    ? "; figures and matrix are of all of them, the charts of a fixed sample"
    : `; measured on a fixed sample, ${integer(training)} and ${integer(test)}, until it rests`;
}

function loss(value) {
  return value < 1e4 ? value.toFixed(4) : value.toExponential(3);
}

/** A rate that does not flicker: two digits. */
function rate(value) {
  return value < 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toLocaleString("en");
}
