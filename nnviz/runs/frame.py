"""What a page gets of one step: every number of every chart, from one moment of the run."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from nnviz.captions import caption
from nnviz.evaluation import Evaluation
from nnviz.runs import cycles, limits, wire
from nnviz.runs.editing import idle_units
from nnviz.runs.quantities import QUANTITIES
from nnviz.runs.run import Run
from nnviz.surgery import dead_units, saturated_units

BINS = 24
GRADIENT_EDGES = (-10.0, 2.0)  # powers of ten of |dW| that the histogram spans
_ACTIVATION_RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}


def frame(run: Run, quantity: str = "weights") -> bytes:
    """Return one packed frame of a run at its present step.

    Parameters
    ----------
    run : Run
    quantity : str
        What the weight panels show, one of `QUANTITIES`.
    """
    evaluation, best = run.evaluate(), run.evaluate_best()
    vector = QUANTITIES[quantity](run)
    is_available = vector is not None
    layers, arrays = _layers(
        run, vector if is_available else np.zeros_like(run.network.parameters), quantity
    )
    diagram, diagram_arrays = _diagram(run)
    arrays |= diagram_arrays | _curves(run)
    if run.now is not None:
        arrays["moment"] = np.array([[run.trainer.step_count, *evaluation.figures]])
    arrays["confusion"] = best.confusion.astype(np.int32)
    meta = {
        **_progress(run),
        **_settings(run),
        **_samples(run, best),
        "timeline": _timeline(run),
        "surgery": _surgery(run),
        "quantity": quantity,
        "quantity_available": is_available,
        "layers": layers,
        "diagram": diagram,
    }
    return wire.pack(meta, arrays)


def _curves(run: Run) -> dict[str, np.ndarray]:
    """Return the lines of the charts over steps."""
    arrays = {
        "history": run.history.figure_curve(limits.CURVE_POINTS),
        "batch": run.history.batch_curve(limits.CURVE_POINTS),
    }
    arrays |= {f"line{number}": line for number, line in enumerate(run.history.lines)}
    if run.divergence is not None:
        arrays["norms"] = run.divergence.norms
    return arrays


def _progress(run: Run) -> dict[str, Any]:
    """Return where training is, how it goes on, and what is to be said of it."""
    return {
        "version": run.version,
        "step": run.trainer.step_count,
        "epoch": run.trainer.epoch,
        "state": run.state,
        "notice": run.notice,
        "warning": run.warning,
        "speed": run.speed,
        "steps_per_second": run.pace.steps_per_second,
        "stop_epochs": run.stop_epochs,
        "stop_accuracy": run.stop_accuracy,
        "stop_patience": run.stop_patience,
        "can_step_back": run.can_step_back,
    }


def _settings(run: Run) -> dict[str, Any]:
    """Return what the run is made of."""
    config, trainer = run.config, run.trainer
    return {
        "name": config.name,
        "settings": caption(config),
        "seed": config.seed,
        "given": None if run.given is None else run.given.source,
        "learning_rate": config.learning_rate,
        "schedule_factor": trainer.optimizer.factor,
        "schedule_end": cycles.end(run),
        "schedule_start": -trainer.epochs_before,
        "batch_size": config.batch_size,
        "loss": config.loss,
        "loss_label": trainer.loss.label,
        "classes": run.dataset.classes,
        "output_names": run.dataset.output_names,
        "layer_sizes": run.network.layer_sizes,
        "parameters": run.network.parameters.size,
    }


def _samples(run: Run, best: Evaluation) -> dict[str, Any]:
    """Return how well samples are answered, and how many they are."""
    split = run.split
    return {
        "metrics": dict(zip(run.history.COLUMNS[1:], best.figures, strict=True)),
        "training_samples": len(split.training[0]),
        "warped_copies": len(run.trainer.x) - len(split.training[0]),
        "test_samples": len(split.test[0]),
        "measured_training": best.training_samples,
        "measured_test": best.test_samples,
        "is_sampled": split.is_sampled,
        "distribution_samples": _counted(run),
    }


def _timeline(run: Run) -> dict[str, Any]:
    """Return which steps can be looked at, and which one is."""
    return {
        "first": run.rewind.earliest_step,
        "now": run.present_step,
        "is_looking": run.now is not None,
        "seeking": round(run.jobs["seek"].progress, 2) if "seek" in run.jobs else None,
        "compared": run.compared and run.compared[0],
    }


def _surgery(run: Run) -> dict[str, Any]:
    """Return what a person has changed of the network, and may undo."""
    held = run.trainer.held
    return {
        "cut": sorted(list(unit) for unit in held.cut),
        "frozen": sorted(held.frozen),
        "undo": run.edits[-1].label if run.edits else None,
    }


def _counted(run: Run) -> int:
    """Return how many samples' activations are counted."""
    return min(limits.DISTRIBUTION_SAMPLES, len(run.split.measured_training[0]))


