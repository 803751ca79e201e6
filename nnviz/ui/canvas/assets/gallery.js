// A person's own drawings: shown, put back on the paper, taken out, saved, loaded, and a test set.

import { createConfusion } from "../live/confusion.js";
import { percent } from "../live/numbers.js";
import { create, createButton, createPanel, setText } from "../live/panels.js";
import { KEPT_PIXELS, MOST_DRAWINGS, unpackBits } from "./ownset.js";
import { createTile } from "./tiles.js";

const FILE_NAME = "nnviz-drawings.json";
const EMPTY = "None yet. When the network misreads you, press the digit that you drew beside its bar: "
  + "the drawing joins your own set, here.";

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {object} own from createOwnSet
 * @param {object} on
 * @param {(ink: Uint8Array, pixels: number) => void} on.reopen puts a drawing on the paper
 * @param {(text: string) => void} on.failure
 * @param {(text: string) => void} on.said
 * @param {() => void} on.shown something new is to be seen
 */
export function createGallery(parent, theme, own, on) {
  const panel = createPanel(parent, { name: "own", title: "Your own drawings", theme, paint });
  const summary = create("p", "nnviz-own-summary", EMPTY);
  const list = create("ul", "nnviz-tiles nnviz-own");
  const note = create(
    "p", "nnviz-note",
    `Kept in this browser, not on the server; at most ${MOST_DRAWINGS}. `
      + "They are never part of the test samples.",
  );
  panel.body.append(summary, list, note);
  const confusion = createConfusion(parent, theme, {
    name: "own-confusion", title: "Your drawings as a test set", samples: "of your drawings",
  });
  confusion.section.hidden = true;

  const input = create("input");
  Object.assign(input, { type: "file", accept: "application/json,.json", hidden: true });
  input.setAttribute("aria-label", "File of drawings");
  const restore = option("Put back", "The drawing removed last", () => {
    own.insertAt(removed.index, removed.drawing);
    restore.hidden = true;
  });
  restore.hidden = true;
  const save = option("Download", "A file of your drawings, to load again later", download);
  option("Load", "Add the drawings of a file that was downloaded here", () => input.click());
  panel.options.append(input);
  let removed = null;
  let classes = [];
  let shown = null;
  let tiles = [];

  function option(label, title, onClick) {
    const node = createButton(panel.options, label, title, onClick);
    node.classList.add("nnviz-reset");
    return node;
  }

  function download() {
    const link = create("a");
    link.href = URL.createObjectURL(own.file());
    link.download = FILE_NAME;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    try {
      if (!file) return;
      const count = own.load(await file.text());
      on.said(count ? `Added from the file: ${count}.` : "All drawings of this file are here already.");
    } catch (error) {
      on.failure(error.message);
    }
  });

  /** One picture for each drawing; made again only when the set is another. */
  function layOut() {
    shown = own.drawings;
    list.replaceChildren();
    tiles = shown.map((drawing, index) => {
      const item = create("li");
      const name = drawing.class;
      const open = create("button", "nnviz-own-open");
      open.type = "button";
      open.title = "Put it on the paper";
      open.setAttribute("aria-label", `Your ${name}, drawing ${index + 1}: put it on the paper`);
      const tile = createTile(open, theme);
      const ink = unpackBits(drawing.bits);
      open.addEventListener("click", () => on.reopen(ink, KEPT_PIXELS));
      const remove = create("button", "nnviz-own-remove", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove drawing ${index + 1}, your ${name}`);
      remove.addEventListener("click", () => {
        removed = { index, drawing };
        own.removeAt(index);
        restore.hidden = false;
      });
      item.append(open, remove);
      list.append(item);
      return { tile, ink, item, name };
    });
    save.disabled = shown.length === 0;
  }

  function paint({ meta }) {
    ({ classes } = meta);
    if (shown !== own.drawings) layOut();
    const { predicted, right } = meta;
    const judged = predicted?.length === shown.length ? predicted : null;
    tiles.forEach(({ tile, ink, item, name }, k) => {
      tile.ink(ink, [KEPT_PIXELS, KEPT_PIXELS]);
      const read = classes[judged?.[k]] ?? null;
      item.dataset.right = read === null || read === name;
      const words = read === null || read === name ? name : `${name}, read ${read}`;
      tile.caption(words, `Your drawing of ${words}`);
    });
    if (!shown.length) setText(summary, EMPTY);
    else setText(summary, summaryOf(right, judged?.filter((label) => label !== null).length ?? 0));
  }

  function summaryOf(right, count) {
    const others = shown.length - count;
    if (!count) return "This network cannot read these: they are of other classes, or no more than a dot.";
    const rest = others ? `; ${others} not read: of another class, or no more than a dot` : "";
    return `${right} of ${count} read right (${percent(right / count, 0)})${rest}`;
  }

  return {
    /** Show how the run does on the set; `result` is null where there is nothing to judge. */
    draw(result, meta) {
      panel.draw({ meta: { ...result, classes: meta.classes, step: meta.step } });
      on.shown();
      confusion.section.hidden = !result?.shares.length;
      if (confusion.section.hidden) return;
      confusion.draw({
        meta: { classes: meta.classes, measured_test: result.shares.length, step: meta.step },
        arrays: { confusion: { data: result.confusion.flat() } },
      });
    },
    settle() {
      panel.settle();
      if (!confusion.section.hidden) confusion.settle();
    },
    destroy() {
      panel.destroy();
      confusion.destroy();
    },
  };
}
