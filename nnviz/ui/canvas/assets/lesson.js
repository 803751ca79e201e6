// "That was a 7": what a correction gained and what was forgotten for it, and the way back.

import { percent, sampled } from "../live/numbers.js";
import { create, createButton, setText } from "../live/panels.js";

// A class that loses less than this share of its test samples has not suffered.
const NOTICED = 0.01;
const MOST_NAMED = 3;

/**
 * @param {Element} parent
 * @param {object} on
 * @param {() => void} on.undo
 */
export function createLesson(parent, on) {
  const box = create("section", "nnviz-lesson");
  box.setAttribute("aria-label", "Correction");
  const report = create("div", "nnviz-notice nnviz-lesson-report");
  report.setAttribute("role", "status");
  const title = create("h4");
  const list = create("dl");
  report.append(title, list);
  const bar = create("div", "nnviz-toolbar");
  const undo = createButton(
    bar, "Undo the correction",
    "The weights before it come back, bit for bit; what was trained since is lost", on.undo,
  );
  const mixLabel = create("label", "nnviz-switch");
  const mix = create("input");
  Object.assign(mix, { type: "checkbox", checked: true });
  mixLabel.append(mix, create("span", "", "Mix in training samples, to forget less"));
  bar.append(mixLabel);
  box.append(report, bar);
  parent.append(box);
  undo.hidden = true;
  report.hidden = true;

  function show(heading, rows) {
    report.hidden = false;
    setText(title, heading);
    list.replaceChildren();
    for (const [name, text, trend] of rows) {
      const value = create("dd", "", text);
      value.dataset.trend = trend;
      list.append(create("dt", "", name), value);
    }
  }

  return {
    get mixes() {
      return mix.checked;
    },
    /** Offer the way back as long as there is one. */
    offerUndo(corrections) {
      undo.hidden = !corrections;
    },
    say: (heading) => show(heading, []),
    show(result, label, classes) {
      const { before, after, steps, drawings } = result;
      const others = drawings - 1;
      const earlierOnes = others === 0 ? ""
        : others === 1 ? " and your earlier drawing" : ` and your ${others} earlier drawings`;
      show(`Taught: that was a ${classes[label]}`, [
        ["This drawing", ...thisDrawing(before, after, label, classes)],
        ...(others ? [["Your earlier drawings", ...earlier(before, after, label)]] : []),
        [`Test accuracy${sampled(before)}`, ...change(before.test_accuracy, after.test_accuracy)],
        ["Suffered most", ...suffered(before.recall, after.recall, classes)],
        ["How", `${steps} steps on warped copies of it${earlierOnes}`, "same"],
      ]);
    },
  };
}

function thisDrawing(before, after, label, classes) {
  const name = ({ predicted, shares }) =>
    `${classes[predicted.at(-1)]} (${classes[label]}: ${percent(shares.at(-1))})`;
  const right = after.predicted.at(-1) === label;
  return [`read as ${name(before)} → ${name(after)}`, right ? "gain" : "loss"];
}

function earlier(before, after, label) {
  const right = ({ right: all, predicted }) => all - Number(predicted.at(-1) === label);
  const [was, is] = [right(before), right(after)];
  const count = before.predicted.length - 1;
  return [`${was} of ${count} right → ${is} of ${count}`, trend(was, is)];
}

function change(was, is) {
  return [`${percent(was)} → ${percent(is)}`, trend(was, is)];
}

function trend(was, is) {
  return is > was ? "gain" : is < was ? "loss" : "same";
}

function suffered(before, after, classes) {
  const worst = classes
    .map((name, k) => ({ name, was: before[k], is: after[k] }))
    .filter(({ was, is }) => was - is > NOTICED)
    .sort((a, b) => a.is - a.was - (b.is - b.was))
    .slice(0, MOST_NAMED);
  if (!worst.length) return ["no class", "same"];
  const text = worst.map(({ name, was, is }) => `${name}: ${percent(was, 0)} → ${percent(is, 0)}`);
  return [`${text.join(", ")} of their test samples right`, "loss"];
}
