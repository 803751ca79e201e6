// One line on the network that reads: what it is, how far it has come, and its Run switch.

import { integer, percent, sampled } from "../live/numbers.js";
import { create, createButton, setText } from "../live/panels.js";
import { createRunSwitch } from "../live/run-switch.js";

const FULL = 1000;

/**
 * @param {Element} root
 * @param {object} on
 * @param {(isRunning: boolean) => void} on.run
 * @param {() => void} on.lab shows the run in the lab
 */
export function createRunBar(root, on) {
  const bar = create("div", "nnviz-toolbar nnviz-runbar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "The network that reads");
  const run = createRunSwitch(bar, on.run);
  const about = create("p", "nnviz-runbar-about");
  const progress = create("div", "nnviz-progress");
  const progressText = create("p", "nnviz-note");
  const meter = create("progress");
  meter.max = FULL;
  meter.setAttribute("aria-label", "Training");
  progress.append(meter, progressText);
  progress.hidden = true;
  bar.append(about);
  createButton(bar, "Watch it in the lab", "The same run, with its curves and weights", on.lab);
  bar.append(progress);
  root.append(bar);

  /** Once shown it stays: nothing below is to jump while somebody draws. */
  function showProgress(meta, isTrainedForThis) {
    const { state, epoch, schedule_start: start } = meta;
    const goal = meta.stop_epochs ?? meta.schedule_end;
    const hasFarToGo = goal !== null && epoch < goal;
    if ((isTrainedForThis && epoch > 0) || (state === "running" && hasFarToGo)) progress.hidden = false;
    if (progress.hidden) return;
    meter.value = hasFarToGo ? Math.round((FULL * (epoch - start)) / (goal - start)) : FULL;
    const past = Math.floor(epoch + 1e-9);
    const what = isTrainedForThis ? "for you on the spot, to read drawings" : "as asked for";
    if (!hasFarToGo) {
      setText(progressText, `This network was trained ${what}: ${past} epochs so far. Run trains it further.`);
      return;
    }
    const place = `epoch ${past + 1} of ${Math.ceil(goal)}`;
    if (state !== "running") {
      setText(progressText, `Training rests in ${place}. Run goes on with it.`);
    } else if (start > 0) {
      setText(progressText, `Trained further, from a high learning rate down to 0 again: ${place}. Draw meanwhile.`);
    } else {
      setText(progressText, `This network is trained ${what}: ${place}. Draw meanwhile.`);
    }
  }

  return {
    update(meta, { label, trained_for_this: isTrainedForThis }) {
      run.update(meta.state);
      const sizes = meta.layer_sizes.join("-");
      const accuracy = percent(meta.metrics.test_accuracy) + sampled(meta);
      setText(about, `${sizes} on ${label} · step ${integer(meta.step)} · test accuracy ${accuracy}`);
      showProgress(meta, isTrainedForThis);
    },
  };
}
