"""Fair turns: whatever a worker does for a run comes out of that run's own training time.

A deficit round robin. Each turn gives a run the same time; its steps, frames, checkpoints and
answers are charged to it, and one that is in debt is passed over. So a large network, whose steps
and frames take long, gets no more of the processor than a small one.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnviz.runs import limits

if TYPE_CHECKING:
    from nnviz.runs.run import Run

# Processor time, or a run would pay for what other processes do while it has its turn. Windows
# counts it in steps longer than a turn.
clock = time.perf_counter if sys.platform == "win32" else time.thread_time


@dataclass
class Bill:
    """What was charged, in seconds; known when the work is done."""

    seconds: float = 0.0


@contextmanager
def charged(run: "Run") -> Iterator[Bill]:
    """Charge a run with the time that the work inside takes."""
    started, bill = clock(), Bill()
    try:
        yield bill
    finally:
        bill.seconds = clock() - started
        run.credit = max(run.credit - bill.seconds, -limits.LONGEST_DEBT_SECONDS)


def grant(run: "Run", seconds: float) -> float:
    """Give a run its turn; return the seconds it may train: 0 where it still owes some.

    What is left of a turn, as where another process took the processor from it, is kept for the
    next: as much as a slice at most.
    """
    run.credit = min(run.credit + seconds, seconds + limits.SLICE_SECONDS)
    return max(0.0, run.credit)


def frame_interval(seconds: float, training: int, slowdown: float = 1.0) -> float:
    """Return the time from one frame of a run to its next, while it trains.

    Parameters
    ----------
    seconds : float
        What the last one cost, by `clock`.
    training : int
        Runs that share the worker.
    slowdown : float
        Seconds that pass while `clock` counts one.
    """
    interval = seconds * slowdown / min(limits.LONE_FRAME_SHARE, limits.FRAME_SHARE / training)
    return min(interval, limits.LONGEST_FRAME_SECONDS)


class Slowdown:
    """How many seconds pass in one of processor time, over about the last hundred turns."""

    def __init__(self):
        self._passed = self._worked = 0.0

    def add(self, passed: float, worked: float) -> None:
        """Take in a turn that lasted so long, and took so much processor time."""
        self._passed += (passed - self._passed) / 100
        self._worked += (worked - self._worked) / 100

    @property
    def factor(self) -> float:
        return max(1.0, self._passed / self._worked) if self._worked else 1.0
