// Colours of the views: taken from the page's theme, so that light and dark follow it at run time.

// Blue for negative, orange for positive, told apart with every common kind of colour blindness.
// Zero is close to the background, so that large weights of either sign stand out.
const DIVERGING = {
  light: ["#0a3d7c", "#2f7dbf", "#9cc9e6", "#f3f3f0", "#f6bf85", "#d9741a", "#8a3a00"],
  dark: ["#a8dbff", "#4aa3e8", "#235f94", "#23272f", "#96561b", "#ee9238", "#ffd9a8"],
};
const SEQUENTIAL = {
  light: ["#f6f8fa", "#c6dcee", "#7fb2da", "#2f7dbf", "#0a3d7c"],
  dark: ["#1a1f28", "#1d4266", "#2b6aa5", "#5aa9e6", "#bfe2ff"],
};
const DIVERGING_HALF = 255;
const SEQUENTIAL_LEVELS = 48;

/** [r, g, b] of "#rrggbb" or of a computed "rgb(...)"; null where there is no opaque colour. */
function parseColor(text) {
  if (text.startsWith("#")) {
    return [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));
  }
  const numbers = text.match(/[\d.]+/g)?.map(Number);
  return !numbers || numbers[3] === 0 ? null : numbers.slice(0, 3);
}

function cssColor(rgb) {
  return `rgb(${rgb.map(Math.round).join(",")})`;
}

/** A colour in the byte order of ImageData on little-endian machines, the only ones with browsers. */
function pixel([r, g, b]) {
  return (0xff000000 | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

function mix(a, b, share) {
  return a.map((value, channel) => value + share * (b[channel] - value));
}

/** Relative luminance as WCAG defines it, 0 (black) to 1 (white). */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour at `position` (0..1) between evenly spaced stops. */
function sample(stops, position) {
  const scaled = position * (stops.length - 1);
  const index = Math.min(Math.floor(scaled), stops.length - 2);
  return mix(stops[index], stops[index + 1], scaled - index);
}

function divergingScale(stops) {
  const size = 2 * DIVERGING_HALF + 1;
  const colors = Array.from({ length: size }, (_, i) => sample(stops, i / (size - 1)));
  return {
    half: DIVERGING_HALF,
    pixels: Uint32Array.from(colors, pixel),
    css: colors.map(cssColor),
    gradient: `linear-gradient(to right, ${stops.map(cssColor).join(", ")})`,
  };
}

// Black or white text, whichever contrasts more: at least 4.58 to 1 on any background.
function sequentialScale(stops) {
  const colors = Array.from({ length: SEQUENTIAL_LEVELS }, (_, i) =>
    sample(stops, i / (SEQUENTIAL_LEVELS - 1)),
  );
  return colors.map((rgb) => ({
    background: cssColor(rgb),
    text: luminance(rgb) > 0.179 ? "#000" : "#fff",
  }));
}

/** Colours for 0 (paper) to 255 (ink), in the byte order of ImageData. */
function inkScale(paper, ink) {
  return Uint32Array.from({ length: 256 }, (_, value) => pixel(mix(paper, ink, value / 255)));
}

const scalesOf = (mode) => ({
  diverging: divergingScale(DIVERGING[mode].map(parseColor)),
  sequential: sequentialScale(SEQUENTIAL[mode].map(parseColor)),
});

function readColors(root) {
  const style = getComputedStyle(root);
  const text = parseColor(style.color) ?? [49, 51, 63];
  const background = parseColor(style.backgroundColor) ?? [255, 255, 255];
  const dark = luminance(background) < 0.3;
  return {
    dark,
    text: cssColor(text),
    muted: cssColor(mix(text, background, 0.22)),
    line: cssColor(mix(text, background, 0.6)),
    grid: cssColor(mix(text, background, 0.86)),
    background: cssColor(background),
    bars: dark ? "#5aa9e6" : "#2f7dbf",
    ink: inkScale(background, text),
    font: style.fontFamily,
    ...scalesOf(dark ? "dark" : "light"),
  };
}

/**
 * The colours of `root` now, and a call back when they change.
 * A change is noticed through a probe whose colours have a transition: the browser then reports
 * it, and nothing has to be asked for on every frame.
 */
export function createTheme(root) {
  const listeners = new Set();
  const probe = document.createElement("span");
  probe.className = "nnviz-probe";
  probe.setAttribute("aria-hidden", "true");
  root.append(probe);

  const theme = {
    colors: readColors(root),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh() {
      theme.colors = readColors(root);
      listeners.forEach((listener) => listener());
    },
    destroy() {
      probe.remove();
      listeners.clear();
    },
  };
  probe.addEventListener("transitionrun", theme.refresh);
  return theme;
}

/** Index into the diverging scale: `half` for 0, the ends for -scale and +scale and beyond. */
export function divergingIndex(value, scale, half) {
  if (!(scale > 0)) return half;
  const index = Math.round(half + (half * value) / scale);
  return index < 0 ? 0 : index > 2 * half ? 2 * half : index;
}
