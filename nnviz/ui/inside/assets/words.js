// Sentences about the step that is open.

import { integer } from "../live/numbers.js";

/** What is to be known where the step that is open came after an earlier moment. */
export function lookingBack(meta, mayReturn) {
  if (!meta?.timeline.is_looking) return null;
  return {
    level: "info",
    text: `You look back at step ${integer(meta.step)} of ${integer(meta.timeline.now)}: this is the step `
      + "that came after it.",
    actions: mayReturn ? [{ action: "now", label: "Back to now" }] : [],
  };
}

/** Whether the step that was taken did what was shown. */
export function outcomeText({ step, parameters, different, largest }) {
  const all = integer(parameters);
  if (!different) {
    return `Step ${integer(step)} is taken. All ${all} parameters of the run are now exactly the new ones shown `
      + "here, bit for bit.";
  }
  return `Step ${integer(step)} is taken, but ${integer(different)} of ${all} parameters are not what was `
    + `shown; the largest difference is ${largest}.`;
}
