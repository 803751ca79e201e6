// The page on which a run reads what a person draws: mounted by Streamlit, fed by the run itself.

import { connect } from "../live/connection.js";
import { createDiagram } from "../live/diagram.js";
import { create } from "../live/panels.js";
import { createTheme } from "../live/theme.js";
import { createAnswer } from "./answer.js";
import { createLikeness } from "./likeness.js";
import { createPad } from "./pad.js";
import { createAsker } from "./reader.js";
import { createRunBar } from "./runbar.js";
import { createStages } from "./stages.js";
import { createDrawing, createReader, READ_PIXELS, toBase64 } from "./strokes.js";
import { createWhy } from "./why.js";

const STYLES = ["../live/live.css", "draw.css"];
const mounted = new WeakMap();

/** Streamlit calls this when the component appears and whenever its data change. */
export default async function mount({ parentElement, data, setTriggerValue }) {
  let page = mounted.get(parentElement);
  if (!page || !page.root.isConnected) {
    page = createPage(parentElement, data, setTriggerValue);
    mounted.set(parentElement, page);
    await page.styled;
  }
  page.show(data);
  return () => {
    page.destroy();
    mounted.delete(parentElement);
  };
}

function loadStyles(parent) {
  const links = STYLES.map((name) => {
    const link = create("link");
    link.rel = "stylesheet";
    link.href = new URL(name, import.meta.url);
    return link;
  });
  const loaded = links.map((link) => new Promise((done) => { link.onload = link.onerror = done; }));
  parent.append(...links);
  return { links, styled: Promise.all(loaded) };
}

function createPage(parentElement, firstData, setTriggerValue) {
  const root = create("div", "nnviz nnviz-draw");
  const { links, styled } = loadStyles(parentElement);
  parentElement.append(root);
  const theme = createTheme(root);
  const drawing = createDrawing(() => changed());
  const inkOf = createReader();
  let data = firstData;
  let line = null;
  let off = [];
  let lastFrame = null;

  const notice = create("div", "nnviz-notice");
  notice.setAttribute("role", "alert");
  notice.hidden = true;
  const runBar = createRunBar(root, (isRunning) => line.act("run", isRunning));
  root.append(notice);
  const desk = create("div", "nnviz-desk");
  const left = create("div", "nnviz-desk-side");
  desk.append(left);
  root.append(desk);
  const pad = createPad(left, theme, drawing);
  const answer = createAnswer(desk, () => {});
  const grid = create("div", "nnviz-grid nnviz-draw-grid");
  root.append(grid);
  const stages = createStages(grid, theme, (names) => {
    off = names;
    asker.changed();
  });
  const likeness = createLikeness(grid, theme);
  const why = createWhy(grid, theme);
  const diagram = createDiagram(grid, theme);

  const asker = createAsker({
    question() {
      if (drawing.isEmpty) {
        showHint("");
        return null;
      }
      return { ink: toBase64(inkOf(drawing)), size: READ_PIXELS, off };
    },
    ask: (args) => line.ask("read", args),
    answer(reading, milliseconds) {
      if (drawing.isEmpty) return;
      root.dataset.answers = Number(root.dataset.answers ?? 0) + 1;
      root.dataset.latency = milliseconds.toFixed(1);
      showReading(reading);
    },
    failure: (text) => say("warning", text),
  });

  function changed() {
    pad.refresh();
    asker.changed();
  }

  function showHint(hint) {
    answer.show({ meta: { hint }, arrays: {} });
    grid.dataset.hasReading = "false";
    diagram.read(null);
  }

  function showReading(reading) {
    const { meta, arrays } = reading;
    if (meta.hint !== null) {
      showHint(meta.hint);
      return;
    }
    answer.show(reading);
    pad.describe(`Your drawing. ${answer.text}`);
    grid.dataset.hasReading = "true";
    for (const panel of [stages, likeness, why]) panel.draw(reading);
    diagram.read({
      activations: meta.activation_scales.map((_, layer) => arrays[`A${layer}`].data),
      scales: meta.activation_scales,
    });
  }

  function say(level, text) {
    notice.hidden = text === null;
    notice.dataset.level = level;
    notice.textContent = text ?? "";
  }

  function open(run) {
    line?.close();
    line = connect(run, {
      frame(frame) {
        lastFrame = frame;
        answer.prepare(frame.meta.classes);
        runBar.update(frame.meta, data.label, data.trained_for_this);
        diagram.draw(frame);
        asker.moved(frame.meta.version);
      },
      message(kind, text) {
        if (kind === "unknown") setTriggerValue("changed", -1);
        say(kind === "lost" ? "warning" : "error", text);
      },
      online(isOnline) {
        say("warning", isOnline ? null : "The connection is lost. The run goes on; trying again.");
        if (isOnline) asker.changed();
      },
    });
  }

  return {
    root,
    styled,
    show(newData) {
      const isNew = data.run !== newData.run || line === null;
      data = newData;
      if (isNew) open(data.run);
    },
    destroy() {
      asker.stop();
      line?.close();
      [stages, likeness, why, diagram, pad, theme].forEach((part) => part.destroy());
      root.remove();
      links.forEach((link) => link.remove());
    },
  };
}
