"""When a run stops by itself: after epochs, at an accuracy, or when nothing is gained any more."""

import math
from typing import TYPE_CHECKING

from nnviz.runs import cycles

if TYPE_CHECKING:
    from nnviz.runs.run import Run


def end_of_epoch(run: "Run", epoch: int) -> str | None:
    """Measure where it is due; return the state to stop in, or None to go on."""
    asks = run.stop_accuracy is not None or run.stop_patience is not None
    if asks or _is_measured(epoch):
        step = run.trainer.step_count
        evaluation = run.evaluate()
        if run.trainer.step_count != step:
            return "diverged"
        if run.stop_accuracy is not None and evaluation.test_accuracy >= run.stop_accuracy:
            return _stopped(
                run, epoch,
                f"test accuracy {evaluation.test_accuracy:.3f} has reached {run.stop_accuracy:g}",
            )
    if run.stop_patience is not None and _epochs_since_best(run) >= run.stop_patience:
        return _stopped(
            run, epoch,
            f"the test loss has not fallen for {run.stop_patience:,} epochs. It was lowest after "
            f"step {run.history.best_step():,}",
        )
    if cycles.has_ended(run):
        return _stopped(run, epoch, cycles.text(run))
    if run.stop_epochs is not None and epoch >= run.stop_epochs:
        return _stopped(run, epoch, f"asked for was {run.stop_epochs:,}")
    if run.goal is not None and run.trainer.samples_seen >= run.goal:
        return "paused"
    return None


def _stopped(run: "Run", epoch: int, why: str) -> str:
    run.notice = {"level": "info", "text": f"Stopped after epoch {epoch:,}: {why}."}
    return "stopped"


def _epochs_since_best(run: "Run") -> float:
    steps_an_epoch = -(-len(run.trainer.x) // run.trainer.batch_size)
    return (run.trainer.step_count - run.history.best_step()) / steps_an_epoch


def _is_measured(epoch: int) -> bool:
    """Return whether figures are measured after this epoch: each up to 8, then ever fewer."""
    every = 2 ** int(math.log2(epoch / 8)) if epoch > 8 else 1
    return epoch % every == 0
