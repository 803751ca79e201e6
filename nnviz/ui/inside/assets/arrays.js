// One array with its symbol and shape: as numbers where they can be read, as colours where there
// are too many, every number of it under the pointer or the arrow keys. It can be taken along.

import { create, createAnnouncer, createChartFrame, createSurface, setText } from "../live/panels.js";
import { divergingIndex } from "../live/theme.js";
import { csv, show } from "./digits.js";
import { copy, download } from "./export.js";
import { formula } from "./math.js";

const MOST_COLUMNS = 10;
const MOST_ROWS = 12;
const WIDEST = 330;
const TALLEST = 250;
const BIAS_GAP = 5;
const ARROWS = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
};

/**
 * @param {Element} parent
 * @param {object} theme
 * @param {object} array
 * @param {string} array.name id for tests, focus and files
 * @param {string} array.symbol LaTeX
 * @param {string} array.about what it is, in words
 * @param {number[]} array.shape of the whole of it
 * @param {Array<string|number>} array.rows names of the rows shown
 * @param {Array<string|number>} array.columns names of the columns shown
 * @param {(row: number, column: number) => number} array.at
 * @param {boolean} [array.hasBias] whether the last row is the biases'
 * @param {boolean} [array.isPicture] whether colours say more than numbers
 * @param {{row: number, column: number}} [array.picked] what is marked; -1 for neither
 * @param {(row: number, column: number) => void} [array.onPick]
 * @param {() => Promise<Iterable<Iterable<number>>>} array.fetchAll the rows of the whole of it
 * @param {number} digits
 * @param {(text: string, isError: boolean) => void} say
 */
export function createArray(parent, theme, array, digits, say) {
  const box = create("figure", "inside-array");
  box.dataset.array = array.name;
  const title = create("figcaption");
  title.append(formula(array.symbol), create("span", "inside-shape", array.shape.join(" × ")));
  title.append(create("span", "inside-about", array.about));
  box.append(title);
  parent.append(box);
  const isReadable = !array.isPicture
    && array.columns.length <= MOST_COLUMNS && array.rows.length <= MOST_ROWS;
  (isReadable ? createNumbers : createColors)(box, theme, array, digits);
  box.append(createExports(array, say));
  return box;
}

function createExports(array, say) {
  const row = create("div", "inside-exports");
  const offer = (label, name, act) => {
    const button = create("button", "", label);
    button.type = "button";
    button.setAttribute("aria-label", `${name} ${array.about}`);
    button.dataset.focus = `${label} ${array.name}`;
    button.addEventListener("click", async () => {
      try {
        await act(csv(await array.fetchAll()));
      } catch (error) {
        say(error.message, true);
      }
    });
    row.append(button);
  };
  offer("copy", "Copy", async (text) => {
    await copy(text);
    say(`Copied: ${array.about}, ${array.shape.join(" by ")}.`, false);
  });
  offer("CSV", "Download as CSV:", (text) => download(text, `${array.name.replace("/", "-")}.csv`));
  return row;
}

function isPicked({ picked }, row, column) {
  if (!picked || (picked.row < 0 && picked.column < 0)) return false;
  return (picked.row < 0 || picked.row === row) && (picked.column < 0 || picked.column === column);
}

function createNumbers(box, theme, array, digits) {
  const scroller = create("div", "inside-scroll");
  const table = create("table");
  table.setAttribute("aria-label", array.about);
  const head = create("tr");
  head.append(create("td"));
  array.columns.forEach((name, column) => {
    const cell = create("th");
    cell.scope = "col";
    cell.append(pickButton(array, name, -1, column));
    head.append(cell);
  });
  table.append(create("thead"), create("tbody"));
  table.tHead.append(head);
  array.rows.forEach((name, row) => {
    const line = create("tr", array.hasBias && row === array.rows.length - 1 ? "inside-bias" : "");
    const label = create("th");
    label.scope = "row";
    label.append(pickButton(array, name, row, -1));
    line.append(label);
    array.columns.forEach((_, column) => {
      const cell = create("td", "", show(array.at(row, column), digits));
      if (isPicked(array, row, column)) cell.className = "inside-picked";
      if (array.onPick) cell.addEventListener("click", () => array.onPick(row, column));
      line.append(cell);
    });
    table.tBodies[0].append(line);
  });
  if (array.onPick) table.className = "inside-pickable";
  scroller.append(table);
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", array.about);
  box.append(scroller);
}

function pickButton(array, name, row, column) {
  if (!array.onPick) return create("span", "", String(name));
  const button = create("button", "inside-name", String(name));
  button.type = "button";
  button.dataset.focus = `${array.name} ${row} ${column}`;
  button.setAttribute("aria-label", row < 0 ? `Open column ${name}` : `Open row ${name}`);
  button.addEventListener("click", () => array.onPick(row, column));
  return button;
}

