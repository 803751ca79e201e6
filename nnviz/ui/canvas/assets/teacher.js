// A person says what a misread drawing was: it joins their own set, and the run is taught with it.

import { createLesson } from "./lesson.js";
import { createOwnSet, KEPT_PIXELS, MOST_DRAWINGS, packBits } from "./ownset.js";
import { isMeantElsewhere } from "./pad.js";
import { createAsker } from "./reader.js";
import { keptInk, sampleOf } from "./strokes.js";

const JUDGE_EVERY_MS = 700;

/**
 * @param {Element} parent
 * @param {object} page
 * @param {object} page.drawing from createDrawing
 * @param {() => Uint8Array} page.ink the drawing as it is read
 * @param {() => (object | null)} page.reading the last answer to the drawing
 * @param {(question: string, args: object) => Promise<object>} page.ask
 * @param {(text: string) => void} page.failure
 * @param {(own: object) => object} page.createGallery
 */
export function createTeacher(parent, page) {
  const own = createOwnSet(() => judge.changed());
  const lesson = createLesson(parent, { undo });
  const gallery = page.createGallery(own);
  let meta = null; // of the last frame
  let isTeaching = false;
  let asked = null; // the drawings that are judged
  let kept = null; // what was last taken into the set: {items, drawing}

  const judge = createAsker(JUDGE_EVERY_MS, {
    question() {
      asked = own.drawings;
      const drawings = labelled();
      if (drawings.length) return { drawings };
      if (meta) gallery.draw(null, meta);
      return null;
    },
    ask: (args) => page.ask("judge", args),
    answer({ meta: result }) {
      if (asked !== own.drawings) return; // asked again already
      // Another network has other classes: its figures are of its own drawings alone.
      const read = [...result.predicted];
      const all = own.drawings.map((each) => (labelOf(each) < 0 ? null : read.shift()));
      gallery.draw({ ...result, predicted: all }, meta);
    },
    failure(text) {
      if (meta) gallery.draw(null, meta);
      page.failure(text);
    },
  });

  const labelOf = ({ class: name }) => (meta ? meta.classes.indexOf(name) : -1);

  /** The drawings of classes that this network knows, as it numbers them. */
  function labelled() {
    return own.drawings
      .map((each) => ({ label: labelOf(each), bits: each.bits }))
      .filter(({ label }) => label >= 0);
  }

  /** Take the drawing into the set, in place of the same one with another label; null: no room. */
  function keep(label) {
    const { items } = page.drawing;
    const known = kept?.items === items ? own.drawings.indexOf(kept.drawing) : -1;
    if (known >= 0) own.removeAt(known);
    if (own.isFull) {
      page.failure(`Your set has ${MOST_DRAWINGS} drawings, which is all there is room for. Remove some.`);
      return false;
    }
    const drawing = { class: meta.classes[label], bits: packBits(keptInk(page.drawing, page.ink(), KEPT_PIXELS)) };
    kept = { items, drawing };
    own.add(drawing);
    return true;
  }

  async function teach(label) {
    const reading = page.reading();
    if (!reading || isTeaching) return;
    const { classes, winner, sure } = reading.meta;
    if (sampleOf(page.drawing)) {
      lesson.say("A test sample stays unseen: trained on, it would spoil the test accuracy.");
      return;
    }
    if (!keep(label)) return;
    if (label === winner && sure) {
      lesson.say(`Kept as your ${classes[label]}. It was read right, so nothing was trained.`);
      return;
    }
    lesson.say(`Teaching: that was a ${classes[label]} …`);
    isTeaching = true;
    try {
      const args = { drawings: labelled(), mix: lesson.mixes };
      const { meta: result } = await page.ask("correct", args);
      lesson.show(result, label, classes);
    } catch (error) {
      lesson.say(error.message);
    } finally {
      isTeaching = false;
    }
  }

  async function undo() {
    if (isTeaching) return; // a double click undoes one correction
    isTeaching = true;
    try {
      const { meta: result } = await page.ask("undo_correction", {});
      lesson.say(`Undone: the weights are those of step ${result.step} again.`);
      lesson.offerUndo(result.corrections);
    } catch (error) {
      lesson.say(error.message);
    } finally {
      isTeaching = false;
    }
  }

  function press(event) {
    if (!meta || isMeantElsewhere(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const label = meta.classes.indexOf(event.key);
    if (label >= 0) teach(label);
  }
  window.addEventListener("keydown", press);

  return {
    teach,
    offerUndo: lesson.offerUndo,
    settle: gallery.settle,
    moved(newMeta) {
      const isFirst = meta === null;
      meta = newMeta;
      if (isFirst) judge.changed();
      else if (own.drawings.length) judge.moved(meta.version);
    },
    destroy() {
      window.removeEventListener("keydown", press);
      judge.stop();
      own.destroy();
      gallery.destroy();
    },
  };
}
