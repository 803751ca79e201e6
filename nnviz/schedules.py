"""Learning-rate schedules: what the learning rate is multiplied by as training goes on."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nnviz.checks import real_number
from nnviz.registry import resolve


@dataclass(frozen=True)
class Schedule:
    """A factor for the learning rate, by the epoch.

    Attributes
    ----------
    id, label : str
        The name in code and links, and the name for people.
    formula, when, source : str
        LaTeX of the factor at epoch t with length T; when to use it; where it comes from.
    shape : callable
        ``shape(t / T)`` is the factor.
    epochs : float
        T: after how many epochs it has halved (step), fallen to 1/e (exponential), ended
        (cosine) or reached full height (warm-up). Above 0.
    """

    id: str
    label: str
    formula: str
    when: str
    source: str
    shape: Callable[[float], float]
    epochs: float = 10.0

    def __post_init__(self):
        if real_number("epochs", self.epochs) == 0:
            raise ValueError("epochs of a schedule must be above 0. Received: 0.")

    def __call__(self, epoch: float) -> float:
        """Return the factor at `epoch` (2.4 is 40 % through the third)."""
        return self.shape(epoch / self.epochs)


# A linear start at 0 would waste the first step.
_WARM_UP_FROM = 0.01


# Functions with names, unlike lambdas, can be pickled, and so can what holds a schedule.
def _constant(progress: float) -> float:
    return 1.0


def _step(progress: float) -> float:
    return 0.5 ** math.floor(progress)


def _exponential(progress: float) -> float:
    return math.exp(-progress)


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def _warm_up(progress: float) -> float:
    return min(1.0, _WARM_UP_FROM + (1 - _WARM_UP_FROM) * progress)


SCHEDULES: dict[str, Schedule] = {
    item.id: item
    for item in (
        Schedule(
            "constant", "constant", "1",
            "The same learning rate all the time: simplest to understand.",
            "Robbins and Monro, A stochastic approximation method, 1951",
            _constant,
        ),
        Schedule(
            "step", "halved in steps", r"2^{-\lfloor t / T \rfloor}",
            "Large steps first, then finer ones, in visible stages.",
            "He, Zhang, Ren and Sun, Deep residual learning, 2016, with 1/10 for 1/2",
            _step,
        ),
        Schedule(
            "exponential", "exponential decay", r"e^{-t / T}",
            "Falls without stages, fast at first and ever more slowly.",
            "Darken and Moody, Note on learning rate schedules, 1990, among others",
            _exponential,
        ),
        Schedule(
            "cosine", "cosine", r"\tfrac12 \left(1 + \cos\frac{\pi \min(t, T)}{T}\right)",
            "For a run whose length is known: stays high for long and ends gently at 0. Training "
            "stops there; Run then begins it anew.",
            "Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017",
            _cosine,
        ),
        Schedule(
            "warm_up", "warm-up", r"\min\left(1, 0.01 + 0.99\, \frac{t}{T}\right)",
            "Where the first steps at the full learning rate would throw the weights far off.",
            "Goyal and others, Accurate, large minibatch SGD, 2017",
            _warm_up,
        ),
    )
}


def get(identifier: Any) -> Schedule:
    """Return a schedule by id or instance (see `registry.resolve`).

    Another length: ``dataclasses.replace(schedules.get("step"), epochs=30)``.
    """
    return resolve(identifier, SCHEDULES, Schedule, "schedule")


def spanning(identifier: Any, epochs: int) -> Schedule:
    """Return a schedule for a run of so many epochs: cosine by its id ends with the last of them.

    Every other keeps its length, 10 epochs by id; so does an instance.
    """
    schedule = get(identifier)
    return replace(schedule, epochs=epochs) if identifier == "cosine" and epochs else schedule
