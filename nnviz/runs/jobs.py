"""Work that takes longer than a page may wait: done in parts, between slices of training."""

import time
from collections.abc import Callable, Generator
from typing import Any

from nnviz.runs import limits


class Job:
    """A computation in parts.

    Parameters
    ----------
    parts : generator
        Does one part between two yields, a few milliseconds at most; yields the share done,
        0 to 1; returns the result.
    basis : object, optional
        What the result follows from (`joined`).

    Attributes
    ----------
    progress : float
        Share done, 0 to 1.
    is_done : bool
    result : object
        What the generator returned; None before that.
    asked_at : float
        When somebody last wanted to know of it (`time.monotonic`).
    """

    def __init__(self, parts: Generator[float, None, Any], basis: Any = None):
        self._parts, self.basis = parts, basis
        self.progress = 0.0
        self.is_done = False
        self.result: Any = None
        self.asked_at = time.monotonic()

    def advance(self, seconds: float) -> bool:
        """Work for about so long, one part at least; return whether it is done."""
        until = time.perf_counter() + seconds
        try:
            while not self.is_done:
                self.progress = next(self._parts)
                if time.perf_counter() >= until:
                    break
        except StopIteration as end:
            self.is_done, self.progress, self.result = True, 1.0, end.value
        return self.is_done


def joined(
    jobs: dict[str, Job], name: str, basis: Any, begin: Callable[[], Generator[float, None, Any]]
) -> Job:
    """Return the work of this name that follows from the same; begin it where there is none.

    Several pages may ask for one thing: each waits for what the first began. A result stays for
    those who ask a little later.

    Parameters
    ----------
    jobs : dict
    name : str
    basis : object
        What the result would follow from now.
    begin : callable
        Returns the parts of the work.
    """
    _forget_unasked(jobs)
    job = jobs.get(name)
    if job is None or job.basis != basis:
        job = jobs[name] = Job(begin(), basis)
    return job


def _forget_unasked(jobs: dict[str, Job]) -> None:
    for name in [name for name, job in jobs.items() if job.is_done and not _is_awaited(job)]:
        del jobs[name]


def _is_awaited(job: Job) -> bool:
    return job.asked_at >= time.monotonic() - limits.JOB_PATIENCE_SECONDS


def advance_all(jobs: dict[str, Job], apart_from: tuple[str, ...] = ()) -> None:
    """Go on with work that pages wait for; give up what none has asked for for long."""
    for name in [name for name in jobs if name not in apart_from]:
        job = jobs.pop(name)  # where it fails, it is gone
        if _is_awaited(job):
            if not job.is_done:
                job.advance(limits.JOB_SECONDS)
            jobs[name] = job
