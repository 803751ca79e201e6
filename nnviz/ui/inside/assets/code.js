// A function of the library, the lines that computed what is shown marked among the others.

import { create } from "../live/panels.js";

const PIECES = /(#.*$)|("[^"]*")|([A-Za-z_][\w.]*)|([^A-Za-z_#"]+)/g;

/**
 * @param {Element} parent
 * @param {object} listing of nnviz/ui/inside/listings.py
 * @param {string[]} marks names of the lines to mark; none marks nothing
 */
export function createListing(parent, listing, marks = []) {
  const box = create("figure", "inside-code");
  const caption = create("figcaption", "", listing.title);
  if (listing.about) caption.append(create("span", "", listing.about));
  box.append(caption);
  const pre = create("pre");
  pre.setAttribute("aria-label", `Source of ${listing.title}`);
  const marked = new Set(marks.flatMap((name) => listing.marks[name] ?? []));
  listing.lines.forEach((text, index) => {
    const line = create("span", "inside-line");
    const number = create("span", "inside-line-number", String(listing.numbers[index]));
    number.setAttribute("aria-hidden", "true");
    const code = create(marked.has(index) ? "mark" : "code");
    // What does not fit goes on below, set in a little further than the line.
    code.style.setProperty("--indent", `${text.search(/\S|$/) + 4}ch`);
    code.append(...colored(text, listing.symbols));
    line.append(number, code);
    pre.append(line, "\n");
  });
  box.append(pre);
  parent.append(box);
  return box;
}

function* colored(line, symbols) {
  for (const [piece, comment, text, name] of line.matchAll(PIECES)) {
    if (comment) yield create("span", "inside-comment", piece);
    else if (name && !text) yield* dotted(name, symbols);
    else yield document.createTextNode(piece);
  }
}

/** Colour the longest beginning of a dotted name that stands for a quantity. */
function dotted(name, symbols) {
  const parts = name.split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const start = parts.slice(0, length).join(".");
    if (Object.hasOwn(symbols, start)) {
      return [create("span", `q-${symbols[start]}`, start), name.slice(start.length)];
    }
  }
  return [document.createTextNode(name)];
}
