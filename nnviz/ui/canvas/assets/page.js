// All parts of the page: what is drawn goes to the run as a question, its answer to every part.

import { connect } from "../live/connection.js";
import { createDiagram } from "../live/diagram.js";
import { createMessages, createNotice, fillNotice } from "../live/notice.js";
import { create } from "../live/panels.js";
import { createTheme } from "../live/theme.js";
import { createAnswer } from "./answer.js";
import { createGallery } from "./gallery.js";
import { createLikeness } from "./likeness.js";
import { keepItems, recallItems } from "./memory.js";
import { createOffer, createOthers } from "./offer.js";
import { createPad } from "./pad.js";
import { createAsker } from "./reader.js";
import { createRunBar } from "./runbar.js";
import { createSources } from "./sources.js";
import { createStages } from "./stages.js";
import {
  createDrawing, createReader, pictureItem, READ_PIXELS, sampleOf, toBase64,
} from "./strokes.js";
import { createTeacher } from "./teacher.js";
import { createWhy } from "./why.js";

const START_HINT = "Draw a digit, and the network says what it reads while you draw.";
const REFRESH_MS = 150;
// The answer matters more here than the frames of training, which cost the worker time too: above
// all while a stroke is drawn.
const FRAME_REST_MS = 200;
const FRAME_REST_IN_STROKE_MS = 700;
// Panels off screen catch up when nothing has changed for so long.
const SETTLE_MS = 300;

/**
 * @param {object} component what Streamlit gives
 * @param {Element} component.parentElement
 * @param {(name: string, value: unknown) => void} component.setTriggerValue tells the script
 */
export function createPage({ parentElement, setTriggerValue }) {
  const root = create("div", "nnviz nnviz-draw");
  parentElement.append(root);
  const theme = createTheme(root);
  const drawing = createDrawing(recallItems(), drawingChanged);
  const inkOf = createReader();
  let data = null;
  let line = null;
  let off = [];
  let latest = null; // the last reading
  let settling = 0;

  const runBar = createRunBar(root, {
    run: (isRunning) => line.act("run", isRunning),
    lab: () => setTriggerValue("lab", performance.now()),
  });
  const train = (id) => setTriggerValue("fresh", id);
  const offer = createOffer(root, train);
  const notice = createNotice();
  root.append(notice);
  const say = createMessages((shown) => fillNotice(notice, shown));
  const desk = create("div", "nnviz-desk");
  const [left, right] = [create("div", "nnviz-desk-paper"), create("div", "nnviz-desk-bars")];
  desk.append(left, right);
  root.append(desk);
  const pad = createPad(left, theme, drawing);
  const sources = createSources(left, pad.element, {
    picture(item) {
      say("error", null); // of a picture before, which could not be read
      drawing.replace([item]);
    },
    sample: takeSample,
    failure: (text) => say("error", text),
  });
  const answer = createAnswer(desk, right, (label) => teacher.teach(label));
  const grid = create("div", "nnviz-grid nnviz-draw-grid");
  const stages = createStages(grid, theme, (names) => {
    off = names;
    asker.changed();
  });
  const panels = [stages, createLikeness(grid, theme), createWhy(grid, theme)];
  const diagram = createDiagram(grid, theme);
  const teacher = createTeacher(right, {
    drawing,
    ink: () => inkOf(drawing),
    reading: () => latest,
    ask: (question, args) => line.ask(question, args),
    failure: (text) => say("error", text),
    createGallery: (own) => createGallery(grid, theme, own, {
      reopen: (ink, pixels) => drawing.replace([pictureItem(pixels, ink)]),
      failure: (text) => say("error", text),
      said: (text) => say("info", text),
      shown: settleSoon,
    }),
  });
  const others = createOthers(right, train);
  root.append(grid);

  const asker = createAsker(REFRESH_MS, {
    question() {
      if (desk.hidden) return null;
      if (!drawing.isEmpty) return { ...questionOf(), off };
      showHint(START_HINT);
      return null;
    },
    ask: (args) => line.ask("read", args),
    answer(reading, milliseconds) {
      if (drawing.isEmpty || desk.hidden) return;
      root.dataset.answers = Number(root.dataset.answers ?? 0) + 1;
      root.dataset.latency = milliseconds.toFixed(1);
      showReading(reading);
    },
    failure: (text) => say("warning", text),
  });

  function questionOf() {
    const sample = sampleOf(drawing);
    if (sample) return { sample: sample.number };
    return { ink: toBase64(inkOf(drawing)), size: READ_PIXELS };
  }

  function drawingChanged() {
    pad.refresh();
    if (!drawing.current) keepItems(drawing.items);
    asker.changed();
  }

  function showHint(hint) {
    latest = null;
    answer.show({ meta: { hint }, arrays: {} });
    pad.describe(`Paper to draw a digit on. ${hint}`);
    grid.dataset.hasReading = "false";
    diagram.read(null);
  }

  function showReading(reading) {
    const { meta: about, arrays } = reading;
    teacher.offerUndo(about.corrections);
    if (about.hint !== null) {
      showHint(about.hint);
      return;
    }
    latest = reading;
    answer.show(reading, sampleOf(drawing));
    pad.describe(`Your drawing. ${answer.text}`);
    if (!drawing.current) answer.announce();
    grid.dataset.hasReading = "true";
    panels.forEach((panel) => panel.draw(reading));
    diagram.read({
      activations: about.activation_scales.map((_, layer) => arrays[`A${layer}`].data),
      scales: about.activation_scales,
    });
    settleSoon();
  }

  function settleSoon() {
    clearTimeout(settling);
    settling = setTimeout(() => {
      [...(latest ? panels : []), diagram, teacher].forEach((part) => part.settle());
    }, SETTLE_MS);
  }

  async function takeSample() {
    try {
      const number = Math.floor(Math.random() * 2 ** 31);
      const { meta: sample, arrays } = await line.ask("test_sample", { number });
      const { data: ink, shape } = arrays.image;
      drawing.replace([pictureItem(shape[0], ink, sample)]);
    } catch (error) {
      say("error", error.message);
    }
  }

  function open(run) {
    line?.close();
    line = connect(run, {
      frame(frame) {
        answer.prepare(frame.meta.classes);
        if (!latest && drawing.isEmpty) showHint(START_HINT);
        runBar.update(frame.meta, data);
        desk.hidden = grid.hidden = !offer.update(frame.meta, data);
        if (desk.hidden) return;
        diagram.draw(frame);
        teacher.moved(frame.meta);
        asker.moved(frame.meta.version);
        settleSoon();
      },
      message: say,
      unknown: () => setTriggerValue("changed", -1),
      online(isOnline) {
        say("warning", isOnline ? null : "The connection is lost. The run goes on; trying again.", 0);
        if (!isOnline) return;
        // The first answer takes longest, for what drawings are compared with is made then: have
        // that done before anything is drawn. A run that cannot read says so elsewhere.
        line.ask("read", { sample: 0 }).catch(() => {});
        asker.changed();
      },
    }, () => (drawing.current ? FRAME_REST_IN_STROKE_MS : FRAME_REST_MS));
  }

  return {
    root,
    show(newData) {
      const isNew = data?.run !== newData.run;
      data = newData;
      others.update(data);
      if (isNew) open(data.run);
    },
    destroy() {
      asker.stop();
      clearTimeout(settling);
      line?.close();
      [...panels, diagram, teacher, sources, pad, theme].forEach((part) => part.destroy());
      root.remove();
    },
  };
}
