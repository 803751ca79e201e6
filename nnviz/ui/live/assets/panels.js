// What all panels share: heading and options, a canvas in device pixels, a radio group, and the
// rule for when to paint: on every frame while on screen, later with the latest frame otherwise.

const NEAR_SCREEN = "120px";
const DESCRIBE_EVERY_MS = 2000;

/** A new element with a class and, if given, plain text. */
export function create(tag, className = "", text = null) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== null) node.textContent = text;
  return node;
}

/** Set text only where it changed: an unchanged text costs no layout. */
export function setText(node, text) {
  if (node.firstChild === null) node.append(document.createTextNode(""));
  if (node.firstChild.data !== text) node.firstChild.data = text;
}

/** A button that does something. */
export function createButton(parent, label, title, onClick) {
  const node = create("button", "nnviz-button", label);
  node.type = "button";
  node.title = title;
  node.addEventListener("click", onClick);
  parent.append(node);
  return node;
}

let panelCount = 0;

/**
 * A titled section that paints frames.
 * @param {Element} parent
 * @param {object} parts
 * @param {string} parts.name id for tests and styles
 * @param {string} parts.title heading
 * @param {object} parts.theme colours; the panel repaints when they change
 * @param {(frame: object) => void} parts.paint paints one frame, all of it
 * @param {() => void} [parts.invalidate] forget what depends on colours or size
 * @param {() => void} [parts.describe] refresh texts for screen readers
 */
export function createPanel(parent, { name, title, theme, paint, invalidate, describe }) {
  const section = create("section", "nnviz-panel");
  section.dataset.panel = name;
  section.dataset.draws = "0";
  const header = create("div", "nnviz-panel-header");
  const heading = create("h3", "", title);
  panelCount += 1;
  heading.id = `nnviz-panel-${panelCount}`;
  section.setAttribute("aria-labelledby", heading.id);
  const options = create("div", "nnviz-options");
  header.append(heading, options);
  const body = create("div", "nnviz-panel-body");
  section.append(header, body);
  parent.append(section);

  let latest = null;
  let painted = null;
  let visible = false;
  let draws = 0;
  let described = -Infinity;
  let pending = 0;
  let width = 0;
  let ratio = 0;

  function paintLatest() {
    if (pending) cancelAnimationFrame(pending);
    pending = 0;
    if (latest === null || width === 0) return;
    paint(latest);
    painted = latest;
    draws += 1;
    section.dataset.step = latest.meta.step;
    section.dataset.draws = draws;
  }

  function refreshDescription() {
    described = performance.now();
    describe?.();
  }

  const panel = {
    section,
    heading,
    options,
    body,
    /** The frame last painted. */
    get frame() {
      return painted;
    },
    /** Width of the body in CSS pixels, kept here because asking the DOM forces a layout. */
    get width() {
      return width;
    },
    draw(frame) {
      latest = frame;
      if (!visible) return;
      paintLatest();
      if (performance.now() - described > DESCRIBE_EVERY_MS) refreshDescription();
    },
    /** Bring a panel that was skipped while off screen up to date, for readers and for print. */
    settle() {
      if (painted !== latest) paintLatest();
      if (latest !== null) refreshDescription();
    },
    /** Paint again, now, all that depends on colours and size included. */
    paintAgain: repaintAll,
    /** Paint again before the next display frame, after a gesture or a choice. */
    repaint() {
      if (!pending) pending = requestAnimationFrame(paintLatest);
    },
    destroy() {
      visibility.disconnect();
      sizes.disconnect();
      forgetTheme();
      cancelAnimationFrame(pending);
      section.remove();
    },
  };

  function repaintAll() {
    invalidate?.();
    paintLatest();
  }

  const visibility = new IntersectionObserver(
    (entries) => {
      visible = entries.at(-1).isIntersecting;
      if (visible && painted !== latest) paintLatest();
    },
    { rootMargin: NEAR_SCREEN },
  );
  visibility.observe(section);

  // Setting a canvas's size empties it; painting here, before the browser does, shows no blank.
  const sizes = new ResizeObserver(() => {
    if (body.clientWidth === width && devicePixelRatio === ratio) return;
    width = body.clientWidth;
    ratio = devicePixelRatio;
    repaintAll();
  });
  sizes.observe(body);
  const forgetTheme = theme.onChange(repaintAll);
  panels.set(section, panel);
  return panel;
}

const panels = new WeakMap();

/** The panel of a section that createPanel has made. */
export function panelOf(section) {
  return panels.get(section);
}

