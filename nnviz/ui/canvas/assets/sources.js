// What can be read besides a drawing: a picture from a file, and a sample of the test set.

import { create, createButton } from "../live/panels.js";
import { fromBase64, pictureItem } from "./strokes.js";

const MOST_BYTES = 12_000_000;

/**
 * @param {Element} parent
 * @param {Element} pad where pictures may be dropped
 * @param {object} on
 * @param {(item: object) => void} on.picture puts a picture on the paper
 * @param {() => void} on.sample takes a test sample
 * @param {(text: string) => void} on.failure
 */
export function createSources(parent, pad, on) {
  const bar = create("div", "nnviz-toolbar nnviz-tools");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Instead of drawing");
  const input = create("input");
  Object.assign(input, { type: "file", accept: "image/png,image/jpeg", hidden: true });
  input.setAttribute("aria-label", "Picture of a digit");
  bar.append(input);
  createButton(bar, "Open a picture", "A photo or scan of one digit: PNG or JPEG", () => input.click());
  createButton(bar, "Take a test sample", "An image that the network was never trained on", on.sample);
  parent.append(bar);

  async function read(file) {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      on.failure(`This file has ${(file.size / 1e6).toFixed(0)} MB; at most 12 MB are taken.`);
      return;
    }
    try {
      const address = new URL("nnviz/picture", document.baseURI);
      const response = await fetch(address, { method: "POST", body: file });
      const answer = await response.json();
      if (answer.error) on.failure(answer.error);
      else on.picture(pictureItem(answer.size, fromBase64(answer.ink)));
    } catch {
      on.failure("The picture did not reach the server. Try again.");
    }
  }

  input.addEventListener("change", () => {
    read(input.files[0]);
    input.value = ""; // the same file again is a change again
  });
  pad.addEventListener("dragover", (event) => event.preventDefault());
  pad.addEventListener("drop", (event) => {
    event.preventDefault();
    read(event.dataTransfer.files[0]);
  });
  function paste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) read(file);
  }
  window.addEventListener("paste", paste);

  return { destroy: () => window.removeEventListener("paste", paste) };
}
