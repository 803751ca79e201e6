"""Questions about the step that a paused run takes next: every number of it, a part at a time.

While the step of a large network is being opened the answer is ``progress``, 0 to 1: the page asks
again. An overview holds a selection of wide layers; single units, weights and whole arrays are
asked for one by one, so that no message is over a megabyte.
"""

import math
from typing import Any

import numpy as np

from nnviz.inspection import NextStep
from nnviz.parameters import Parameters
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.frame import selection
from nnviz.runs.opening import open_next, opened_step
from nnviz.runs.run import Run
from nnviz.workings import LETTERS, LOSS_TERMS, TERMS, Change

_overflow_is_shown = np.errstate(all="ignore")


@_overflow_is_shown
def inspect_step(run: Run, first: Any = 0, step: Any = None) -> bytes | dict[str, Any]:
    """Return an overview of a step: arrays by "quantity/layer", wide ones as a selection.

    Network parameters are [W; b], rows and then columns selected; activations and the like are
    (samples, units), of some samples of the mini-batch; ``sample_loss`` is that of its first ones.

    Parameters
    ----------
    run : Run
    first : int, default 0
        The samples are those from this place in the mini-batch on, or its last ones.
    step : int, optional
        The step's number: the next, where not given, or the one that was opened and then taken.
    """
    step = open_next(run) if step is None else opened_step(run, step)
    if isinstance(step, float):
        return {"progress": step}
    n = len(step.rows)
    most = max(1, min(n, limits.INSIDE_SAMPLES, limits.INSIDE_INPUTS // step.run.a[0].shape[1]))
    first = min(place("Sample", first, limits.LARGEST_PLACE), (n - 1) // most * most)
    shown = slice(first, min(first + most, n))
    arrays = {"x": step.run.a[0][shown]}
    only_single = {term.name for term in TERMS[step.optimizer.id] if not term.is_whole}
    layers = []
    for layer, f in enumerate(step.network.activations):
        rows, columns = _selection(step, layer)
        fan_in, fan_out = step.network.weights[layer].shape
        changes = _changes(step, layer, np.append(rows, fan_in)[:, None], columns)
        for name in changes.keys() - only_single:
            arrays[f"{name}/{layer}"] = changes[name]
        for name, values in _signals(step, layer, shown).items():
            if values is not None:
                arrays[f"{name}/{layer}"] = values[:, columns]
        layers.append({
            "fan_in": fan_in, "fan_out": fan_out, "activation": f.id, "label": f.label,
            "formula": f.formula, "derivative_formula": f.derivative_formula,
            "rows": rows.tolist(), "columns": columns.tolist(),
        })
    arrays["y"] = step.y[shown, _selection(step, len(layers) - 1)[1]]
    arrays["sample_loss"] = np.array([step.sample_loss(sample) for sample in range(most)])
    return wire.pack(_about(run, step, shown, layers), _plain(arrays))


@_overflow_is_shown
def inspect_choice(
    run: Run, step: Any, layer: Any, unit: Any, source: Any, sample: Any
) -> bytes | dict[str, Any]:
    """Return all that goes into one unit of one sample, and into one weight to that unit.

    Of the next step, or of the one that was opened and then taken.

    Parameters
    ----------
    step, layer, unit, source, sample : int
        The step's number; layer and unit from 0; `source`, the input or unit of the layer below
        that the weight comes from; the sample's place in the mini-batch.
    """
    opened = opened_step(run, step)
    if isinstance(opened, float):
        return {"progress": opened}
    weights = opened.network.weights
    layer = place("Layer", layer, len(weights))
    fan_in, fan_out = weights[layer].shape
    unit, source = place("Unit", unit, fan_out), place("Input", source, fan_in)
    sample = place("Sample", sample, len(opened.rows))
    signals = {
        name: None if values is None else number(values[0, unit])
        for name, values in _signals(opened, layer, slice(sample, sample + 1)).items()
    }
    arrays = {
        "a": opened.run.a[layer][sample],
        "w": weights[layer][:, unit],
        "batch_a": opened.run.a[layer][:, source],
        "batch_delta": opened.run.delta[layer][:, unit],
        "y": opened.y[sample],
        "y_pred": opened.run.a[-1][sample],
        "output_loss": np.array(opened.output_losses(sample)),
    }
    if opened.network.activations[layer].output_only:
        arrays["z"] = opened.run.z[layer][sample]
    if layer + 1 < len(weights):
        arrays["next_w"] = weights[layer + 1][unit]
        arrays["next_delta"] = opened.run.delta[layer + 1][sample]
    meta = {
        "step": opened.number, "layer": layer, "unit": unit, "source": source, "sample": sample,
        "b": number(opened.network.biases[layer][unit]),
        **signals,
        "sample_loss": number(opened.sample_loss(sample)),
        "weight": _changed(opened, layer, source, unit),
        "bias": _changed(opened, layer, fan_in, unit),
    }
    return wire.pack(meta, _plain(arrays))


@_overflow_is_shown
def inspect_array(
    run: Run, step: Any, quantity: Any, layer: Any, start: Any = 0
) -> bytes | dict[str, Any]:
    """Return a whole array of the overview, `limits.INSIDE_NUMBERS` or less at a time.

    Rows from `start` on; ``rows`` of the answer is how many there are in all.
    """
    opened = opened_step(run, step)
    if isinstance(opened, float):
        return {"progress": opened}
    layer = place("Layer", layer, len(opened.network.weights))
    every = slice(None)
    known = {
        "x": opened.run.a[0], "y": opened.y, **_signals(opened, layer, every),
        **_changes(opened, layer, every, every),
    }
    array = known.get(quantity) if isinstance(quantity, str) else None
    if array is None:
        raise RunError(f"This step has no array {str(quantity)[:40]!r}.")
    start = place("Row", start, len(array))
    rows = max(1, limits.INSIDE_NUMBERS // array.shape[1])
    meta = {"rows": len(array), "start": start}
    return wire.pack(meta, _plain({"array": array[start : start + rows]}))


def inspect_outcome(run: Run, step: Any) -> dict[str, Any]:
    """Return whether a step that was opened before it was taken did exactly what was shown.

    Raises
    ------
    RunError
        If the run is not right after that step, or the step was not opened here.
    """
    opened = opened_step(run, step, is_taken=True)
    difference = run.network.parameters - opened.new.vector
    return {
        "step": opened.number,
        "parameters": difference.size,
        "different": int(np.count_nonzero(difference)),
        "largest": number(np.abs(difference).max()),
    }


def _about(run: Run, step: NextStep, shown: slice, layers: list[dict]) -> dict[str, Any]:
    """Return what is said of a step beside its arrays."""
    regularization, loss, optimizer = run.trainer.regularization, step.loss, step.optimizer
    rows = step.rows[shown]
    labels = run.split.drawn_from[2][rows]
    return {
        "version": run.version, "step": step.number,
        "n": len(step.rows), "first": shown.start, "samples": len(rows),
        "rows": rows.tolist(), "labels": labels.tolist(),
        "originals": len(run.split.training[0]),
        "classes": run.dataset.classes, "image_shape": run.dataset.image_shape,
        "layers": layers, "parameters": step.old.vector.size,
        "loss": {
            "id": loss.id, "label": loss.label, "formula": loss.formula,
            "averages_outputs": loss.averages_outputs, "is_canonical": step.is_canonical,
            "term": LOSS_TERMS[loss.id][0], "slope": LOSS_TERMS[loss.id][1],
        },
        "batch_loss": number(step.batch_loss), "penalty": number(step.penalty),
        "l1": regularization.l1, "l2": regularization.l2,
        "dropout": regularization.dropout, "clip_norm": regularization.clip_norm,
        "gradient_norm": number(step.length), "is_held": step.held is not None,
        "learning_rate": optimizer.learning_rate, "factor": optimizer.factor,
        "optimizer": {
            "id": optimizer.id, "label": optimizer.label, "formula": optimizer.formula,
            "step": optimizer.step_count,
            "terms": [
                {"name": term.name, "formula": term.formula, "is_whole": term.is_whole,
                 "numbers": term.numbers(optimizer)}
                for term in TERMS[optimizer.id]
            ],
            "constants": {
                LETTERS[name]: value for name, value in vars(optimizer).items() if name in LETTERS
            },
        },
    }


def _selection(step: NextStep, layer: int) -> tuple[np.ndarray, np.ndarray]:
    fan_in, fan_out = step.network.weights[layer].shape
    return selection(fan_in, limits.INSIDE_ROWS), selection(fan_out, limits.INSIDE_UNITS)


def _changes(step: NextStep, layer: int, rows: Any, columns: Any) -> dict[str, np.ndarray]:
    """Return what a step has of some weights of a layer, or of its biases (row fan_in), by name."""
    def part(parameters: Parameters) -> np.ndarray:
        return parameters.layers[layer][rows, columns]

    old, g = part(step.old), part(step.clipped)
    change = Change(
        step.optimizer, old, g,
        *({name: part(memory) for name, memory in memories.items()}
          for memories in (step.memory_before, step.memory_after)),
    )
    return {
        "old": old, "gradient": part(step.gradients), "clipped": g,
        **{term.name: term.value(change) for term in TERMS[step.optimizer.id]},
        "update": part(step.update), "new": part(step.new),
    }


def _changed(step: NextStep, layer: int, row: int, column: int) -> dict[str, float | None]:
    """Return the same of one weight, and what penalties make of its gradient, ready for JSON."""
    penalized = step.penalized.layers[layer][row, column]
    values = {**_changes(step, layer, row, column), "penalized": penalized}
    return {name: number(value) for name, value in values.items()}


def _signals(step: NextStep, layer: int, samples: slice) -> dict[str, np.ndarray | None]:
    """Return what a step has of every unit of a layer for some samples, (m, units), by name."""
    run, mask, derivative = step.run, step.run.masks[layer], step.derivative(layer, samples)
    a, z = run.a[layer + 1][samples], run.z[layer][samples]
    return {
        "z": z, "f": a if mask is None else step.network.activations[layer](z),
        "mask": None if mask is None else mask[samples], "a": a, "derivative": derivative,
        "upstream": step.loss_by_activation(layer, samples), "delta": run.delta[layer][samples],
    }


def _plain(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def number(value: Any) -> float | None:
    """Return a finite number for JSON, and None for one that overflowed."""
    value = float(value)
    return value if math.isfinite(value) else None


def place(name: str, value: Any, count: int) -> int:
    """Return an index that a page asks for.

    Raises
    ------
    RunError
        If it is not a whole number from 0 to count - 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise RunError(f"{name} is a whole number from 0 to {count - 1:,}. Received: "
                       f"{str(value)[:20]}.")
    return value
