"""A run on one page of HTML that needs nothing else and prints on A4."""

from base64 import b64encode
from html import escape

import numpy as np

from nnviz import activations, losses
from nnviz.captions import describe
from nnviz.export import png
from nnviz.export.record import RunRecord
from nnviz.parameters import parameter_formula
from nnviz.settings import SETTINGS

SHOWN_MISTAKES = 24
SHOWN_CHANGES = 12
# The blue of the confusion matrix on the page, at a share of 1.
_BLUE = (10, 61, 124)

MANY_CLASSES = 15  # the rows of more, in print of the usual size, would take a second page
_STYLE = """
@page { size: A4; margin: 11mm 12mm; }
* { box-sizing: border-box; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { max-width: 186mm; margin: 0 auto; padding: 8px; color: #0f1821; background: #fff;
  font: 9pt/1.25 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 15pt; margin: 0 0 2pt; }
h2 { font-size: 10.5pt; margin: 6pt 0 1pt; break-after: avoid; }
p { margin: 0 0 2pt; }
.muted { color: #46525f; }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 7mm; }
section, figure, tr { break-inside: avoid; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 0.8pt 3pt; text-align: right; border-bottom: 0.5pt solid #c8d0d8;
  white-space: nowrap; }
th:first-child { text-align: left; }
.layers th, .layers td { padding: 0.8pt 1.5pt; }
.facts { columns: 3; column-gap: 6mm; margin: 0; }
.facts div { display: flex; justify-content: space-between; gap: 6pt; break-inside: avoid;
  border-bottom: 0.5pt solid #c8d0d8; padding: 0.8pt 0; }
.facts dt { color: #46525f; }
.facts dd { margin: 0; text-align: right; overflow-wrap: break-word; }
.matrix { table-layout: fixed; }
.matrix td, .matrix th { padding: 1pt 0; text-align: center; overflow-wrap: anywhere;
  white-space: normal; }
.matrix th:first-child { width: 11mm; }
.matrix td { border: 0.5pt solid #fff; }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(14.5mm, 1fr));
  gap: 4pt 2pt; padding: 0; margin: 0; list-style: none; }
.mistakes li { text-align: center; font-size: 8pt; break-inside: avoid; }
.mistakes img { display: block; width: 11mm; height: 11mm; margin: 0 auto;
  image-rendering: pixelated; object-fit: contain; }
@media print {
  .dense { font-size: 8pt; }
  .dense .classes table { font-size: 6pt; line-height: 1.1; }
  .dense .classes :is(th, td) { padding-top: 0.2pt; padding-bottom: 0.2pt; }
}
@media (max-width: 600px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .facts { columns: 1; }
}
"""


def page(record: RunRecord, charts: dict[str, str]) -> str:
    """Return the report of a run.

    Parameters
    ----------
    record : RunRecord
    charts : dict of str to str
        ``<svg>`` elements by their headings; they are put in as they are.
    """
    sizes = "-".join(map(str, record.config.layer_sizes))
    title = f"{sizes} on {describe('dataset', record.config.dataset)}"
    curves = "".join(
        f"<section><h2>{escape(name)}</h2><figure>{chart}</figure></section>"
        for name, chart in charts.items()
    )
    dense = "dense" if len(record.classes) > MANY_CLASSES else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        # Nothing is fetched and nothing runs, whatever a name may hold.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body class="{dense}">'
        f"<h1>{escape(title)}</h1>{_summary(record)}"
        f'<div class="columns">{curves}</div>'
        f'<div class="columns classes">{_confusion(record)}{_classes(record)}</div>'
        f"{_layers(record)}"
        f"{_mistakes(record)}"
        f"{_settings(record)}"
        "</body></html>\n"
    )


def _summary(record: RunRecord) -> str:
    training_loss, test_loss, training_accuracy, test_accuracy = record.figures
    text = (
        f"Step {record.step:,}, epoch {record.epoch:.4g}. Loss {training_loss:.4g} on training and "
        f"{test_loss:.4g} on test samples; {training_accuracy:.1%} and {test_accuracy:.1%} right."
    )
    return f'<p>{text}</p><p class="muted">Made by nnviz.</p>'


def _table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Return a table of texts; the first of each row is its name."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    parts = [f"<table><thead><tr>{names}</tr></thead>"]
    for name, *cells in rows:
        body = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        parts.append(f'<tr><th scope="row">{escape(name)}</th>{body}</tr>')
    return "".join([*parts, "</table>"])


