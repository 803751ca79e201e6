"""Questions that hold a run's backpropagation against finite differences, right and with mistakes.

Each answer takes a part of the work and tells how far it is, until it can give the result: a page
asks on as long as somebody waits for it.
"""

import time
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from nnviz import spotcheck
from nnviz.mistakes import MISTAKES, Course, Mistake, courses_in_parts
from nnviz.network import Network
from nnviz.parameters import parameter_count
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.inside import number, place
from nnviz.runs.jobs import joined
from nnviz.runs.run import Run
from nnviz.settings import RunConfig
from nnviz.spotcheck import Checked, Part
from nnviz.training import Trainer

# Of float64: below it the logarithm of a loss is cut off.
_SMALLEST = float(np.finfo(np.float64).tiny)
_LONGEST_NAME = 100  # of a job: what a page asks for is part of it

_overflow_is_shown = np.errstate(all="ignore")


def check_gradient(
    run: Run, mistake: Any = None, layer: Any = None, weight: Any = None, begin: Any = False
) -> dict[str, Any] | bytes:
    """Return how far a gradient is from finite differences, on the run's next mini-batch.

    Parameters
    ----------
    run : Run
    mistake : str, optional
        Of `MISTAKES`; the right code where not given.
    layer : int, optional
        Of which layer, from 0; of all where not given.
    weight : list of two int, optional
        Of which weight of that layer, (input, unit); of all, or a sample, where not given.
    begin : bool
        True to begin anew, False to go on.
    """
    def parts() -> Generator[float, None, bytes]:
        chosen = _mistake(mistake) if mistake is not None else None
        network, x, y = _sample(run)
        yield 0.0
        right = _gradient(network, x, y, run)
        yield 0.0
        backward = right if chosen is None else chosen.gradient(network, x, y, run.trainer.loss)
        yield 0.0
        checked = yield from spotcheck.check_in_parts(
            network, x, y, run.trainer.loss, backward,
            _parts(network, right, layer, weight),
        )
        return wire.pack({
            "step": run.trainer.step_count + 1, "samples": len(x),
            "is_silent": bool(np.array_equal(backward, right)),
            "is_measurable": _is_measurable(network, x, y, run),
            "complaint": chosen and chosen.complaint(network, len(x)),
            "parts": [_told(part, network) for part in checked],
        }, {})

    asked_for = f"check {mistake!r} {layer!r} {weight!r}"[:_LONGEST_NAME]
    return _asked(run, asked_for, run.version, begin, parts)


