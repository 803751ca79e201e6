// What the network reads: the winner large, a bar for every class, and buttons to correct it.

import { percent } from "../live/numbers.js";
import { create, createAnnouncer, setText } from "../live/panels.js";

const NOTHING = "–";

/**
 * @param {Element} desk gets the winner, which on a phone stands above the paper
 * @param {Element} parent gets the bars
 * @param {(label: number) => void} onCorrect a person says what it was
 */
export function createAnswer(desk, parent, onCorrect) {
  const box = create("section", "nnviz-answer");
  box.setAttribute("aria-label", "What the network reads");
  const verdict = create("div", "nnviz-verdict");
  const winner = create("div", "nnviz-winner", NOTHING);
  const words = create("p", "nnviz-verdict-words");
  verdict.append(winner, words);
  const list = create("div", "nnviz-bars");
  const ask = create("p", "nnviz-note", "Misread? Press what you drew.");
  const scale = create("p", "nnviz-note");
  box.append(list, ask, scale);
  desk.append(verdict);
  parent.append(box);
  const announce = createAnnouncer(box);
  let rows = [];
  let names = "";

  function layOut(classes) {
    names = classes.join("\n");
    list.replaceChildren();
    rows = classes.map((name, label) => {
      const row = create("div", "nnviz-bar-row");
      const button = create("button", "nnviz-bar-name", name);
      button.type = "button";
      button.setAttribute("aria-label", `That was a ${name}`);
      button.title = `That was a ${name}`;
      button.disabled = true;
      button.addEventListener("click", () => onCorrect(label));
      const track = create("div", "nnviz-bar-track");
      const fill = create("div", "nnviz-bar-fill");
      track.append(fill);
      const value = create("span", "nnviz-bar-value", NOTHING);
      row.append(button, track, value);
      list.append(row);
      return { row, button, fill, value };
    });
  }

  function showRows(outputs, best) {
    rows.forEach(({ row, button, fill, value }, label) => {
      const share = outputs ? outputs[label] : 0;
      fill.style.transform = `scaleX(${Math.min(Math.max(share, 0), 1)})`;
      setText(value, outputs ? percent(share) : NOTHING);
      row.dataset.best = label === best;
      button.disabled = !outputs;
    });
  }

  return {
    /** Names to be ready before the first drawing. */
    prepare(classes) {
      if (names !== classes.join("\n")) layOut(classes);
    },
    /** Show an answer to a drawing or a test sample, or a hint in place of one. */
    show({ meta, arrays }, sample = null) {
      const { hint, winner: best, sure, classes } = meta;
      verdict.dataset.state = hint !== null ? "hint" : sure ? "sure" : "unsure";
      if (hint !== null) {
        setText(winner, NOTHING);
        setText(words, hint);
        showRows(null, -1);
        return;
      }
      setText(winner, sure ? classes[best] : `${classes[best]}?`);
      const origin = sample ? ` Test sample ${sample.number}, labelled ${classes[sample.label]}.` : "";
      setText(words, wordsOf(meta, arrays.outputs.data) + origin);
      setText(scale, meta.scale);
      showRows(arrays.outputs.data, best);
    },
    /** What is said, in words. */
    get text() {
      return `${winner.textContent}. ${words.textContent}`;
    },
    /** Read it out: at the end of a stroke, not all the way through it. */
    announce() {
      announce(this.text);
    },
  };
}

function wordsOf({ winner, runner_up: next, sure, classes, doubt }, outputs) {
  const second = `${classes[next]} with ${percent(outputs[next])}`;
  if (sure) return `${percent(outputs[winner])}, then ${second}.`;
  return `Not sure: ${classes[winner]} with ${percent(outputs[winner])}, ${second}. ${doubt}`;
}
