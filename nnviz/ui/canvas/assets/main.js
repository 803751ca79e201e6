// The page on which a run reads what a person draws: mounted by Streamlit, fed by the run itself.

import { createPage } from "./page.js";

const mounted = new WeakMap();

/** Streamlit calls this when the component appears and whenever its data change. */
export default async function mount({ parentElement, data, setTriggerValue }) {
  let page = mounted.get(parentElement);
  if (!page || !page.root.isConnected) {
    page = createPage(parentElement, setTriggerValue);
    mounted.set(parentElement, page);
    await page.styled;
  }
  page.show(data);
  return () => {
    page.destroy();
    mounted.delete(parentElement);
  };
}