function createColors(box, theme, array, digits) {
  const chart = createChartFrame(box, "heatmap");
  chart.dataset.focus = array.name;
  const surface = createSurface(chart);
  const marker = create("div", "nnviz-marker");
  chart.append(marker);
  const readout = create("p", "inside-readout", "\u00a0");
  const announce = createAnnouncer(box);
  box.append(readout);
  const [rows, columns] = [array.rows.length, array.columns.length];
  const cellWidth = fit(WIDEST / columns);
  const cellHeight = fit(TALLEST / rows);
  const biasFrom = array.hasBias ? rows - 1 : rows;
  const top = (row) => row * cellHeight + (row >= biasFrom ? BIAS_GAP : 0);
  const [width, height] = [columns * cellWidth, top(rows - 1) + cellHeight];
  let selected = null;

  let scale = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = Math.abs(array.at(row, column));
      if (value > scale && Number.isFinite(value)) scale = value;
    }
  }
  chart.setAttribute("aria-label", `${array.about}, colours from ${show(-scale, 3)} to `
    + `${show(scale, 3)}. Arrow keys read single numbers${array.onPick ? ", Enter opens one" : ""}.`);
  const note = describe(array);
  box.append(create("p", "inside-note", `${note}colours: ±${show(scale, 3)}`));

  const ratio = surface.fit(width, height);
  const context = surface.context;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.colors.line; // what is no number stays like this
  context.fillRect(0, 0, width, biasFrom * cellHeight);
  paintCells(context, theme, array, scale, (row, column) => (
    [column * cellWidth, top(row), cellWidth, cellHeight]));
  mark();

  function mark() {
    const at = selected ?? array.picked;
    marker.hidden = !at;
    if (!at) return;
    const wholeRow = !selected && at.column < 0;
    const wholeColumn = !selected && at.row < 0;
    const x = wholeRow ? 0 : at.column * cellWidth;
    const y = wholeColumn ? 0 : top(at.row);
    marker.style.transform = `translate(${x - 2}px, ${y - 2}px)`;
    marker.style.width = `${(wholeRow ? width : cellWidth) + 4}px`;
    marker.style.height = `${(wholeColumn ? height : cellHeight) + 4}px`;
  }

  function text({ row, column }) {
    const name = row === biasFrom ? "bias" : array.rows[row];
    return `[${name}, ${array.columns[column]}] = ${show(array.at(row, column), digits)}`;
  }

  function choose(cell) {
    selected = cell;
    setText(readout, cell ? text(cell) : "\u00a0");
    mark();
  }

  function cellAt(event) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(event.offsetX / cellWidth)));
    let row = rows - 1;
    while (row > 0 && event.offsetY < top(row)) row -= 1;
    return { row, column };
  }

  surface.canvas.addEventListener("pointermove", (event) => choose(cellAt(event)));
  surface.canvas.addEventListener("pointerleave", () => choose(null));
  surface.canvas.addEventListener("click", (event) => {
    const { row, column } = cellAt(event);
    array.onPick?.(row, column);
  });
  chart.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && selected && array.onPick) {
      array.onPick(selected.row, selected.column);
    }
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const from = selected ?? { row: 0, column: 0 };
    choose({
      row: Math.min(rows - 1, Math.max(0, from.row + arrow[0])),
      column: Math.min(columns - 1, Math.max(0, from.column + arrow[1])),
    });
    announce(text(selected));
  });
}

/** Paint by colour, not by cell: what changes the brush is what takes time. */
function paintCells(context, theme, array, scale, place) {
  const { half, css } = theme.colors.diverging;
  const cells = new Map();
  array.rows.forEach((_, row) => array.columns.forEach((__, column) => {
    const value = array.at(row, column);
    if (Number.isNaN(value)) return;
    const index = divergingIndex(value, scale, half);
    if (!cells.has(index)) cells.set(index, []);
    cells.get(index).push(place(row, column));
  }));
  for (const [index, rectangles] of cells) {
    context.fillStyle = css[index];
    rectangles.forEach((rectangle) => context.fillRect(...rectangle));
  }
}

function describe(array) {
  const [rows, columns] = array.shape;
  const shownRows = array.rows.length - (array.hasBias ? 1 : 0);
  const parts = [];
  if (shownRows < rows) parts.push(`${shownRows} of ${rows} rows`);
  if (array.columns.length < columns) parts.push(`${array.columns.length} of ${columns} columns`);
  return parts.length ? `shown: ${parts.join(", ")}; ` : "";
}

function fit(room) {
  return Math.max(2, Math.min(18, Math.floor(room)));
}
