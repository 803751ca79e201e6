// The list of what can be taken away of a run: a button each, which fetches the file and saves it.

import { mounting } from "../live/mounting.js";
import { create, setText } from "../live/panels.js";
import { offer } from "../live/save.js";

export default mounting(createList, "../takeaway/takeaway.css");

function createList({ parentElement, data: { files } }) {
  const root = create("div", "nnviz-takeaway");
  const rows = create("ul");
  const said = create("p", "nnviz-takeaway-said");
  said.setAttribute("role", "status");
  root.append(rows, said);
  parentElement.append(root);

  let run = "";

  for (const { id, label, about } of files) {
    const row = create("li");
    const button = create("button", "", label);
    button.type = "button";
    const note = create("span", "", about);
    note.id = `nnviz-takeaway-${id}`;
    button.setAttribute("aria-describedby", note.id);
    button.addEventListener("click", () => take(button, id, label));
    row.append(button, note);
    rows.append(row);
  }

  async function take(button, id, label) {
    button.disabled = true;
    setText(said, `${label}: being made …`);
    said.dataset.level = "info";
    try {
      const name = await save(run, id);
      setText(said, `Saved as ${name}.`);
    } catch (error) {
      said.dataset.level = "error";
      setText(said, `${label}: ${error.message}`);
    } finally {
      button.disabled = false;
      button.focus();
    }
  }

  return {
    root,
    show(data) {
      ({ run } = data);
    },
    destroy: () => root.remove(),
  };
}

/** Fetch a file of a run and hand it to the browser's downloads; returns its name. */
async function save(run, id) {
  const path = `nnviz/runs/${encodeURIComponent(run)}/files/${id}`;
  let answer;
  try {
    answer = await fetch(new URL(path, document.baseURI));
  } catch {
    throw new Error("no connection to the server. Try again when it is back.");
  }
  if (!answer.ok) throw new Error(await answer.text());
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"));
  offer(await answer.blob(), name);
  return name;
}
