"""Training past the end of a schedule that ends at a learning rate of 0: it begins anew.

As in Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnviz.runs.run import Run

_NOTHING = 1e-9  # a factor this small lets no step change anything


def end(run: "Run") -> float | None:
    """Return the epoch at which the learning rate arrives at 0; None where it never does."""
    schedule = run.trainer.schedule
    if schedule(schedule.epochs) > _NOTHING:
        return None
    return schedule.epochs - run.trainer.epochs_before


def has_ended(run: "Run") -> bool:
    """Return whether the learning rate has arrived at 0, so that training changes nothing."""
    trainer = run.trainer
    return trainer.schedule(trainer.epochs_before + trainer.epoch) <= _NOTHING


def begin_anew(run: "Run") -> None:
    """Have the schedule begin again at the present epoch."""
    run.trainer.epochs_before = -run.trainer.epoch
    run.rewind.remember()


def text(run: "Run") -> str:
    """Return what a page says of a schedule that has ended."""
    label = run.trainer.schedule.label
    return f"the {label} schedule has ended at a learning rate of 0. Run begins it anew"
