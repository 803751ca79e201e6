// Which pixels speak for the winner and which for the runner-up.

import { compact } from "../live/numbers.js";
import { create, createColorBar, createPanel, setText } from "../live/panels.js";
import { createTile } from "./tiles.js";

/**
 * @param {Element} parent
 * @param {object} theme from createTheme
 */
export function createWhy(parent, theme) {
  const panel = createPanel(parent, {
    name: "why", title: "Why", theme, paint, invalidate: () => bar.tint(),
  });
  const box = create("div", "nnviz-why");
  const picture = create("div", "nnviz-why-picture");
  const words = create("div", "nnviz-why-words");
  box.append(picture, words);
  panel.body.append(box);
  const tile = createTile(picture, theme);
  const lead = create("p");
  const method = create("p", "nnviz-note");
  words.append(lead);
  const bar = createColorBar(words, theme, "");
  words.append(method);

  function paint({ meta, arrays }) {
    const { classes, winner, runner_up: next, contribution_scale: scale, logit_lead: gap } = meta;
    const [one, other] = [classes[winner], classes[next]];
    tile.signed(arrays.contribution.data, arrays.contribution.shape, scale);
    tile.caption("", `Pixels that speak for ${one} or for ${other}`);
    setText(panel.heading, `Why ${one} and not ${other}`);
    setText(
      lead,
      `Orange ink speaks for ${one}, blue ink for ${other}. ${one} leads by ${compact(gap, 3)} `
        + "before the output activation.",
    );
    bar.set(`for ${other}: -${compact(scale, 2)}`, `for ${one}: +${compact(scale, 2)}`);
    setText(
      method,
      `Gradient times input: how steeply the lead z(${one}) − z(${other}) rises with a pixel's ink, `
        + "times that ink. It is exact for a small change of the ink; paper without ink has no part.",
    );
  }

  return { draw: panel.draw, settle: panel.settle, destroy: panel.destroy };
}
