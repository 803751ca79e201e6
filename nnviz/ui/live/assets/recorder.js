// A canvas context that also writes down what is drawn on it, as SVG: what paints a chart on the
// screen then makes the file too. Knows the part of the canvas interface that the charts use.

/** Text that is safe in SVG, between tags and in attributes. */
export function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export const round = (number) => Number(number.toFixed(2));

const IDENTITY = [1, 0, 0, 1, 0, 0];
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
// How far below the given y the line of writing lies, in heights of the font.
const BASELINES = { alphabetic: 0, middle: 0.35, top: 0.78 };

let clipCount = 0;

/**
 * @param {CanvasRenderingContext2D} context is drawn on all the same
 * @returns {{context: CanvasRenderingContext2D, elements: string[]}} draw on this context; the
 *   elements of the SVG, in the canvas's device pixels
 */
export function createRecorder(context) {
  const elements = [];
  let state = { matrix: IDENTITY, dash: [], clip: "" };
  const saved = [];
  let path = [];

  const at = (x, y) => {
    const [a, b, c, d, e, f] = state.matrix;
    return `${round(a * x + c * y + e)} ${round(b * x + d * y + f)}`;
  };
  const scale = () => Math.hypot(state.matrix[0], state.matrix[1]);
  const add = (element, attributes, content = null) => {
    const parts = Object.entries(attributes).map(([name, value]) => `${name}="${escaped(value)}"`);
    const end = content === null ? "/>" : `>${escaped(content)}</${element}>`;
    elements.push(`<${element} ${parts.join(" ")}${state.clip}${end}`);
  };
  const corners = (x, y, width, height) => [
    `M${at(x, y)}`, `L${at(x + width, y)}`, `L${at(x + width, y + height)}`,
    `L${at(x, y + height)}`, "Z",
  ];
  const fill = (pieces) => add("path", {
    d: pieces.join(""), fill: context.fillStyle, "fill-opacity": context.globalAlpha,
  });
  const stroke = (pieces) => add("path", {
    d: pieces.join(""), fill: "none", stroke: context.strokeStyle,
    "stroke-opacity": context.globalAlpha,
    "stroke-width": round(context.lineWidth * scale()), "stroke-linejoin": context.lineJoin,
    ...(state.dash.length
      ? { "stroke-dasharray": state.dash.map((length) => round(length * scale())).join(" ") } : {}),
  });

  const writes = {
    save: () => saved.push({ ...state }),
    restore: () => { state = saved.pop() ?? state; },
    setTransform: (...matrix) => { state.matrix = matrix; },
    scale(x, y) {
      const [a, b, c, d, e, f] = state.matrix;
      state.matrix = [a * x, b * x, c * y, d * y, e, f];
    },
    setLineDash: (dash) => { state.dash = dash; },
    beginPath: () => { path = []; },
    moveTo: (x, y) => path.push(`M${at(x, y)}`),
    lineTo: (x, y) => path.push(`L${at(x, y)}`),
    closePath: () => path.push("Z"),
    rect: (...box) => path.push(...corners(...box)),
    arc(x, y, radius) {
      // Circles only: nothing here draws less of one.
      const r = round(radius * scale());
      path.push(`M${at(x - radius, y)}`, `A${r} ${r} 0 1 1 ${at(x + radius, y)}`,
        `A${r} ${r} 0 1 1 ${at(x - radius, y)}`, "Z");
    },
    fill: () => fill(path),
    stroke: () => stroke(path),
    fillRect: (...box) => fill(corners(...box)),
    strokeRect: (...box) => stroke(corners(...box)),
    clip() {
      clipCount += 1;
      const id = `clip-${clipCount}`;
      elements.push(`<clipPath id="${id}"><path d="${path.join("")}"/></clipPath>`);
      state.clip = ` clip-path="url(#${id})"`;
    },
    fillText(text, x, y) {
      const width = context.measureText(text).width;
      if (!width) return;
      const [, size, family] = /([\d.]+)px (.*)/.exec(context.font);
      const baseline = BASELINES[context.textBaseline] ?? 0;
      const [left, top] = at(x, y + baseline * Number(size)).split(" ");
      add("text", {
        x: left, y: top, fill: context.fillStyle, "text-anchor": ANCHORS[context.textAlign],
        "font-size": round(Number(size) * scale()), "font-family": family,
        ...fittedTo(width * scale()),
      }, text);
    },
    drawImage(image, ...box) {
      const { width, height } = image;
      const from = box.length === 8 ? box.slice(0, 4) : [0, 0, width, height];
      const to = box.length === 2 ? [...box, width, height] : box.slice(-4);
      addImage(image, from, to);
    },
  };

  function addImage(image, [sx, sy, sw, sh], [x, y, width, height]) {
    const part = document.createElement("canvas");
    part.width = sw;
    part.height = sh;
    part.getContext("2d").drawImage(image, sx, sy, sw, sh, 0, 0, sw, sh);
    const [left, top] = at(x, y).split(" ");
    add("image", {
      x: left, y: top, width: round(width * scale()), height: round(height * scale()),
      preserveAspectRatio: "none", style: "image-rendering:pixelated", href: part.toDataURL(),
    });
  }

  const recording = new Proxy(context, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== "function") return value;
      return (...args) => {
        writes[name]?.(...args);
        return value.apply(target, args);
      };
    },
    set(target, name, value) {
      target[name] = value;
      return true;
    },
  });
  return { context: recording, elements };
}

/** Attributes that keep a text as wide as here where its font is another. */
export function fittedTo(width) {
  return { textLength: round(width), lengthAdjust: "spacingAndGlyphs" };
}
