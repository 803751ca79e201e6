// What all components share: a place that Streamlit gives them, their style sheets, one page in it.

import { create } from "./panels.js";

// In this order: the later ones count more.
const SHARED_STYLES = ["base.css", "panels.css", "charts.css", "widths.css"];

/**
 * Return the function that Streamlit calls when a component appears and whenever its data change.
 *
 * @param {(component: object) => object} createPage gets what Streamlit gives (`parentElement`,
 *   `data`, `setTriggerValue`), puts the component's part of the page into the parent and returns
 *   it: `root`, `show(data)` and `destroy()`
 * @param {string | null} [style] a style sheet of its own, as another component's module would
 *   name it: `../inside/inside.css`
 */
export function mounting(createPage, style = null) {
  const mounted = new WeakMap();
  return async function mount(component) {
    const { parentElement, data } = component;
    let here = mounted.get(parentElement);
    if (!here?.page.root.isConnected) {
      const styles = style ? [...SHARED_STYLES, style] : SHARED_STYLES;
      const { links, loaded } = addStyles(parentElement, styles);
      here = { links, loaded, page: createPage(component), calls: 0 };
      mounted.set(parentElement, here);
    }
    here.calls += 1;
    const call = here.calls;
    // Of data that come while the style sheets are still under way, the last count.
    here.data = data;
    await here.loaded;
    here.page.show(here.data);
    return () => {
      // Streamlit also ends a call that was not done before the next: the page lasts until the last.
      if (call !== here.calls) return;
      here.page.destroy();
      here.links.forEach((link) => link.remove());
      mounted.delete(parentElement);
    };
  };
}

function addStyles(parent, styles) {
  const links = styles.map((style) => {
    const link = create("link");
    link.rel = "stylesheet";
    link.href = new URL(style, import.meta.url);
    return link;
  });
  const loaded = links.map((link) => new Promise((done) => { link.onload = link.onerror = done; }));
  parent.append(...links);
  return { links, loaded: Promise.all(loaded) };
}
