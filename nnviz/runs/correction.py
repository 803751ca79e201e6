"""Teaching a run a misread drawing: some steps on a person's own drawings, which can be undone."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from nnviz import augmentation
from nnviz.augmentation import WARPS, Draws
from nnviz.ink.thin import thickened
from nnviz.runs import limits
from nnviz.runs.divergence import parameters_are_finite
from nnviz.runs.errors import RunError
from nnviz.runs.moments import leave_for_now
from nnviz.runs.own import SIDE, OwnDrawing, judged, own_drawings, raw_inputs, readable
from nnviz.runs.rewind import Correction, Rewind
from nnviz.runs.run import Run

STEPS = 30
MADE = 96  # warped copies of own drawings, half of them of the last one
COPIES = 16  # of these in a mini-batch ...
MIXED_IN = 16  # ... and training samples beside them, so that less is forgotten
_AS_DRAWN = 8  # every so manyth copy is the last drawing itself
_REACH = 1.2  # half a copy's side, in half sides of a drawing: room to turn and grow


def correct(run: Run, drawings: Any, mix: Any = True) -> dict[str, Any]:
    """Train some steps on a person's drawings, the last of them the one just misread.

    A question of the page (see `questions`). The steps go through the run's own optimiser at its
    own learning rate and count as steps, but not as part of an epoch. Each of their mini-batches
    has `COPIES` warped copies, about half of them of the last drawing, and `MIXED_IN` training
    samples unless `mix` is False. Going back step by step ends here; `undo_correction` goes back
    to before.

    Returns
    -------
    dict
        ``before`` and ``after``: see `_figures`; ``steps``; ``drawings``, how many could be read.
    """
    own = own_drawings(run, drawings)
    raw_inputs(run, own[-1:])  # the one that is taught must be read
    own = [own[number] for number in readable(run, own)]
    if not isinstance(mix, bool):
        raise RunError(f"Training samples are mixed in or not. Received: {str(mix)[:20]!r}.")
    if run.now is not None:
        raise RunError(
            f"Step {run.trainer.step_count:,}, an earlier one, is being looked at: press Run, or "
            "go back to now in the lab, before you teach."
        )
    run.pause()
    before = _figures(run, own)
    run.rewind.remember()
    kept = Correction(run.trainer.step_count, run.rewind)
    losses = _train(run, own, mix)
    if losses is None:
        run.rewind = kept.rewind
        run.return_to(kept.step)
        run.touch()
        raise RunError(
            "The learning rate is too large for this: the numbers were no longer finite. Nothing "
            f"was changed. Try a learning rate of {run.config.learning_rate / 10:g}."
        )
    run.history.add_batch_losses(losses)
    run.rewind = Rewind(run.trainer)
    run.corrections = [*run.corrections, kept][-limits.CORRECTIONS_KEPT :]
    run.state, run.notice = "paused", None
    run.touch()
    return {
        "before": before, "after": _figures(run, own), "steps": STEPS, "drawings": len(own),
    }


def undo_correction(run: Run) -> dict[str, Any]:
    """Go back to the weights before the last correction: a question of the page.

    Raises
    ------
    RunError
        If there is none that is still known.
    """
    if not run.corrections:
        raise RunError("There is no correction to undo.")
    run.pause()
    leave_for_now(run)
    kept = run.corrections.pop()
    run.rewind = kept.rewind
    run.return_to(kept.step)
    run.notice = None
    run.touch()
    return {"step": run.trainer.step_count, "corrections": len(run.corrections)}


def _figures(run: Run, own: list[OwnDrawing]) -> dict[str, Any]:
    """Return how a run does on the drawings (`own.judged`) and on its test samples."""
    evaluation = run.evaluate()
    confusion = evaluation.confusion
    recall = confusion.diagonal() / np.maximum(confusion.sum(axis=1), 1)
    return judged(run, own) | {
        "test_accuracy": evaluation.test_accuracy, "recall": recall.tolist(),
        "measured_test": evaluation.test_samples, "test_samples": len(run.split.test[0]),
    }


def _train(run: Run, own: list[OwnDrawing], mix: bool) -> list[float] | None:
    """Take the steps; return the loss of each, or None where they blow up."""
    rng = np.random.default_rng((run.config.seed, run.trainer.step_count))
    x, y, _ = run.split.training
    copies, labels = _copies(run, own, rng)
    targets = np.eye(y.shape[1], dtype=y.dtype)[labels]
    losses = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            rows = rng.integers(0, MADE, COPIES)
            batch = [copies[rows], targets[rows]]
            if mix:
                mixed = rng.integers(0, len(x), MIXED_IN)
                batch = [
                    np.concatenate((batch[0], x[mixed])), np.concatenate((batch[1], y[mixed])),
                ]
            losses.append(run.trainer.step_on(*batch))
            if not math.isfinite(losses[-1]):
                return None
    return losses if parameters_are_finite(run.network) else None


def _copies(
    run: Run, own: list[OwnDrawing], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return `MADE` warped copies, scaled, and their labels: every second of the last drawing."""
    shape = run.dataset.image_shape
    chosen = rng.integers(0, len(own), MADE)
    chosen[::2] = len(own) - 1
    # A pixel is added around each: that many there are, and none is lost.
    warp = replace(WARPS[shape], enlarged=SIDE + 2, reach=_REACH, drawn=SIDE)
    # Strokes of a pixel would come apart where they are turned.
    inks = [thickened(each.ink, is_cropped=False) for each in own]
    grey = np.stack([inks[k] for k in chosen]).astype(np.float32)
    drawings = augmentation.draw(grey, warp, Draws(warp, MADE, rng))
    raw = augmentation.target_of(shape).fit(drawings)[1]
    raw[::_AS_DRAWN] = raw_inputs(run, own[-1:])
    return run.split.scale(raw), np.array([own[k].label for k in chosen])
