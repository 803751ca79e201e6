// The list of a browser's runs: a row each, with its loss curve, its name and what can be done.

import { mounting } from "../live/mounting.js";
import { integer, percent } from "../live/numbers.js";
import { create, createButton, setText } from "../live/panels.js";

const SVG = "http://www.w3.org/2000/svg";
const CURVE = { width: 120, height: 34, margin: 3 };
const dates = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});

export default mounting(createList, "../runs/runs.css");

function createList({ parentElement, setTriggerValue }) {
  const root = create("div", "nnviz nnviz-runs");
  const undo = create("div", "nnviz-notice nnviz-runs-undo");
  undo.setAttribute("role", "status");
  const undoText = create("span");
  undo.append(undoText);
  const rows = create("ul");
  const empty = create("p", "", "No runs yet. The lab makes one when it is opened.");
  root.append(undo, rows, empty);
  parentElement.append(root);

  const ask = (op, run, value = "") => setTriggerValue("asked", { op, run, value });
  let deleted = null;
  createButton(undo, "Undo", "Have the run back", () => ask("undelete", deleted.id));

  // What another tab has trained meanwhile; nothing is asked while nobody looks.
  const refresh = () => {
    if (document.visibilityState === "visible") ask("refresh", "");
  };
  document.addEventListener("visibilitychange", refresh);

  return {
    root,
    show(data) {
      ({ deleted } = data);
      undo.hidden = deleted === null;
      if (deleted) setText(undoText, `Deleted: ${deleted.name || "a run without a name"}. `);
      empty.hidden = data.runs.length > 0;
      // What is being typed is not written over; the row is drawn when it is finished.
      if (rows.contains(document.activeElement) && document.activeElement.matches("input")
        && document.activeElement.value !== document.activeElement.defaultValue) return;
      rows.replaceChildren(...data.runs.map((run) => createRow(run, data.longest, ask)));
    },
    destroy() {
      document.removeEventListener("visibilitychange", refresh);
      root.remove();
    },
  };
}

function createRow(run, longest, ask) {
  const row = create("li");
  const about = create("div", "nnviz-runs-about");
  const called = run.name || `${run.network || "run"} on ${run.dataset || "data"}`;
  about.append(
    createName(run, longest, ask),
    create("span", "nnviz-runs-details", [
      run.dataset, run.network, `step ${integer(run.step)}`, dates.format(run.saved * 1000),
    ].filter(Boolean).join(" · ")),
  );
  const accuracy = create("div", "nnviz-runs-accuracy");
  accuracy.append(
    create("span", "", "test accuracy "),
    create("strong", "", run.accuracy === null ? "–" : percent(run.accuracy)),
  );
  const buttons = create("div", "nnviz-runs-buttons");
  for (const [label, op, value] of [
    ["Open", "open", ""], ["Duplicate", "duplicate", run.name], ["Delete", "delete", run.name],
  ]) {
    const button = createButton(buttons, label, "", () => ask(op, run.id, value));
    button.setAttribute("aria-label", `${label}: ${called}`);
  }
  row.append(createCurve(run.curve), about, accuracy, buttons);
  return row;
}

/** The name as a field: Enter or leaving it renames, Escape does not. */
function createName(run, longest, ask) {
  const input = create("input", "nnviz-runs-name");
  Object.assign(input, {
    type: "text", defaultValue: run.name, maxLength: longest, placeholder: "give it a name to keep it",
  });
  input.setAttribute("aria-label", "Name of the run");
  input.addEventListener("change", () => {
    const name = input.value;
    input.defaultValue = name;
    ask("rename", run.id, name);
  });
  input.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") input.value = input.defaultValue;
    if (key === "Enter" || key === "Escape") input.blur();
  });
  return input;
}

/** The training loss as a small line, from the first figure measured to the last. */
function createCurve(values) {
  const { width, height, margin } = CURVE;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", values.length
    ? `Training loss from ${values[0]} to ${values.at(-1)}` : "No training loss yet");
  const highest = Math.max(...values, 1e-12);
  const x = (index) => margin + (index / Math.max(1, values.length - 1)) * (width - 2 * margin);
  const y = (value) => height - margin - (value / highest) * (height - 2 * margin);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", values.map((value, index) => `${x(index)},${y(value)}`).join(" "));
  svg.append(line);
  if (values.length) {
    const end = document.createElementNS(SVG, "circle");
    end.setAttribute("cx", x(values.length - 1));
    end.setAttribute("cy", y(values.at(-1)));
    end.setAttribute("r", 2.5);
    svg.append(end);
  }
  return svg;
}
