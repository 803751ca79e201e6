"""The loss landscape of a run, computed beside its training when a page asks for it."""

import math
import time
from collections.abc import Generator
from typing import Any

import numpy as np

from nnviz import landscape, surface
from nnviz.inspection import next_step_in_parts
from nnviz.landscape import Descent, Terrain
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.inside import number
from nnviz.runs.jobs import joined
from nnviz.runs.run import Run
from nnviz.training import Trainer

VIEWS = ("step", "descent", "gradient", "path")
# Share of the work that opening the next step is, where that comes first.
_OPENING = 0.1


def show(run: Run, view: Any, begin: Any = False) -> dict[str, Any] | bytes:
    """Return a view of the landscape around the parameters shown, or how far its making is.

    Parameters
    ----------
    run : Run
    view : str
        "step": the loss of the next mini-batch against its own gradient, by learning rate: the
        line along which the next step goes. "descent": the same over a fixed sample. "gradient":
        the loss over the plane of the gradient and a random direction. "path": over the plane in
        which the way so far lies most.
    begin : bool
        True to compute it for the moment shown now, or join who has that computed; False to ask
        for what is under way.

    Returns
    -------
    dict or bytes
        ``progress``, 0 to 1, while it is being made; then `wire.pack` of the result.

    Raises
    ------
    RunError
        If there is no such view, nothing is under way, or the path has no plane yet.
    """
    if view not in VIEWS or not isinstance(begin, bool):
        raise RunError(f"A view is one of {', '.join(VIEWS)}. Received: {str(view)[:20]!r}.")
    if begin:
        joined(run.jobs, view, run.version, lambda: _parts(run, view))
    job = run.jobs.get(view)
    if job is None:
        raise RunError(
            "This view is no longer being made: it was cancelled, or its page was away. Ask for "
            "it again."
        )
    job.asked_at = time.monotonic()
    return job.result if job.is_done else {"progress": job.progress}


def cancel(run: Run, view: Any) -> dict[str, Any]:
    """Give up making a view; return whether it was being made."""
    return {"was_made": view in VIEWS and run.jobs.pop(view, None) is not None}


def _parts(run: Run, view: str) -> Generator[float, None, bytes]:
    about = {
        "view": view,
        "step": run.trainer.step_count,
        "loss": run.trainer.loss.label,
        "rate": _next_rate(run.trainer),
        "optimizer": run.trainer.optimizer.label,
    }
    if view == "step":
        return _next_step(run.trainer.copy(), about)
    samples = limits.samples_within(
        limits.LANDSCAPE_SAMPLES, limits.LANDSCAPE_WORK, run.network.parameters.size
    )
    x, y, _ = (part[:samples] for part in run.split.training)
    about["samples"] = len(x)
    terrain = Terrain(run.network, x, y, run.trainer.loss)
    if view == "descent":
        return _descent(terrain, about)
    path = np.stack(run.rewind.path()).astype(np.float64)
    if view == "gradient":
        sizes, rng = run.network.layer_sizes, np.random.default_rng(run.config.seed)
        return _surface_by_gradient(terrain, about, path, sizes, rng)
    return _surface(terrain, about, path, *_plane_of(path, terrain))


def _plane_of(path: np.ndarray, terrain: Terrain) -> tuple:
    """Return a path's two main directions, spans that hold it, and their shares of it."""
    try:
        directions, shares = surface.principal_directions(path, terrain.here)
    except ValueError as error:
        raise RunError(f"The way so far is too short for a plane: train some steps. {error}") \
            from error
    spans = surface.spans_around(surface.project(path, terrain.here, directions))
    return directions, spans, shares.tolist()


def _next_rate(trainer: Trainer) -> float:
    """Return the learning rate of the next step, with what the schedule makes of it."""
    factor = trainer.schedule(trainer.epochs_before + trainer.epoch)
    return trainer.optimizer.learning_rate * factor


def _next_step(trainer: Trainer, about: dict[str, Any]):
    """Make the line of the next step, which a copy of the trainer takes for it.

    Dropout masks and penalties are those of the step, so that the line begins at the loss that it
    is taken at and leads, at the run's rate, to where plain SGD ends.
    """
    opening = next_step_in_parts(trainer)
    step = yield from _from_to(opening, 0.0, _OPENING)
    yield _OPENING
    g = step.clipped.vector.astype(np.float64)
    regularization = trainer.regularization
    terrain = Terrain(
        step.network, step.run.a[0], step.y, step.loss, step.run.masks, regularization
    )
    yield _OPENING
    after = number(terrain.loss_at(step.new.vector.astype(np.float64)))
    yield _OPENING
    meta = about | {
        "samples": len(step.y),
        "has_penalty": regularization.has_penalty,
        "has_dropout": regularization.dropout > 0,
        "is_shortened": regularization.clip_norm is not None
        and step.length > regularization.clip_norm,
        "loss_after": after,
    }
    return (yield from _from_to(_descent(terrain, meta, g), _OPENING, 1.0))


def _from_to(parts: Generator[float, None, Any], start: float, end: float):
    """Go through work in parts that is but a share of all there is; return its result."""
    while True:
        try:
            share = next(parts)
        except StopIteration as ended:
            return ended.value
        yield start + (end - start) * share


def _descent(terrain: Terrain, about: dict[str, Any], g: np.ndarray | None = None):
    line: Descent = yield from landscape.descent(terrain, against=g)
    g = terrain.gradient_at(terrain.here) if g is None else g
    meta = about | {
        "loss_here": number(line.loss),
        "loss_at_rate": number(terrain.loss_at(terrain.here - about["rate"] * g)),
        "curvature": number(line.curvature),
        "stable_rate": line.stable_rate,
        "regions": landscape.regions(line) if math.isfinite(line.loss) else [],
    }
    return wire.pack(meta, {"rates": line.rates, "losses": line.losses})


def _surface_by_gradient(terrain: Terrain, about: dict[str, Any], path, sizes, rng):
    directions = surface.gradient_and_random(terrain, sizes, rng)
    yield 0.0
    return (yield from _surface(terrain, about, path, directions, [(-1.0, 1.0)] * 2, None))


def _surface(terrain: Terrain, about: dict[str, Any], path, directions, spans, shares):
    found: surface.Surface = yield from surface.surface(
        terrain, directions, spans, path, limits.SURFACE_POINTS
    )
    meta = about | {"loss_here": number(terrain.loss_at(terrain.here)), "shares": shares}
    along = []
    for moment in path:
        along.append(terrain.loss_at(moment))
        yield 1.0
    arrays = {"u": found.u, "v": found.v, "losses": found.losses, "path": found.path}
    return wire.pack(meta, arrays | {"path_losses": np.array(along)})
