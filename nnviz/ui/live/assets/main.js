// The live part of the lab: mounted by Streamlit, fed by the run itself.

import { connect } from "./connection.js";
import { createControls } from "./controls.js";
import { mounting } from "./mounting.js";
import { create } from "./panels.js";
import { createSurgeryBar } from "./surgery.js";
import { createTimeline } from "./timeline.js";
import { createViews } from "./views.js";

// The page's own change of a setting reaches the run before it reaches this component. To tell of
// it at once would have Streamlit run again with what its fields held before, and undo the change.
const FOREIGN_AFTER_MS = 1000;

export default mounting(createLab);

function createLab({ parentElement, data: { figures }, setTriggerValue }) {
  const root = create("div", "nnviz");
  parentElement.append(root);

  let line = null;
  let known = null;
  let latest = null;
  let waiting = null; // once it has told, it stays until the page answers: it is told once
  const act = (action, value) => {
    if (!line.act(action, value)) controls.say("warning", "No connection: nothing was done.");
  };
  const controls = createControls(root, act);
  const timeline = createTimeline(root, act);
  const surgery = createSurgeryBar(root, act);
  const views = createViews(root, figures, {
    onQuantity: (quantity) => line.show(quantity), act,
  });

  const differs = () =>
    Object.entries(known.live).some(([name, value]) => latest[name] !== value);

  /** Tell the page when its controls show other settings than the run has (a second tab did it). */
  function report(meta) {
    latest = meta;
    if (!differs()) return;
    waiting ??= setTimeout(() => {
      if (differs()) setTriggerValue("changed", latest.version);
      else waiting = null;
    }, FOREIGN_AFTER_MS);
  }

  function open(run) {
    line?.close();
    controls.say("info", null);
    line = connect(run, {
      frame(frame) {
        controls.update(frame.meta);
        timeline.update(frame.meta);
        surgery.update(frame.meta);
        views.draw(frame);
        report(frame.meta);
      },
      message: controls.say,
      unknown: () => setTriggerValue("changed", -1),
      online(isOnline) {
        const text = isOnline ? null : "The connection is lost. The run goes on; trying again.";
        controls.say("warning", text, 0);
      },
    });
  }

  return {
    root,
    show(data) {
      if (known?.run !== data.run) open(data.run);
      known = data;
      clearTimeout(waiting);
      waiting = null;
      controls.restrict(data.tools);
      timeline.hide(data.tools.hide.includes("timeline"));
    },
    destroy() {
      clearTimeout(waiting);
      line?.close();
      timeline.destroy();
      surgery.destroy();
      views.destroy();
      root.remove();
    },
  };
}
