"""The loss landscape of a run, computed beside its training when a page asks for it."""

import time
from typing import Any

import numpy as np

from nnviz import landscape, surface
from nnviz.landscape import Descent, Terrain
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.jobs import Job
from nnviz.runs.run import Run

VIEWS = ("descent", "gradient", "path")


def show(run: Run, view: Any, begin: Any = False) -> dict[str, Any] | bytes:
    """Return a view of the landscape around the parameters shown, or how far its making is.

    Parameters
    ----------
    run : Run
    view : str
        "descent": the loss along the negative gradient, by learning rate. "gradient": the loss
        over the plane of the gradient and a random direction. "path": over the plane in which
        the way so far lies most.
    begin : bool
        True to compute it for the moment shown now; False to ask for what is under way.

    Returns
    -------
    dict or bytes
        ``progress``, 0 to 1, while it is being made; then once `wire.pack` of the result.

    Raises
    ------
    RunError
        If there is no such view, nothing is under way, or the path has no plane yet.
    """
    if view not in VIEWS or not isinstance(begin, bool):
        raise RunError(f"A view is one of {', '.join(VIEWS)}. Received: {str(view)[:20]!r}.")
    if begin:
        run.jobs[_name(view)] = _job(run, view)
    job = run.jobs.get(_name(view))
    if job is None:
        raise RunError("This view is no longer being made: its page was away. Ask for it again.")
    job.asked_at = time.monotonic()
    if not job.is_done:
        return {"progress": job.progress}
    del run.jobs[_name(view)]
    return job.result


def cancel(run: Run, view: Any) -> dict[str, Any]:
    """Give up making a view; return whether it was being made."""
    return {"was_made": run.jobs.pop(_name(view), None) is not None}


def _name(view: Any) -> str:
    # One surface at a time: the other choice of directions takes its place.
    return "descent" if view == "descent" else "surface"


def _job(run: Run, view: str) -> Job:
    x, y, _ = (part[: limits.LANDSCAPE_SAMPLES] for part in run.split.training)
    terrain = Terrain(run.network, x, y, run.trainer.loss)
    about = {
        "view": view,
        "step": run.trainer.step_count,
        "samples": len(x),
        "loss": run.trainer.loss.label,
        "rate": run.trainer.optimizer.rate,
        "optimizer": run.trainer.optimizer.label,
    }
    if view == "descent":
        return Job(_descent(terrain, about))
    path = np.stack(run.rewind.path()).astype(np.float64)
    if view == "gradient":
        sizes, rng = run.network.layer_sizes, np.random.default_rng(run.config.seed)
        return Job(_surface_by_gradient(terrain, about, path, sizes, rng))
    return Job(_surface(terrain, about, path, *_plane_of(path, terrain)))


def _plane_of(path: np.ndarray, terrain: Terrain) -> tuple:
    """Return a path's two main directions, spans that hold it, and their shares of it."""
    try:
        directions, shares = surface.principal_directions(path, terrain.here)
    except ValueError as error:
        raise RunError(f"The way so far is too short for a plane: train some steps. {error}") \
            from error
    spans = surface.spans_around(surface.project(path, terrain.here, directions))
    return directions, spans, shares.tolist()


def _descent(terrain: Terrain, about: dict[str, Any]):
    line: Descent = yield from landscape.descent(terrain)
    meta = about | {
        "loss_here": line.loss,
        "slope": line.slope,
        "curvature": line.curvature,
        "stable_rate": line.stable_rate,
        "regions": landscape.regions(line),
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
    meta = about | {"loss_here": terrain.loss_at(terrain.here), "shares": shares}
    along = []
    for moment in path:
        along.append(terrain.loss_at(moment))
        yield 1.0
    arrays = {"u": found.u, "v": found.v, "losses": found.losses, "path": found.path}
    return wire.pack(meta, arrays | {"path_losses": np.array(along)})
