"""Opening the step that a run takes next: in parts, between the turns of others; and kept open."""

import time
from collections import OrderedDict
from typing import Any, NamedTuple
from weakref import ReferenceType, ref

from nnviz.inspection import NextStep, next_step_in_parts
from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.runs.jobs import Job
from nnviz.runs.run import Run

JOB = "opening "


class Opened(NamedTuple):
    """A step that a page looks at, and the state of the run that it is the next step of."""

    run: ReferenceType
    version: int
    step: NextStep


# The steps opened last, by the run's id and their number: a page asks for many parts of one step.
# The one just taken stays: its page asks what came of it, while another page opens the next.
_opened: OrderedDict[tuple[str, int], Opened] = OrderedDict()


def open_next(run: Run) -> NextStep | float:
    """Return the step that a run takes next; the share done, 0 to 1, while it is being opened.

    Raises
    ------
    RunError
        If the run moves, or its mini-batch is too large to be opened.
    """
    if run.state == "running":
        raise RunError("The run is training: pause it to open a step.")
    if "seek" in run.jobs:
        raise RunError("The run is on its way to another moment. Wait until it is there.")
    number = run.trainer.step_count + 1
    opened = _known(run, number)
    if opened is None or opened.version != run.version:
        step = _go_on(run)
        if isinstance(step, float):
            return step
        opened = _opened[run.id, number] = Opened(ref(run), run.version, step)
    _opened.move_to_end((run.id, number))
    _forget_others()
    return opened.step


def opened_step(run: Run, number: Any, is_taken: bool = False) -> NextStep | float:
    """Return the step of this number that a page has open: the next, or the one just taken.

    Where the next one is no longer open it is opened again (`open_next`).
    """
    taken = run.trainer.step_count
    if number == taken and (opened := _known(run, taken)) is not None:
        return opened.step
    if number != taken + 1 or is_taken:
        raise RunError("The run has moved on since this step was opened. Open the next step.")
    return open_next(run)


def _known(run: Run, number: int) -> Opened | None:
    """Return an open step of a run; none where it has gone and come back from the store."""
    opened = _opened.get((run.id, number))
    return opened if opened is not None and opened.run() is run else None


def _go_on(run: Run) -> NextStep | float:
    """Begin to open a step, or go on with it; return it, or the share done."""
    name = f"{JOB}{run.version}"
    if name not in run.jobs:
        _check_size(run)
        for stale in [job for job in run.jobs if job.startswith(JOB)]:
            del run.jobs[stale]
        run.jobs[name] = Job(next_step_in_parts(run.trainer.copy()))
    job = run.jobs.pop(name)  # where it fails, it is gone
    job.asked_at = time.monotonic()
    if not job.is_done and not job.advance(limits.OPENING_SECONDS):
        run.jobs[name] = job
        return job.progress
    return job.result


def _check_size(run: Run) -> None:
    numbers = min(run.trainer.batch_size, len(run.trainer.x)) * sum(run.network.layer_sizes)
    if numbers > limits.INSIDE_BATCH_NUMBERS:
        most = limits.INSIDE_BATCH_NUMBERS // sum(run.network.layer_sizes)
        raise RunError(
            f"A mini-batch of {run.trainer.batch_size:,} samples is too large to open here. "
            f"Choose a batch size of {most:,} or less."
        )


def _forget_others() -> None:
    """Keep few steps open besides the last, and no more than memory is meant for."""
    while len(_opened) > 1 and (
        len(_opened) > limits.INSIDE_STEPS
        or sum(opened.step.nbytes for opened in _opened.values()) > limits.INSIDE_BYTES
    ):
        _opened.popitem(last=False)
