// A panel as one SVG picture at print size: its title and settings, then everything of it where
// it stands on the page, texts as texts and charts as lines. In the colours of the light theme.

import { integer } from "./numbers.js";
import { createRecorder, escaped, fittedTo, round } from "./recorder.js";

const MARGIN = 16;
const TITLE_PIXELS = 18;
const SETTINGS_PIXELS = 13;
const LINE_PIXELS = 18;
const SEPARATOR = " · ";

/**
 * @param {object} panel from createPanel, with a frame painted
 * @param {object} theme from createTheme
 * @returns {{svg: string, width: number, height: number}} the picture, sizes in CSS pixels
 */
export function pictureOf(panel, theme) {
  const root = panel.section.closest(".nnviz");
  root.classList.add("nnviz-print");
  theme.refresh();
  try {
    return painted(panel, theme);
  } finally {
    root.classList.remove("nnviz-print");
    theme.refresh();
  }
}

function painted(panel, theme) {
  const { colors } = theme;
  const canvases = [...panel.body.querySelectorAll("canvas")];
  const recorders = new Map(canvases.map((canvas) => [canvas, record(canvas)]));
  panel.paintAgain();
  for (const canvas of canvases) delete canvas.getContext;

  const body = panel.body.getBoundingClientRect();
  const elements = [];
  let [right, bottom] = [body.width, 0];
  const place = ({ left, top, width, height }) => {
    right = Math.max(right, left - body.left + width);
    bottom = Math.max(bottom, top - body.top + height);
    return [left - body.left, top - body.top, width, height].map(round);
  };
  addNode(panel.body, elements, place, recorders);

  const width = Math.ceil(right) + 2 * MARGIN;
  const head = heading(panel, colors, width - 2 * MARGIN);
  const height = Math.ceil(head.height + bottom) + 2 * MARGIN;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `
    + `viewBox="0 0 ${width} ${height}"><title>${escaped(head.title)}</title>`
    + `<rect width="100%" height="100%" fill="${colors.background}"/>`
    + `<g transform="translate(${MARGIN} ${MARGIN})">${head.elements.join("")}`
    + `<g transform="translate(0 ${head.height})">${elements.join("")}</g></g></svg>`;
  return { svg, width, height };
}

/** Have what is drawn on a canvas written down from now on, by whatever way it gets its context. */
function record(canvas) {
  const context = canvas.getContext("2d");
  const recorder = createRecorder(context);
  canvas.getContext = () => recorder.context;
  return recorder;
}

/** Title and settings, in as many lines as they need. */
function heading(panel, colors, width) {
  const { meta } = panel.frame;
  const title = panel.heading.textContent;
  const context = document.createElement("canvas").getContext("2d");
  const elements = [];
  const add = (text, y, size, weight, color) => {
    context.font = `${weight} ${size}px ${colors.font}`;
    const fitted = attributesOf(fittedTo(context.measureText(text).width));
    elements.push(`<text y="${y}" font-family="${escaped(colors.font)}" font-size="${size}" `
      + `font-weight="${weight}" fill="${color}" ${fitted}>${escaped(text)}</text>`);
  };
  add(title, TITLE_PIXELS, TITLE_PIXELS, 600, colors.text);
  context.font = `${SETTINGS_PIXELS}px ${colors.font}`;
  const lines = brokenInto(width, [...meta.settings, `step ${integer(meta.step)}`], context);
  lines.forEach((line, index) => {
    add(line, TITLE_PIXELS + LINE_PIXELS * (index + 1.2), SETTINGS_PIXELS, 400, colors.muted);
  });
  return { title, elements, height: TITLE_PIXELS + LINE_PIXELS * (lines.length + 1.2) };
}

/** Parts in lines of a width at most. */
function brokenInto(width, parts, context) {
  const lines = [];
  for (const part of parts) {
    const longer = lines.length ? lines.at(-1) + SEPARATOR + part : "";
    if (longer && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function attributesOf(values) {
  return Object.entries(values).map(([name, value]) => `${name}="${value}"`).join(" ");
}

/** Add what is to be seen of an element and of all in it. */
function addNode(element, elements, place, recorders) {
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return;
  if (element.matches(".nnviz-hidden, .nnviz-marker, .nnviz-probe, [aria-pressed=false]")) return;
  const box = element.getBoundingClientRect();
  if (element instanceof HTMLCanvasElement) {
    addCanvas(element, box, elements, place, recorders);
    return;
  }
  addBackground(style, box, elements, place);
  for (const child of element.childNodes) {
    if (child instanceof Element) addNode(child, elements, place, recorders);
    else if (child instanceof Text) addText(child, style, elements, place);
  }
}

function addCanvas(canvas, box, elements, place, recorders) {
  const [x, y, width] = place(box);
  const scale = width / canvas.width;
  const drawn = recorders.get(canvas).elements;
  elements.push(`<g transform="translate(${x} ${y}) scale(${scale})">${drawn.join("")}</g>`);
}

let gradientCount = 0;

function addBackground(style, box, elements, place) {
  const stops = style.backgroundImage.match(/rgba?\([^)]*\)/g);
  const color = style.backgroundColor;
  if (!stops && /, 0\)$|transparent/.test(color)) return;
  const [x, y, width, height] = place(box);
  let fill = color;
  if (stops) {
    gradientCount += 1;
    const marks = stops.map((stop, index) =>
      `<stop offset="${round(index / (stops.length - 1))}" stop-color="${stop}"/>`);
    elements.push(`<linearGradient id="gradient-${gradientCount}">${marks.join("")}</linearGradient>`);
    fill = `url(#gradient-${gradientCount})`;
  }
  elements.push(`<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`);
}

function addText(node, style, elements, place) {
  const look = `font-family="${escaped(style.fontFamily)}" font-weight="${style.fontWeight}" `
    + `fill="${style.color}"`;
  const size = parseFloat(style.fontSize);
  const vertical = style.writingMode.startsWith("vertical");
  for (const { text, box } of vertical ? [wholeOf(node)] : linesOf(node)) {
    const [x, y, width, height] = place(box);
    const [length, across] = vertical ? [height, width] : [width, height];
    // Upwards, as it stands on the page: there it is written downwards and then turned.
    const where = vertical
      ? `transform="translate(${round(x + across / 2 + 0.35 * size)} ${y + height}) rotate(-90)"`
      : `x="${x}" y="${round(y + across / 2 + 0.35 * size)}"`;
    elements.push(`<text ${where} font-size="${size}" ${look} `
      + `${attributesOf(fittedTo(length))}>${escaped(text)}</text>`);
  }
}

function wholeOf(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  return { text: node.data.trim(), box: range.getBoundingClientRect() };
}

/** The lines that a text is broken into on the page, each with its box. */
function linesOf(node) {
  const lines = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 2 && box.left >= line.box.right) {
      line.text += ` ${word}`;
      line.box = new DOMRect(
        line.box.left, line.box.top, box.right - line.box.left, line.box.height,
      );
    } else {
      lines.push({ text: word, box });
    }
  }
  return lines;
}
