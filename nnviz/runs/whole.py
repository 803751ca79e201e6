"""Measuring a run at rest on all samples, where a fixed sample of them served while it trained.

Seventy thousand images take a few tenths of a second: cut up, so that nobody waits for them.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnviz.evaluation import Evaluation, Evaluator
from nnviz.runs.jobs import Job

if TYPE_CHECKING:
    from nnviz.runs.run import Run

NAME = "whole"  # among the jobs of a run


@dataclass(frozen=True)
class Whole:
    """The figures over all samples at a step."""

    step: int
    evaluation: Evaluation


def wanted(run: "Run") -> bool:
    """Return whether a run rests at a step that is measured on a sample alone."""
    return (
        run.split.is_sampled
        and run.state != "running"
        and "seek" not in run.jobs
        and (run.whole is None or run.whole.step != run.trainer.step_count)
    )


def begin(run: "Run") -> None:
    """Have all samples measured, where that is wanted and not under way."""
    if NAME not in run.jobs and wanted(run):
        run.jobs[NAME] = Job(_measure(run, run.trainer.step_count))


def advance(run: "Run", seconds: float) -> bool:
    """Go on measuring for about so long; return whether it has ended: done, or for nothing."""
    job = run.jobs[NAME]
    if not wanted(run) or job.advance(seconds):
        del run.jobs[NAME]
        return True
    return False


def _measure(run: "Run", step: int) -> Generator[float, None, None]:
    evaluator = Evaluator(run.network, run.trainer.loss, run.split.training, run.split.test)
    done = 0
    for evaluation in evaluator.pieces():
        if run.trainer.step_count != step:
            return  # elsewhere by now; it is asked for again
        if evaluation is None:
            done += 1
            yield done / evaluator.piece_count
        else:
            # A loss that is finite on the sample alone is no divergence to report.
            run.whole = Whole(step, evaluation if evaluation.is_finite() else run.evaluate())