def compare_steps(run: Run, begin: Any = False) -> dict[str, Any] | bytes:
    """Return the error of finite differences by their step size, in float64 and in float32."""
    def parts() -> Generator[float, None, bytes]:
        network, x, y = _sample(run)
        yield 0.0
        right = _gradient(network, x, y, run)
        yield 0.0
        found = spotcheck.parts_of(network, right, limits.CHECKED_STEPS)
        indices = np.concatenate([part.indices for part in found])
        indices = indices[:: -(-len(indices) // limits.CHECKED_STEPS)]
        measured, errors = yield from spotcheck.steps_in_parts(
            network, x, y, run.trainer.loss, right, indices
        )
        return wire.pack(
            {"step": run.trainer.step_count + 1, "parameters": len(measured)},
            {"steps": spotcheck.STEPS, "float64": errors[0], "float32": errors[1]},
        )

    return _asked(run, "steps", run.version, begin, parts)


def compare_training(run: Run, mistake: Any, begin: Any = False) -> dict[str, Any] | bytes:
    """Return how a network with a mistake trains beside the right one.

    Both begin with the run's initial weights and its settings, and see the same samples in the
    same order.
    """
    def parts() -> Generator[float, None, bytes]:
        chosen, config = _mistake(mistake), run.config
        samples = limits.samples_within(
            limits.COMPARED_TEST_SAMPLES, limits.COMPARED_TEST_WORK, run.network.parameters.size
        )
        measured = tuple(part[:samples] for part in run.split.test)
        work = run.network.parameters.size * config.batch_size
        steps = int(min(limits.COMPARED_STEPS, max(50, limits.COMPARED_WORK // work)))
        trainers = []
        for mistaken in (None, chosen):
            trainers.append(_trainer(run, config, mistaken))
            yield 0.0
        courses = yield from courses_in_parts(trainers, measured, steps)
        training = len(run.trainer.x)
        dropped = training % config.batch_size if chosen.trainer is not Trainer else 0
        return wire.pack({
            "steps": steps, "samples": len(measured[0]), "left_out": dropped, "training": training,
            "epochs": steps * config.batch_size / training,
            "blew_up": [course.blew_up for course in courses],
        }, _curves(courses))

    return _asked(run, f"training {mistake!r}"[:_LONGEST_NAME], run.config, begin, parts)


@_overflow_is_shown
def _asked(
    run: Run, name: str, basis: Any, begin: Any, parts: Callable[[], Generator[float, None, bytes]]
) -> dict[str, Any] | bytes:
    """Begin or join a job, or go on with it; return its progress, or its result once it is done."""
    if not isinstance(begin, bool):
        raise RunError(f"Begin is true or false. Received: {str(begin)[:20]!r}.")
    if begin:
        joined(run.jobs, name, basis, parts)
    job = run.jobs.get(name)
    if job is None:
        raise RunError("This is no longer being worked out. Ask for it again.")
    job.asked_at = time.monotonic()
    try:
        is_done = job.advance(limits.PROOF_SECONDS)
    except Exception:
        del run.jobs[name]
        raise
    return job.result if is_done else {"progress": job.progress}


def _sample(run: Run) -> tuple[Network, np.ndarray, np.ndarray]:
    """Return a float64 copy of the network and the run's next mini-batch, or its beginning."""
    rows = run.trainer.next_rows()[: limits.CHECKED_SAMPLES]
    x, y = (np.asarray(part[rows], np.float64) for part in (run.trainer.x, run.trainer.y))
    return run.network.copy("float64"), x, y


def _gradient(network: Network, x: np.ndarray, y: np.ndarray, run: Run) -> np.ndarray:
    return network.backward(network.forward(x), np.asfortranarray(y), run.trainer.loss).vector


def _is_measurable(network: Network, x: np.ndarray, y: np.ndarray, run: Run) -> bool:
    """Return whether the loss can be told to change where a parameter moves a little.

    A finite difference is nothing where numbers overflow, or where a logarithm's argument has
    become 0 and is cut off.
    """
    loss, y_pred = run.trainer.loss, network.forward(x).a[-1]
    if not (np.isfinite(y_pred).all() and np.isfinite(loss.value(y, y_pred))):
        return False
    shares = {
        "cross_entropy": lambda: y_pred[y > 0],
        "binary_cross_entropy": lambda: np.append(y_pred[y > 0], 1 - y_pred[y < 1]),
    }.get(loss.id)
    return shares is None or bool((shares() > _SMALLEST).all())


def _mistake(name: Any) -> Mistake:
    if not isinstance(name, str) or name not in MISTAKES:
        raise RunError(
            f"A mistake is one of {', '.join(MISTAKES)}. Received: {str(name)[:40]!r}."
        )
    return MISTAKES[name]


def _parts(network: Network, gradient: np.ndarray, layer: Any, weight: Any) -> list[Part]:
    if layer is None:
        return spotcheck.parts_of(network, gradient, limits.CHECKED_PARAMETERS)
    layer = place("Layer", layer, len(network.weights))
    if weight is None:
        return spotcheck.parts_of(network, gradient, limits.CHECKED_PARAMETERS, [layer])
    if not isinstance(weight, list) or len(weight) != 2:
        raise RunError(f"A weight is an input and a unit. Received: {str(weight)[:40]}.")
    fan_in, fan_out = network.weights[layer].shape
    source, unit = place("Input", weight[0], fan_in), place("Unit", weight[1], fan_out)
    start = parameter_count(network.layer_sizes[: layer + 1])
    return [Part(layer, "weights", np.array([start + source * fan_out + unit]), fan_in * fan_out)]


def _told(checked: Checked, network: Network) -> dict[str, Any]:
    """Return what a page shows of a part: the errors, and the parameter that is furthest off."""
    part = checked.part
    told = {
        "layer": part.layer, "kind": part.kind, "checked": len(part.indices),
        "total": part.total, "kinks": checked.kinks, "verdict": checked.verdict,
        "error": number(checked.error), "error32": number(checked.error32),
    }
    if len(part.indices):
        worst = int(np.abs(checked.backward - checked.numeric).argmax())
        start = parameter_count(network.layer_sizes[: part.layer + 1])
        row, column = divmod(
            int(part.indices[worst]) - start, network.layer_sizes[part.layer + 1]
        )
        told["worst"] = {
            "source": row if part.kind == "weights" else None, "unit": column,
            "backward": number(checked.backward[worst]), "numeric": number(checked.numeric[worst]),
        }
    return told


def _trainer(run: Run, config: RunConfig, mistake: Mistake | None) -> Trainer:
    """Return a trainer at the run's beginning, of the right code or with a mistake."""
    rng = np.random.default_rng(config.seed)
    network = Network(
        config.layer_sizes, config.activations, initializer=config.initializer, seed=rng
    )
    network.parameters[...] = run.initial_parameters
    x, y, training = run.trainer.x, run.trainer.y, config.training
    if mistake is None:
        return Trainer(network, x, y, rng=rng, **training)
    training = training | {"loss": mistake.loss(run.trainer.loss)}
    return mistake.trainer(mistake.network(network), x, y, rng=rng, **training)


def _curves(courses: list[Course]) -> dict[str, np.ndarray]:
    arrays = {"steps": courses[0].steps.astype(np.float64)}
    for name, course in zip(("right", "wrong"), courses, strict=True):
        arrays |= {f"{name} loss": course.losses, f"{name} accuracy": course.accuracies}
    return arrays
