// Saving a chart: a small menu at the head of its panel. PNG at 300 dots per inch, or SVG.

import { create, setText } from "./panels.js";
import { pictureOf } from "./picture.js";

// CSS pixels are 96 to the inch.
const PNG_SCALE = 300 / 96;
// What a PNG says of its size on paper, or other programs take it for four times as large: the
// chunk pHYs, 11,811 dots a metre in both directions, with its checksum.
const DENSITY = new Uint8Array([
  0, 0, 0, 9, 0x70, 0x48, 0x59, 0x73, 0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1, 0x78, 0xa5, 0x3f, 0x76,
]);
const PNG_HEAD = 33; // bytes of the signature and the first chunk, which the others follow

const FORMATS = {
  png: { label: "PNG", make: pngOf },
  svg: { label: "SVG", make: ({ svg }) => new Blob([svg], { type: "image/svg+xml" }) },
};

/**
 * Offer a panel's chart as a file.
 * @param {object} panel from createPanel
 * @param {object} theme from createTheme
 */
export function offerSaving(panel, theme) {
  const menu = create("details", "nnviz-save");
  const summary = create("summary", "nnviz-button", "Save");
  summary.setAttribute("aria-label", `Save chart: ${panel.heading.textContent}`);
  const choices = create("div", "nnviz-save-choices");
  const failed = create("p", "nnviz-note");
  failed.setAttribute("role", "status");
  for (const [ending, { label, make }] of Object.entries(FORMATS)) {
    const button = create("button", "nnviz-button", label);
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        const { meta } = panel.frame;
        const picture = pictureOf(panel, theme);
        const name = `${meta.name}-${panel.section.dataset.panel}-step-${meta.step}.${ending}`;
        offer(await make(picture), name);
        close();
      } catch (error) {
        setText(failed, `The chart could not be saved: ${error.message}`);
      }
    });
    choices.append(button);
  }
  choices.append(failed);
  menu.append(summary, choices);
  panel.options.append(menu);

  function close() {
    menu.open = false;
    setText(failed, "");
    summary.focus();
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) close();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  });
}

/** The picture in pixels: the browser draws its SVG, which holds all it needs. */
async function pngOf({ svg, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = create("canvas");
  canvas.width = Math.round(width * PNG_SCALE);
  canvas.height = Math.round(height * PNG_SCALE);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  if (!blob) throw new Error("the browser has no memory for a picture of this size.");
  return new Blob([blob.slice(0, PNG_HEAD), DENSITY, blob.slice(PNG_HEAD)], { type: blob.type });
}

/** Have the browser save a blob; the link is not in the page, where a click closes popovers. */
export function offer(blob, name) {
  const link = create("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers read it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
