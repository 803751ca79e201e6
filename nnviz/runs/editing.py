"""Cutting a run's network: units off, weights by hand, layers frozen, new weights; and undo.

An edit counts from the step at which it is made: `Rewind` makes it again when it repeats that
step, and going back to an earlier one is going back to before it.
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnviz import initializers
from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.surgery import (
    Held,
    dead_units,
    incoming,
    outgoing,
    saturated_units,
    weight_index,
)

if TYPE_CHECKING:
    from nnviz.runs.run import Run


class Edit(NamedTuple):
    """An edit that can be undone: what it is called, when it was made, and what was before.

    Attributes
    ----------
    label : str
    step : int
    indices : ndarray of int
        Where the parameters lie that it set.
    before : ndarray
        Their values.
    held : Held
    """

    label: str
    step: int
    indices: np.ndarray
    before: np.ndarray
    held: Held


_NONE = np.empty(0, np.intp)


def switch_unit(run: "Run", value: Any) -> None:
    """Switch a hidden unit off or on again: ``layer`` and ``unit`` from 0, ``off`` a bool."""
    layer, unit, off = _parts(value, "layer", "unit", "off")
    sizes = run.network.layer_sizes
    _check_place(sizes, layer, unit)
    if layer == len(sizes) - 2:
        raise RunError("Output units cannot be switched off: each stands for a class.")
    held, name = run.trainer.held, f"unit {unit} of layer {layer + 1}"
    if not isinstance(off, bool) or off == ((layer, unit) in held.cut):
        raise RunError(f"Switch {name} off or on. It is {'off' if off is True else 'on'} already.")
    where = outgoing(sizes, layer, unit)
    if off:
        row = run.network.parameters[where].copy()
        held = Held({**held.cut, (layer, unit): row}, held.frozen)
        _edit(run, f"{name} off", where, np.zeros_like(row), held)
    else:
        row = held.cut[layer, unit]
        _edit(run, f"{name} on", where, row, held.without((layer, unit)))


def freeze_layer(run: "Run", value: Any) -> None:
    """Freeze a layer or let it go: ``layer`` from 0, ``on`` a bool."""
    layer, on = _parts(value, "layer", "on")
    _check_place(run.network.layer_sizes, layer, 0)
    held = run.trainer.held
    if not isinstance(on, bool):
        raise RunError(f"Freeze a layer or let it go. Received: {str(on)[:20]!r}.")
    frozen = held.frozen | {layer} if on else held.frozen - {layer}
    label = f"layer {layer + 1} {'frozen' if on else 'let go'}"
    _edit(run, label, _NONE, np.empty(0), Held(held.cut, frozen))


def set_value(run: "Run", value: Any) -> None:
    """Set one weight or bias: ``layer``, ``row``, ``unit`` from 0; row fan_in means the bias."""
    layer, row, unit, number = _parts(value, "layer", "row", "unit", "value")
    sizes = run.network.layer_sizes
    _check_place(sizes, layer, unit)
    if not _is_whole(row) or not 0 <= row <= sizes[layer]:
        raise RunError(f"There is no input {str(row)[:20]} to layer {layer + 1}.")
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not abs(number) <= limits.LARGEST_BY_HAND:  # false for NaN
        raise RunError(
            f"A weight set by hand is a number from -{limits.LARGEST_BY_HAND:g} to "
            f"{limits.LARGEST_BY_HAND:g}. Received: {str(number)[:20]}."
        )
    if (layer - 1, row) in run.trainer.held.cut:
        raise RunError(f"Unit {row} of layer {layer} is off: switch it on first.")
    name = f"b[{unit}]" if row == sizes[layer] else f"w[{row} → {unit}]"
    where = np.array([weight_index(sizes, layer, row, unit)])
    label = f"{name} of layer {layer + 1} set to {number:g}"
    _edit(run, label, where, np.array([number]), run.trainer.held)


def renew_units(run: "Run", value: Any) -> None:
    """Give the dead and saturated units of a layer new weights: ``layer`` from 0.

    Drawn as the first weights were, biases 0; what they pass on keeps its weights.
    """
    (layer,) = _parts(value, "layer")
    sizes = run.network.layer_sizes
    _check_place(sizes, layer, 0)
    units = idle_units(run, layer)
    if not len(units):
        raise RunError(f"Layer {layer + 1} has no dead or saturated units that are on.")
    rng = np.random.default_rng((run.config.seed, run.trainer.step_count, layer, len(run.edits)))
    W = initializers.get(run.config.initializer)(*sizes[layer : layer + 2], rng)
    where = np.concatenate([incoming(sizes, layer, unit) for unit in units])
    values = np.concatenate([np.append(W[:, unit], 0.0) for unit in units])
    label = f"{len(units)} units of layer {layer + 1} renewed"
    _edit(run, label, where, values, run.trainer.held)


def idle_units(run: "Run", layer: int) -> np.ndarray:
    """Return the hidden units of a layer, from 0, that are dead or saturated, but not cut."""
    if layer == len(run.network.weights) - 1:
        return _NONE
    a = run.evaluate().training_pass.a[layer + 1][: limits.DISTRIBUTION_SAMPLES]
    activation = run.network.activations[layer].id
    idle = np.union1d(dead_units(activation, a), saturated_units(activation, a))
    cut = [unit for cut_in, unit in run.trainer.held.cut if cut_in == layer]
    return np.setdiff1d(idle, cut).astype(np.intp)


def undo(run: "Run") -> None:
    """Take the last edit back: its parameters get the values that they had before it."""
    _check_present(run)
    if not run.edits:
        raise RunError("There is no edit to undo.")
    last = run.edits.pop()
    _apply(run, last.indices, last.before, last.held)


def _edit(run: "Run", label: str, indices: np.ndarray, values: np.ndarray, held: Held) -> None:
    """Make an edit and keep how to undo it; one after which the loss is not finite is refused."""
    _check_present(run)
    before = run.network.parameters[indices].copy()
    made = Edit(label, run.trainer.step_count, indices, before, run.trainer.held)
    run.network.parameters[indices] = values
    is_finite = run.evaluator().is_finite()
    run.network.parameters[indices] = before
    if not is_finite:
        raise RunError("With this the loss would no longer be finite. Nothing was changed.")
    run.edits = [*run.edits, made][-limits.EDITS_KEPT :]
    _apply(run, indices, values, held)


def _apply(run: "Run", indices: np.ndarray, values: np.ndarray, held: Held) -> None:
    run.network.parameters[indices] = values
    run.trainer.held = held
    run.rewind.edit(indices, run.network.parameters[indices].copy(), held)
    run.was_edited = True
    run.forget_figures()


def _check_present(run: "Run") -> None:
    if run.now is not None:
        raise RunError(
            f"Step {run.trainer.step_count:,} is looked at, not the present: go back to now, or "
            "continue from here, before you change the network."
        )


def _parts(value: Any, *names: str) -> list[Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise RunError(f"This takes {', '.join(names)}. Received: {str(value)[:40]!r}.")
    return [value[name] for name in names]


def _check_place(sizes: tuple[int, ...], layer: Any, unit: Any) -> None:
    if not _is_whole(layer) or not 0 <= layer < len(sizes) - 1:
        raise RunError(f"There are {len(sizes) - 1} layers. Received: layer {str(layer)[:20]}.")
    if not _is_whole(unit) or not 0 <= unit < sizes[layer + 1]:
        raise RunError(
            f"Layer {layer + 1} has {sizes[layer + 1]:,} units. Received: unit {str(unit)[:20]}."
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and math.isfinite(value)
