// Keeps the drawing for the browser's tab: another page of the app, or a reload, does not lose it.

import { fromBase64, toBase64 } from "./strokes.js";

const PLACE = "nnviz drawing";

/** The items that were kept in this tab; none where there are none or they cannot be read. */
export function recallItems() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "[]").map((item) => {
      if (!item.picture) {
        return { points: item.points.map(Number), width: +item.width, erases: !!item.erases };
      }
      const { size, ink } = item.picture;
      return { picture: { size: +size, ink: fromBase64(ink) }, sample: item.sample ?? null };
    });
  } catch {
    return [];
  }
}

export function keepItems(items) {
  const plain = items.map((item) => {
    if (!item.picture) {
      return { ...item, points: item.points.map((value) => Number(value.toFixed(4))) };
    }
    const { size, ink } = item.picture;
    return { picture: { size, ink: toBase64(ink) }, sample: item.sample };
  });
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(plain));
  } catch {
    // No store, or full: the drawing lasts as long as the page.
  }
}