/** A canvas whose bitmap has the device's pixels. */
export function createSurface(parent, className = "") {
  const canvas = create("canvas", className);
  parent.append(canvas);
  return {
    canvas,
    // Asked for each time: while a chart is saved, the canvas gives one that writes along.
    get context() {
      return canvas.getContext("2d");
    },
    /** Fit to a size in CSS pixels; the drawing state starts afresh if it had to change. */
    fit(width, height) {
      const ratio = devicePixelRatio || 1;
      const deviceWidth = Math.max(1, Math.round(width * ratio));
      const deviceHeight = Math.max(1, Math.round(height * ratio));
      if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
        canvas.width = deviceWidth;
        canvas.height = deviceHeight;
        canvas.style.width = `${deviceWidth / ratio}px`;
        canvas.style.height = `${deviceHeight / ratio}px`;
      }
      return ratio;
    },
  };
}

/**
 * What does not change from frame to frame (grid, ticks, names), painted once and copied since.
 * Text on a canvas within the page makes the browser bring styles up to date; off it, it does not.
 * @returns {(surface: object, ratio: number, key: string, theme: object,
 *   paint: (context: CanvasRenderingContext2D) => void) => void} paints again where `key`, the
 *   size or the colours are new, and covers the whole surface
 */
export function createBackdrop() {
  const canvas = create("canvas");
  const context = canvas.getContext("2d");
  let paintedKey = null;
  let paintedColors = null;
  return (surface, ratio, key, { colors }, paint) => {
    const { width, height } = surface.canvas;
    if (Object.hasOwn(surface.canvas, "getContext")) {
      // It is saved: line by line, not as a copy of pixels.
      surface.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      surface.context.clearRect(0, 0, width, height);
      paint(surface.context);
      return;
    }
    const fits = canvas.width === width && canvas.height === height;
    if (!fits || key !== paintedKey || colors !== paintedColors) {
      paintedKey = key;
      paintedColors = colors;
      canvas.width = width;
      canvas.height = height;
      context.fillStyle = colors.background;
      context.fillRect(0, 0, width, height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint(context);
    }
    surface.context.setTransform(1, 0, 0, 1, 0, 0);
    surface.context.drawImage(canvas, 0, 0);
    surface.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  };
}

/** A focusable frame around a canvas that takes keys itself, as screen readers know charts. */
export function createChartFrame(parent, kind) {
  const frame = create("div", "nnviz-chart");
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  frame.setAttribute("aria-roledescription", kind);
  parent.append(frame);
  return frame;
}

let groupCount = 0;

/**
 * A row of radio buttons.
 * @returns {{element: Element, value: string}} setting `value` selects without calling back
 */
export function createChoice(parent, { label, options, value, onChange }) {
  groupCount += 1;
  const group = create("fieldset", "nnviz-choice");
  group.append(create("legend", "nnviz-hidden", label));
  const inputs = new Map();
  for (const [id, text] of options) {
    const row = create("label", "nnviz-covered");
    const input = create("input");
    input.type = "radio";
    input.name = `nnviz-choice-${groupCount}`;
    input.value = id;
    input.checked = id === value;
    input.addEventListener("change", () => input.checked && onChange(id));
    row.append(input, create("span", "", text));
    group.append(row);
    inputs.set(id, input);
  }
  parent.append(group);
  return {
    element: group,
    get value() {
      return [...inputs].find(([, input]) => input.checked)?.[0];
    },
    set value(id) {
      if (inputs.has(id)) inputs.get(id).checked = true;
    },
    /** Offer an option under a name, or do not offer it (null). */
    offer(id, text) {
      const row = inputs.get(id).parentElement;
      row.hidden = text === null;
      if (text !== null) setText(row.lastElementChild, text);
    },
  };
}

/** A hidden line that screen readers read out when it is set. */
export function createAnnouncer(parent) {
  const line = create("div", "nnviz-hidden");
  line.setAttribute("aria-live", "polite");
  parent.append(line);
  return (text) => setText(line, text);
}

/** The bar that explains the diverging colours; labels change only when the scale does. */
export function createColorBar(parent, theme, label) {
  const box = create("div", "nnviz-colorbar");
  const scale = create("span", "nnviz-colorbar-scale");
  box.append(create("span", "", label), scale);
  const low = create("span");
  const bar = create("span", "nnviz-colorbar-bar");
  const high = create("span");
  scale.append(low, bar, high);
  parent.append(box);
  const tint = () => {
    bar.style.backgroundImage = theme.colors.diverging.gradient;
  };
  tint();
  return {
    tint,
    set(lowText, highText) {
      setText(low, lowText);
      setText(high, highText);
    },
  };
}
