"""What a person may ask of a run: a table of actions, and the functions behind it."""

from typing import TYPE_CHECKING, Any

from nnviz.runs import cycles, editing, moments
from nnviz.runs.admission import check_size
from nnviz.runs.divergence import recover
from nnviz.runs.errors import RunError
from nnviz.settings import SETTINGS, SettingError
from nnviz.timing import TIMING

if TYPE_CHECKING:
    from nnviz.runs.run import Run


def do(run: "Run", action: Any, value: Any) -> None:
    """Do one of `ACTIONS` with a run.

    Raises
    ------
    RunError
        If the action is unknown or the value does not fit.
    """
    if not isinstance(action, str) or action not in ACTIONS:
        raise RunError(f"Unknown action {str(action)[:40]!r}. Known: {', '.join(ACTIONS)}.")
    function, takes_value = ACTIONS[action]
    function(run, value) if takes_value else function(run)


def step(run: "Run") -> None:
    """Take one step, now; a run that was running is paused first.

    While an earlier step is looked at, look at the one after it.
    """
    if moments.is_earlier(run):
        moments.look_further(run, 1)
        return
    run.pause()
    run.notice = None
    if cycles.has_ended(run):
        run.notice = {"level": "info", "text": f"This step changes nothing: {cycles.text(run)}."}
    if run.train(1):
        run.state = "paused"
    run.rewind.remember()


def start_epoch(run: "Run") -> None:
    """Train to the end of the current pass over the training samples, then pause."""
    _be_ready(run)
    samples = len(run.trainer.x)
    run.goal = (run.trainer.samples_seen // samples + 1) * samples
    run.start()


def _be_ready(run: "Run") -> None:
    """Be at the present, with a learning rate that is not 0 for good."""
    moments.leave_for_now(run)
    if cycles.has_ended(run):
        cycles.begin_anew(run)


def set_running(run: "Run", running: Any) -> None:
    """Run until paused, or pause; a schedule that has ended begins anew."""
    if not isinstance(running, bool):
        raise RunError(f"Run is on or off. Received: {running!r}.")
    if running:
        _be_ready(run)
        run.goal = None
        if run.stop_epochs is not None and run.trainer.epoch >= run.stop_epochs:
            run.stop_epochs = None  # reached: pressed again, it is to go on
        if run.state != "running":
            run.start()
    else:
        run.pause()


def reset(run: "Run") -> None:
    """Go back to the initial weights of this configuration."""
    run.begin()


def new_weights(run: "Run") -> None:
    """Begin again from the next seed."""
    highest = int(SETTINGS["seed"].high)
    run.config = run.config.changed(seed=(run.config.seed + 1) % (highest + 1))
    run.given = None
    run.begin()


def step_back(run: "Run") -> None:
    """Undo exactly one step; while an earlier one is looked at, look at the one before it."""
    if moments.is_earlier(run):
        moments.look_further(run, -1)
        return
    run.pause()
    if not run.can_step_back:
        raise RunError(
            f"Step {run.trainer.step_count:,} is the first that is known: nothing to take back."
        )
    run.return_to(run.trainer.step_count - 1)
    run.notice = None


def change(run: "Run", values: Any) -> None:
    """Change settings that may change while it trains: learning rate, batch size."""
    if not isinstance(values, dict) or not all(
        name in SETTINGS and SETTINGS[name].live for name in values
    ):
        raise RunError("Only the learning rate and the batch size change while a run trains.")
    try:
        changed = run.config.changed(**values)
        check_size(changed)
    except SettingError as error:
        raise RunError(str(error)) from error
    run.config = changed
    if run.now is None:  # otherwise when looking ends
        run.apply_live_settings()
        run.rewind.remember()


def set_speed(run: "Run", speed: Any) -> None:
    """Choose steps per second out of `timing.SPEEDS`."""
    run.keep_pace(_checked("speed", speed))


def set_stops(run: "Run", stops: Any) -> None:
    """Choose when to stop, each None for never; what is not named stays as it is.

    Parameters
    ----------
    run : Run
    stops : dict
        ``epochs``: after so many; ``accuracy``: at this test accuracy, 0 to 1;
        ``patience``: when the test loss has not fallen for so many epochs.
    """
    if not isinstance(stops, dict):
        raise RunError(f"Stops are epochs, accuracy and patience. Received: {str(stops)[:20]!r}.")
    chosen = {
        name: None if stops[name] is None else _checked(f"stop_{name}", stops[name])
        for name in ("epochs", "accuracy", "patience") if name in stops
    }
    for name, value in chosen.items():
        setattr(run, f"stop_{name}", value)


def _checked(name: str, value: Any) -> Any:
    """Return a value of `TIMING` as it is kept."""
    setting = TIMING[name]
    try:
        return setting.check(setting, value)
    except SettingError as error:
        raise RunError(str(error)) from error


# What a page may ask for: the function, and whether it takes a value.
ACTIONS = {
    "step": (step, False),
    "epoch": (start_epoch, False),
    "run": (set_running, True),
    "reset": (reset, False),
    "new_weights": (new_weights, False),
    "back": (step_back, False),
    "speed": (set_speed, True),
    "stops": (set_stops, True),
    "change": (change, True),
    "look": (moments.look, True),
    "now": (moments.return_to_now, False),
    "continue": (moments.continue_from_here, False),
    "compare": (moments.compare, True),
    "recover": (recover, False),
    "switch": (editing.switch_unit, True),
    "freeze": (editing.freeze_layer, True),
    "set": (editing.set_value, True),
    "renew": (editing.renew_units, True),
    "undo": (editing.undo, False),
}
