"""Questions about the step that a paused run takes next: every number of it, a part at a time.

An overview holds a selection of wide layers; single units, weights and whole arrays are asked for
one by one, so that no message is over a megabyte.
"""

import math
from collections import OrderedDict
from typing import Any, NamedTuple
from weakref import ReferenceType, ref

import numpy as np

from nnviz.inspection import NextStep, next_step
from nnviz.network import Parameters
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.frame import selection
from nnviz.runs.run import Run


class Opened(NamedTuple):
    """A step that a page looks at, and the state of the run that it is the next step of."""

    run: ReferenceType
    version: int
    step: NextStep


# The steps opened last, by the run's id: a page asks for many parts of one step.
_opened: OrderedDict[str, Opened] = OrderedDict()

_overflow_is_shown = np.errstate(all="ignore")


@_overflow_is_shown
def inspect_step(run: Run) -> bytes:
    """Return an overview of the next step: arrays by "quantity/layer", wide ones as a selection.

    Parameters are [W; b], rows and then columns selected; activations and the like are
    (samples, units), of the first samples of the mini-batch.
    """
    step = _open(run)
    n = len(step.rows)
    shown = max(1, min(n, limits.INSIDE_SAMPLES, limits.INSIDE_INPUTS // step.run.a[0].shape[1]))
    arrays = {"x": step.run.a[0][:shown]}
    layers = []
    for layer, f in enumerate(step.network.activations):
        rows, columns = _selection(step, layer)
        for name, parameters in _parameters(step).items():
            block = parameters.layers[layer]
            arrays[f"{name}/{layer}"] = block[np.append(rows, len(block) - 1)[:, None], columns]
        for name, values in _signals(step, layer).items():
            if values is not None:
                arrays[f"{name}/{layer}"] = values[:shown, columns]
        fan_in, fan_out = step.network.weights[layer].shape
        layers.append({
            "fan_in": fan_in, "fan_out": fan_out, "activation": f.id, "label": f.label,
            "formula": f.formula, "derivative_formula": f.derivative_formula,
            "rows": rows.tolist(), "columns": columns.tolist(),
        })
    arrays["y"] = step.y[:shown, _selection(step, len(layers) - 1)[1]]
    arrays["sample_loss"] = np.array([step.sample_loss(sample) for sample in range(shown)])
    return wire.pack(_about(run, step, shown, layers), _plain(arrays))


@_overflow_is_shown
def inspect_choice(
    run: Run, step: Any, layer: Any, unit: Any, source: Any, sample: Any
) -> bytes:
    """Return all that goes into one unit of one sample, and into one weight to that unit.

    Of the next step, or of the one that was opened and then taken.

    Parameters
    ----------
    step, layer, unit, source, sample : int
        The step's number; layer and unit from 0; `source`, the input or unit of the layer below
        that the weight comes from; the sample's place in the mini-batch.
    """
    opened = _opened_step(run, step)
    weights = opened.network.weights
    layer = place("Layer", layer, len(weights))
    fan_in, fan_out = weights[layer].shape
    unit, source = place("Unit", unit, fan_out), place("Input", source, fan_in)
    sample = place("Sample", sample, len(opened.rows))
    signals = {
        name: None if values is None else number(values[sample, unit])
        for name, values in _signals(opened, layer).items()
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
    if layer + 1 < len(weights):
        arrays["next_w"] = weights[layer + 1][unit]
        arrays["next_delta"] = opened.run.delta[layer + 1][sample]
    meta = {
        "step": opened.number, "layer": layer, "unit": unit, "source": source, "sample": sample,
        "b": number(opened.network.biases[layer][unit]),
        **signals,
        "sample_loss": number(opened.sample_loss(sample)),
        "weight": _changes(opened, layer, source, unit),
        "bias": _changes(opened, layer, fan_in, unit),
    }
    return wire.pack(meta, _plain(arrays))


@_overflow_is_shown
def inspect_array(run: Run, step: Any, quantity: Any, layer: Any, start: Any = 0) -> bytes:
    """Return a whole array of the overview, `limits.INSIDE_NUMBERS` or less at a time.

    Rows from `start` on; ``rows`` of the answer is how many there are in all.
    """
    opened = _opened_step(run, step)
    layer = place("Layer", layer, len(opened.network.weights))
    known = {"x": opened.run.a[0], "y": opened.y, **_signals(opened, layer)}
    known |= {name: part.layers[layer] for name, part in _parameters(opened).items()}
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
    opened = _opened_step(run, step, is_taken=True)
    difference = run.network.parameters - opened.new.vector
    return {
        "step": opened.number,
        "parameters": difference.size,
        "different": int(np.count_nonzero(difference)),
        "largest": number(np.abs(difference).max()),
    }


def _open(run: Run) -> NextStep:
    if run.state == "running":
        raise RunError("The run is training: pause it to open a step.")
    if "seek" in run.jobs:
        raise RunError("The run is on its way to another moment. Wait until it is there.")
    opened = _known(run)
    if opened is None or opened.version != run.version:
        numbers = min(run.trainer.batch_size, len(run.trainer.x)) * sum(run.network.layer_sizes)
        if numbers > limits.INSIDE_BATCH_NUMBERS:
            most = limits.INSIDE_BATCH_NUMBERS // sum(run.network.layer_sizes)
            raise RunError(
                f"A mini-batch of {run.trainer.batch_size:,} samples is too large to open here. "
                f"Choose a batch size of {most:,} or less."
            )
        opened = Opened(ref(run), run.version, next_step(run.trainer))
        _opened[run.id] = opened
    _opened.move_to_end(run.id)
    while len(_opened) > limits.INSIDE_STEPS:
        _opened.popitem(last=False)
    return opened.step


def _known(run: Run) -> Opened | None:
    """Return what is open of a run; nothing of one that has gone and come back from the store."""
    opened = _opened.get(run.id)
    return opened if opened is not None and opened.run() is run else None


def _opened_step(run: Run, number: Any, is_taken: bool = False) -> NextStep:
    """Return the step of this number that a page has open: the next, or the one just taken."""
    taken, opened = run.trainer.step_count, _known(run)
    if number == taken and opened is not None and opened.step.number == taken:
        return opened.step
    if number != taken + 1 or is_taken:
        raise RunError("The run has moved on since this step was opened. Open the next step.")
    return _open(run)


def _about(run: Run, step: NextStep, shown: int, layers: list[dict]) -> dict[str, Any]:
    """Return what is said of a step beside its arrays."""
    trainer, loss, optimizer = run.trainer, step.loss, run.trainer.optimizer
    labels = run.split.drawn_from[2][step.rows[:shown]]
    return {
        "version": run.version, "step": step.number,
        "n": len(step.rows), "samples": shown,
        "rows": step.rows[:shown].tolist(), "labels": labels.tolist(),
        "classes": run.dataset.classes, "image_shape": run.dataset.image_shape,
        "layers": layers, "parameters": step.old.vector.size,
        "loss": {
            "id": loss.id, "label": loss.label, "formula": loss.formula,
            "averages_outputs": loss.averages_outputs, "is_canonical": step.is_canonical,
        },
        "batch_loss": number(step.batch_loss), "penalty": number(step.penalty),
        "l1": trainer.regularization.l1, "l2": trainer.regularization.l2,
        "dropout": trainer.regularization.dropout, "clip_norm": trainer.regularization.clip_norm,
        "gradient_norm": number(step.length), "is_held": step.held is not None,
        "learning_rate": step.learning_rate, "factor": step.factor,
        "optimizer": {
            "id": optimizer.id, "label": optimizer.label, "formula": optimizer.formula,
            "memory": list(step.memory_after), "step": optimizer.step_count + 1,
            "constants": {
                name: value for name, value in vars(optimizer).items()
                if isinstance(value, float) and not name.startswith("_") and name != "factor"
            },
        },
    }


def _selection(step: NextStep, layer: int) -> tuple[np.ndarray, np.ndarray]:
    fan_in, fan_out = step.network.weights[layer].shape
    return selection(fan_in, limits.INSIDE_ROWS), selection(fan_out, limits.INSIDE_UNITS)


def _parameters(step: NextStep) -> dict[str, Parameters]:
    """Return what a step has of every weight and bias, by name."""
    memory = {
        f"{name} {when}": part[name]
        for name in step.memory_after
        for when, part in (("before", step.memory_before), ("after", step.memory_after))
    }
    return {
        "old": step.old, "gradient": step.gradients, "penalized": step.penalized,
        "clipped": step.clipped, "update": step.update, "new": step.new, **memory,
    }


def _signals(step: NextStep, layer: int) -> dict[str, np.ndarray | None]:
    """Return what a step has of every unit of a layer and sample, (n, units), by name."""
    run = step.run
    return {
        "z": run.z[layer], "f": step.network.activations[layer](run.z[layer]),
        "mask": run.masks[layer], "a": run.a[layer + 1], "derivative": step.derivative(layer),
        "upstream": step.loss_by_activation(layer), "delta": run.delta[layer],
    }


def _changes(step: NextStep, layer: int, row: int, column: int) -> dict[str, float | None]:
    return {
        name: number(parameters.layers[layer][row, column])
        for name, parameters in _parameters(step).items()
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
