// What a page has to say, and the buttons that answer it.

import { create, createButton } from "./panels.js";

const MESSAGE_MS = 12000;

/** A box that screen readers read out when it is filled; hidden while it is empty. */
export function createNotice() {
  const notice = create("div", "nnviz-notice");
  notice.setAttribute("role", "alert");
  notice.hidden = true;
  return notice;
}

/**
 * Return what says a message for a while (`lasts`, 0: until the next one), or none any more (null).
 * @param {(shown: {level: string, text: string}|null) => void} show
 */
export function createMessages(show) {
  let timer = 0;
  return function say(level, text, lasts = MESSAGE_MS) {
    clearTimeout(timer);
    show(text === null ? null : { level, text });
    if (text !== null && lasts) timer = setTimeout(() => say(level, null), lasts);
  };
}

/**
 * Show a message in a node, or hide the node where there is none.
 * @param {Element} node
 * @param {{level: string, text: string, actions?: Array<{action: string, label: string}>}|null} shown
 * @param {(action: string) => void} [act] does what a button stands for
 */
export function fillNotice(node, shown, act = null) {
  node.hidden = shown === null;
  if (shown === null) return;
  node.dataset.level = shown.level;
  node.replaceChildren(create("span", "", shown.text));
  (shown.actions ?? []).forEach(({ action, label }) => {
    const button = createButton(node, label, "", () => {
      button.disabled = true; // a double click asks once
      act(action);
    });
  });
}