def _layers(run: Run, vector: np.ndarray, quantity: str) -> tuple[list, dict]:
    """Return what is said of each layer, and its weights, biases and histograms."""
    described, arrays, known = [], {}, run.trainer.has_stepped
    samples = _counted(run)
    activations = run.evaluate().training_pass.a
    start = 0
    for index, (W, f) in enumerate(zip(run.network.weights, run.network.activations, strict=True)):
        fan_in, fan_out = W.shape
        end = start + (fan_in + 1) * fan_out
        block = vector[start:end].reshape(fan_in + 1, fan_out)
        start = end
        is_image = index == 0 and run.dataset.image_shape is not None
        rows = np.arange(fan_in) if is_image else selection(fan_in, limits.SHOWN_UNITS)
        columns = selection(fan_out, limits.SHOWN_IMAGES if is_image else limits.SHOWN_UNITS)
        arrays[f"W{index}"] = _selected(block[:-1], rows, columns)
        arrays[f"b{index}"] = block[-1, columns]
        a = activations[index + 1][:samples]
        edges = _activation_edges(run, index, f.id, a)
        dead, saturated = len(dead_units(f.id, a)), len(saturated_units(f.id, a))
        arrays[f"activations{index}"] = histogram(a, edges)
        gradients, zeros = _gradient_histogram(run.trainer.gradients.weights[index], known)
        arrays[f"gradients{index}"] = gradients
        described.append(
            {
                "fan_in": fan_in,
                "fan_out": fan_out,
                "activation": f.id,
                "label": f.label,
                "rows": rows.tolist(),
                "columns": columns.tolist(),
                "image_shape": run.dataset.image_shape if is_image else None,
                "scale": steady_scale(
                    run.scales, f"{quantity}/{index}", float(np.abs(block).max())
                ),
                "dead": dead,
                "saturated": saturated,
                "idle": len(idle_units(run, index)) if dead or saturated else 0,
                "activation_edges": edges,
                "gradient_edges": GRADIENT_EDGES,
                "zero_gradients": zeros,
            }
        )
    return described, arrays


def _diagram(run: Run) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the units that the diagram draws, their mean activations and weights between them."""
    activations = run.evaluate().training_pass.a
    units = [selection(size, limits.DIAGRAM_UNITS) for size in run.network.layer_sizes]
    arrays, scales, bias_scales = {}, [], []
    for index, (W, b) in enumerate(zip(run.network.weights, run.network.biases, strict=True)):
        arrays[f"D{index}"] = _selected(W, units[index], units[index + 1])
        arrays[f"e{index}"] = b[units[index + 1]]
        drawn = activations[index + 1][: _counted(run), units[index + 1]]
        arrays[f"m{index}"] = drawn.mean(axis=0)
        for name, values, scales_ in (("w", W, scales), ("b", b, bias_scales)):
            largest = float(np.abs(values).max())
            scales_.append(steady_scale(run.scales, f"diagram {name}/{index}", largest))
    about = {
        "units": [chosen.tolist() for chosen in units],
        "scale": scales,
        "bias_scale": bias_scales,
    }
    return about, arrays


@cache
def selection(count: int, limit: int) -> np.ndarray:
    """Return all of 0..count-1, or `limit` of them at even distances, first and last included."""
    if count <= limit:
        return np.arange(count)
    return np.linspace(0, count - 1, limit).round().astype(np.intp)


def _selected(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the chosen rows and columns; without a copy where that is all of them."""
    if (len(rows), len(columns)) == matrix.shape:
        return matrix
    return matrix[rows[:, None], columns]


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2, 5, 10, 20... (any power of ten) at or above a value; 1 for 0."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((m * power for m in (1, 2, 5) if m * power >= value), 10 * power)


def steady_scale(scales: dict[str, float], name: str, largest: float) -> float:
    """Return a colour scale that follows `largest` in steps and does not flicker.

    It grows as soon as a value would fall outside, and shrinks only when values fill less than
    a quarter of it. `scales` remembers it by name.
    """
    scale = scales.get(name)
    if scale is None or largest > scale or 0 < largest < scale / 4:
        scale = scales[name] = nice_ceiling(largest)
    return scale


def histogram(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """Return counts in `BINS` equal bins between two edges, (BINS,), int32; ends hold the rest."""
    low, high = edges
    # In the order of memory: counting does not ask for another, and copying costs time.
    bins = values.ravel(order="K") - low
    bins /= high - low  # first: the bins of a tiny range are more than a float32 holds
    bins *= BINS
    np.clip(bins, 0, BINS - 1, out=bins)
    return np.bincount(bins.astype(np.intp), minlength=BINS).astype(np.int32)


def _activation_edges(run: Run, index: int, activation: str, a: np.ndarray) -> tuple[float, float]:
    if activation in _ACTIVATION_RANGES:
        return _ACTIVATION_RANGES[activation]
    low, high = float(a.min()), float(a.max())
    scale = steady_scale(run.scales, f"activation/{index}", max(-low, high))
    return (0.0 if low >= 0 else -scale, scale)


def _gradient_histogram(gradient: np.ndarray, known: bool) -> tuple[np.ndarray, int]:
    """Return the histogram of log10 |dW| without the zeros, and how many zeros there are."""
    if not known:
        return np.zeros(BINS, np.int32), 0
    sizes = np.abs(gradient[gradient != 0])
    return histogram(np.log10(sizes), GRADIENT_EDGES), int(gradient.size - sizes.size)
