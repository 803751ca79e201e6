"""Looking at earlier moments of a run, going on from one, and comparing two.

While a person looks, the trainer is at the moment looked at and `Run.now` holds the step of the
present, whose state the run's `Rewind` remembers; nothing of the present is lost by looking.
"""

from typing import TYPE_CHECKING, Any

from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.runs.jobs import Job

if TYPE_CHECKING:
    from nnviz.runs.run import Run


def look(run: "Run", moment: Any) -> None:
    """Pause, and show an earlier step; looking at the present ends it.

    Parameters
    ----------
    run : Run
    moment : dict
        ``step``: a whole number. Outside of what is known, the nearest end is meant.
        ``exact``: True for that very step, which may have to be repeated from far back; False
        (default) for the nearest that is reached at once.
    """
    step, exact = (moment.get("step"), moment.get("exact", False)) if isinstance(
        moment, dict
    ) else (None, None)
    if not isinstance(step, int) or isinstance(step, bool) or not isinstance(exact, bool):
        raise RunError(f"Look at a step, a whole number. Received: {str(moment)[:40]!r}.")
    run.pause()
    now = run.present_step
    step = min(max(step, run.rewind.earliest_step), now)
    if not exact:
        step = run.rewind.nearest_moment(step)
    _seek(run, step, now)


def look_further(run: "Run", steps: int) -> None:
    """Look so many steps further on (or back, where negative) than now looked at."""
    shown = _sought(run)
    if shown + steps < run.rewind.earliest_step:
        raise RunError(f"Step {shown:,} is the first that is known: nothing before it to look at.")
    look(run, {"step": shown + steps, "exact": True})


def is_earlier(run: "Run") -> bool:
    """Return whether an earlier step is looked at; who is on the way to the present is there."""
    if run.now is not None and _sought(run) == run.now:
        leave_for_now(run)
    return run.now is not None


def _sought(run: "Run") -> int:
    """Return the step that is shown, or will be as soon as it is reached."""
    return run.jobs["seek"].basis if "seek" in run.jobs else run.trainer.step_count


def return_to_now(run: "Run") -> None:
    """End looking: show the present again, with its gradient."""
    if run.now is not None:
        _seek(run, run.now, run.now)


def leave_for_now(run: "Run") -> None:
    """End looking at once, without the last step's gradient: training goes on anyway."""
    if run.now is not None:
        run.rewind.restore_latest()
        _arrive(run)


def continue_from_here(run: "Run") -> None:
    """Make the moment looked at the present; the loss of what came later is kept, faint."""
    if run.now is None:
        raise RunError("To go on from an earlier moment, choose it on the timeline first.")
    if "seek" in run.jobs:
        raise RunError("This moment is still being worked out. Wait until it is shown.")
    run.history.keep_line(run.trainer.step_count)
    run.settle()
    run.notice = None


def compare(run: "Run", chosen: Any) -> None:
    """Choose the moment shown as the one that others are compared with, or none."""
    if not isinstance(chosen, bool):
        raise RunError(f"Compare is on or off. Received: {str(chosen)[:20]!r}.")
    run.compared = (run.trainer.step_count, run.network.parameters.copy()) if chosen else None


def _seek(run: "Run", step: int, now: int) -> None:
    """Bring the trainer to a step: at once where few steps are to be repeated, else in parts."""
    run.now = now
    job = Job(run.rewind.visit_in_parts(step), basis=step)
    run.jobs.pop("seek", None)
    if not job.advance(limits.SEEK_SECONDS):
        run.jobs["seek"] = job
    elif step == now:
        _arrive(run)


def advance_seek(run: "Run") -> None:
    """Go on bringing the trainer to the step that is to be looked at."""
    if run.jobs["seek"].advance(limits.SEEK_SECONDS):
        del run.jobs["seek"]
        if run.trainer.step_count == run.now:
            _arrive(run)


def _arrive(run: "Run") -> None:
    """Be at the present again."""
    run.now = None
    run.jobs.pop("seek", None)
    run.apply_live_settings()
    run.rewind.remember()
