// Networks that can be trained for drawings: in place of a run that cannot read, and beside one.

import { create, createButton, setText } from "../live/panels.js";

/** A row of buttons, one for each network offered, made again only where the offers change. */
function createRow(parent, onFresh) {
  const bar = create("div", "nnviz-toolbar");
  parent.append(bar);
  let shown = "";
  return (offers) => {
    if (JSON.stringify(offers) === shown) return;
    shown = JSON.stringify(offers);
    bar.replaceChildren();
    offers.forEach(({ id, label }) => createButton(
      bar, `Train one on ${label}`, "The network that reads now is kept, under My runs",
      () => onFresh(id),
    ));
  };
}

/**
 * What to do about a run that cannot read, or has not learned to yet.
 * @param {Element} root
 * @param {(id: string) => void} onFresh have a network trained on this data set
 */
export function createOffer(root, onFresh) {
  const box = create("section", "nnviz-notice nnviz-offer");
  box.setAttribute("aria-label", "A network that can read");
  const words = create("p");
  box.append(words);
  const offer = createRow(box, onFresh);
  root.append(box);
  box.hidden = true;

  return {
    /** Show it where the run of a frame cannot read; returns whether it can. */
    update(meta, { label, offers }) {
      offer(offers);
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

/**
 * Other networks to be read by.
 * @param {Element} parent
 * @param {(id: string) => void} onFresh have a network trained on this data set
 */
export function createOthers(parent, onFresh) {
  const box = create("section", "nnviz-others");
  box.setAttribute("aria-label", "Another network");
  const lead = create("p", "nnviz-note", "Be read by another network, trained for drawings:");
  box.append(lead);
  const offer = createRow(box, onFresh);
  const lacking = create("p", "nnviz-note");
  box.append(lacking);
  parent.append(box);

  return {
    /** Offer those that the run of the page is not; name those whose images are not here. */
    update({ offers, trained_for_this: present, lacking: missing }) {
      const others = offers.filter(({ id }) => id !== present);
      lead.hidden = others.length === 0;
      lacking.hidden = missing.length === 0;
      box.hidden = lead.hidden && lacking.hidden;
      offer(others);
      setText(
        lacking,
        `${missing.join(", ")}: the images are not on this server yet. Choose that data set in the lab `
          + "to get them; a network trained on them can then be had here.",
      );
    },
  };
}