def _settings(record: RunRecord) -> str:
    config = record.config
    rows = [
        (setting.label, describe(name, getattr(config, name))) for name, setting in SETTINGS.items()
    ]
    changes = list(record.changes.items())[1:]
    rows += [
        (f"From step {step:,}", f"learning rate {rate:g}, batch size {size:,}")
        for step, (rate, size) in changes[-SHOWN_CHANGES:]
    ]
    if len(changes) > SHOWN_CHANGES:
        rows.append(("Changes before these", f"{len(changes) - SHOWN_CHANGES:,}"))
    if record.begin is not None:
        rows.append((f"Before step {record.begin.step:,}", record.begin.reason))
    loss = losses.for_output(config.loss, activations.get(config.output))
    rows.append(("Loss in full", loss.label))
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows
    )
    return f'<section><h2>Settings</h2><dl class="facts">{facts}</dl></section>'


def _layers(record: RunRecord) -> str:
    network = record.network()
    rows = [
        (
            f"{number}, {f.label}", f"{W.shape[0]} → {W.shape[1]}", f"{W.std():.2g}",
            f"{np.abs(W).max():.3g}", f"{b.mean():.2g}",
        )
        for number, (W, b, f) in enumerate(
            zip(network.weights, network.biases, network.activations, strict=True), start=1
        )
    ]
    head = ("Layer", "Shape", "spread w", "max |w|", "mean b")
    half = (len(rows) + 1) // 2
    # Side by side, or seven layers would not leave room for the rest of the page.
    tables = "".join(
        f"<div>{_table(part, head)}</div>" for part in (rows[:half], rows[half:]) if part
    )
    formula = parameter_formula(network.layer_sizes)
    return (
        f'<section><h2>Parameters</h2><div class="columns layers">{tables}</div>'
        f'<p class="muted">{escape(formula)}</p></section>'
    )


def _confusion(record: RunRecord) -> str:
    names, counts = record.classes, record.confusion
    totals = counts.sum(axis=1)
    parts = [
        '<section><h2>Confusion matrix</h2><table class="matrix"><thead><tr><th></th>'
        f'<th colspan="{len(names)}" scope="colgroup">predicted</th></tr><tr><th scope="col">true'
        "</th>",
        *(f'<th scope="col">{escape(name)}</th>' for name in names),
        "</tr></thead>",
    ]
    for name, row, total in zip(names, counts, totals, strict=True):
        cells = "".join(_cell(int(count), count / total if total else 0.0) for count in row)
        parts.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    counted = int(counts.sum())
    part = "" if counted == record.test_samples else f" of {record.test_samples:,}"
    note = f"{counted:,}{part} test samples; colours: share of the row."
    return "".join([*parts, f'</table><p class="muted">{note}</p></section>'])


def _cell(count: int, share: float) -> str:
    red, green, blue = (round(255 + share * (channel - 255)) for channel in _BLUE)
    text = "#fff" if share > 0.55 else "#0f1821"
    shown = count or ""
    return f'<td style="background:rgb({red},{green},{blue});color:{text}">{shown}</td>'


def _classes(record: RunRecord) -> str:
    counts = record.confusion
    rows = []
    for k, name in enumerate(record.classes):
        right, actual, predicted = counts[k, k], counts[k].sum(), counts[:, k].sum()
        rows.append((
            name, _share(right, predicted), _share(right, actual),
            _share(2 * right, actual + predicted), f"{actual:,}",
        ))
    head = ("Class", "Precision", "Recall", "F1", "Samples")
    return f"<section><h2>By class</h2>{_table(rows, head)}</section>"


def _share(part: float, total: float) -> str:
    return f"{part / total:.3f}" if total else "–"


def _mistakes(record: RunRecord) -> str:
    mistakes = record.mistakes
    shown = min(SHOWN_MISTAKES, len(mistakes.true))
    if not mistakes.count:
        return "<section><h2>Mistakes</h2><p>None among the test samples.</p></section>"
    items = []
    for k in range(shown):
        true, predicted = mistakes.true[k], mistakes.predicted[k]
        picture = _picture(record, mistakes.images[k], f"{true} read as {predicted}")
        items.append(f"<li>{picture}{escape(f'{true} → {predicted}')}</li>")
    which = f"{shown:,} of {mistakes.count:,}" if shown < mistakes.count else f"{shown:,}"
    heading = (
        f"Mistakes: {which} among {mistakes.among:,} test samples, the surest first "
        "(true class → read as)"
    )
    return f'<section><h2>{heading}</h2><ul class="mistakes">{"".join(items)}</ul></section>'


def _picture(record: RunRecord, values: np.ndarray, words: str) -> str:
    if record.image_shape is None:
        return f'{escape(", ".join(f"{value:.3g}" for value in values[:4]))}<br>'
    picture = png.grey(values.reshape(record.image_shape))
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    return f'<img src="{source}" alt="{escape(words)}">'
