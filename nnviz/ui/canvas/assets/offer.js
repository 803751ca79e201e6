// What to do about a run that cannot read, or has not learned to yet.

import { create, createButton, setText } from "../live/panels.js";

/**
 * @param {Element} root
 * @param {(id: string) => void} onFresh have a network trained on this data set
 */
export function createOffer(root, onFresh) {
  const box = create("section", "nnviz-notice nnviz-offer");
  box.setAttribute("aria-label", "A network that can read");
  const words = create("p");
  const bar = create("div", "nnviz-toolbar");
  box.append(words, bar);
  root.append(box);
  box.hidden = true;
  let shown = "";

  function layOut(offers) {
    shown = JSON.stringify(offers);
    bar.replaceChildren();
    offers.forEach(({ id, label }) => createButton(bar, `Train one on ${label}`, "", () => onFresh(id)));
  }

  return {
    /** Show it where the run of a frame cannot read; returns whether it can. */
    update(meta, { label, offers }) {
      if (JSON.stringify(offers) !== shown) layOut(offers);
      const reads = meta.layers[0].image_shape !== null;
      const isRaw = meta.step === 0 && meta.state !== "running";
      box.hidden = reads && !isRaw;
      if (!reads) {
        setText(words, `This run learns from ${label}: no images, so it cannot read drawings.`);
      } else if (isRaw) {
        setText(
          words,
          "This network has learned nothing yet: it guesses. Press Run, or have another one trained "
            + "for drawings; this one is kept.",
        );
      }
      return reads;
    },
  };
}
