// The confusion matrix as a real table: only cells whose text or colour changed are touched.

import { integer } from "./numbers.js";
import { create, createChoice, createPanel, setText } from "./panels.js";

const WIDE_COUNT = 1000;
const LONG_NAME = 3; // characters of a class's name that still stand upright over a column
const MANY_CLASSES = 12; // above, the table is wider than its panel, which scrolls
const NARROWEST_CELL = 30; // CSS pixels
const MARGINS = 130;
const UNDEFINED = "–";

const MODES = {
  counts: { label: "Counts", note: "number of samples", text: (count) => String(count) },
  share: {
    label: "Share",
    note: "share of the row in %",
    text: (count, total) => (total ? String(Math.round((100 * count) / total)) : UNDEFINED),
  },
};

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 * @param {object} [about] `name` and `title` of the panel, and what its `samples` are
 */
export function createConfusion(
  parent, theme, { name = "confusion", title = "Confusion matrix", samples = "test samples" } = {},
) {
  let mode = "counts";
  let classes = "";
  let table = null;

  const panel = createPanel(parent, {
    name, title, theme, paint,
    invalidate: () => table?.forgetColors(),
  });
  const choice = createChoice(panel.options, {
    label: `${title}: numbers shown`,
    options: Object.entries(MODES).map(([id, { label }]) => [id, label]),
    value: mode,
    onChange: setMode,
  });

  function setMode(newMode) {
    mode = newMode;
    choice.value = newMode;
    panel.repaint();
  }

  function paint({ meta, arrays }) {
    const names = meta.classes.join("\n");
    if (names !== classes) {
      classes = names;
      table?.element.remove();
      table = createTable(panel.body, meta.classes);
    }
    setText(
      table.caption,
      `${integer(meta.measured_test)} ${samples}, ${MODES[mode].note}; margins in %`,
    );
    fillTable(table, arrays.confusion.data, MODES[mode].text, theme.colors.sequential);
  }

  return {
    draw: panel.draw, settle: panel.settle, destroy: panel.destroy, section: panel.section, setMode,
  };
}

function fillTable(table, counts, textOf, scale) {
  const size = table.cells.length;
  const columnTotals = new Array(size).fill(0);
  for (let row = 0; row < size; row += 1) {
    let total = 0;
    for (let column = 0; column < size; column += 1) {
      const count = counts[row * size + column];
      total += count;
      columnTotals[column] += count;
    }
    for (let column = 0; column < size; column += 1) {
      const count = counts[row * size + column];
      const share = total ? count / total : 0;
      table.cells[row][column].set(textOf(count, total), share, scale);
    }
    setText(table.recall[row], ratio(counts[row * size + row], total));
  }
  // Four figures in a narrow cell.
  table.element.dataset.counts = Math.max(...columnTotals) < WIDE_COUNT ? "short" : "long";
  columnTotals.forEach((total, column) => {
    setText(table.precision[column], ratio(counts[column * size + column], total));
  });
}

/** Whole percent: what fits the margin of a phone. */
function ratio(part, total) {
  return total ? String(Math.round((100 * part) / total)) : UNDEFINED;
}

function createTable(parent, classes) {
  const element = create("div", "nnviz-confusion");
  const table = create("table");
  if (classes.length > MANY_CLASSES) {
    table.style.minWidth = `${classes.length * NARROWEST_CELL + MARGINS}px`;
    element.dataset.size = "many";
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Confusion matrix, scrolls sideways");
  }
  const isLong = classes.some((name) => name.length > LONG_NAME);
  element.dataset.names = isLong ? "long" : "short";
  const caption = create("caption");
  table.append(caption, tableHead(classes));

  const body = create("tbody");
  const cells = [];
  const recall = [];
  classes.forEach((name, row) => {
    const line = create("tr");
    if (row === 0) line.append(sideHeader(classes.length));
    line.append(header(name, "row"));
    cells.push(classes.map((_, column) => createCell(line, row === column)));
    recall.push(createMargin(line));
    body.append(line);
  });

  const foot = create("tfoot");
  const line = create("tr");
  const label = header("Precision", "row");
  label.colSpan = 2;
  line.append(label);
  const precision = classes.map(() => createMargin(line));
  line.append(create("td"));
  foot.append(line);

  table.append(body, foot);
  element.append(table);
  parent.append(element);
  return {
    element, caption, cells, recall, precision,
    forgetColors: () => cells.flat().forEach((cell) => cell.forget()),
  };
}

function tableHead(classes) {
  const head = create("thead");
  const titles = create("tr");
  const corner = create("td");
  corner.colSpan = 2;
  corner.rowSpan = 2;
  const predicted = header("Predicted label", "colgroup");
  predicted.colSpan = classes.length;
  const recall = header("Recall", "col");
  recall.rowSpan = 2;
  recall.className = "nnviz-recall";
  titles.append(corner, predicted, recall);
  const names = create("tr");
  names.append(...classes.map((name) => header(name, "col")));
  head.append(titles, names);
  return head;
}

function sideHeader(rows) {
  const side = header("", "rowgroup");
  side.rowSpan = rows;
  side.className = "nnviz-side";
  side.append(create("span", "", "True label"));
  return side;
}

function header(name, scope) {
  const cell = create("th", "", name);
  cell.scope = scope;
  cell.title = name;
  return cell;
}

function createMargin(line) {
  const cell = create("td", "nnviz-margin");
  line.append(cell);
  return cell;
}

function createCell(line, onDiagonal) {
  const cell = create("td", onDiagonal ? "nnviz-right" : "");
  line.append(cell);
  let level = -1;
  return {
    set(text, share, scale) {
      setText(cell, text);
      const next = Math.round(share * (scale.length - 1));
      if (next === level) return;
      level = next;
      cell.style.backgroundColor = scale[level].background;
      cell.style.color = scale[level].text;
    },
    forget() {
      level = -1;
    },
  };
}
