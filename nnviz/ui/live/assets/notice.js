// What a page has to say, and the buttons that answer it.

import { create, createButton } from "./panels.js";

/**
 * Show a message in a node, or hide the node where there is none.
 * @param {Element} node
 * @param {{level: string, text: string, actions?: Array<{action: string, label: string}>}|null} shown
 * @param {(action: string) => void} act does what a button stands for
 */
export function fillNotice(node, shown, act) {
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
