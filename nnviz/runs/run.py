"""One run: a network in training, its settings, its history, and how it trains."""

import math
import time
from typing import Any, NamedTuple

import numpy as np

from nnviz import data
from nnviz.data.copies import CopiedRows
from nnviz.evaluation import Evaluation, Evaluator
from nnviz.history import History
from nnviz.network import Network
from nnviz.runs import limits, whole
from nnviz.runs.actions import do
from nnviz.runs.divergence import Divergence, blow_up, parameters_are_finite, warn_of_ruin
from nnviz.runs.editing import Edit
from nnviz.runs.jobs import Job, advance_all
from nnviz.runs.moments import advance_seek, leave_for_now
from nnviz.runs.pace import Pace
from nnviz.runs.places import new_run_id
from nnviz.runs.rewind import Correction, Rewind
from nnviz.runs.stops import end_of_epoch
from nnviz.settings import RunConfig
from nnviz.timing import TIMING, Timing
from nnviz.training import Trainer

# A number that overflows is looked for and reported (`blow_up`), so NumPy need not warn of it.
_overflow_is_handled = np.errstate(over="ignore", invalid="ignore", divide="ignore")


class GivenWeights(NamedTuple):
    """First weights that no seed gives.

    Attributes
    ----------
    parameters : ndarray, (count,)
    source : str
        Where they come from, for people: ``a model file``.
    """

    parameters: np.ndarray
    source: str


class Run:
    """A network in training.

    Parameters
    ----------
    config : RunConfig
    run_id : str, optional
        Unguessable; made where not given.

    Attributes
    ----------
    pace : Pace
        How fast it trains.
    state : str
        "ready" (no step yet), "running", "paused", "stopped" (a stop was reached) or
        "diverged" (a step would not have been finite).
    version : int
        Grows with every change that a page could show.
    notice : dict or None
        ``{"level", "text"}`` for the page.
    warning : str or None
        What the page has to say of the place where the run is kept.
    corrections : list of Correction
        What can be undone of `correction.correct`, the last one last.
    goal : int or None
        Samples to have seen when the epoch that was asked for is over.
    now : int or None
        Step of the present while an earlier one is looked at (`moments`); None otherwise.
    compared : tuple of (int, ndarray) or None
        Step and parameters of the moment that others are compared with.
    whole : Whole or None
        Figures over all samples, where others were measured on a part of them.
    edits : list of Edit
        What a person changed of the network and may undo, the last at the end (`editing`).
    was_edited : bool
        Whether anything was changed so, and the steps alone do not lead to these weights.
    divergence : Divergence or None
        How training got out of hand, and the way back.
    jobs : dict
        Work under way beside training, by name (`jobs.Job`).
    given : GivenWeights or None
        What the run began from instead of the weights of its seed.
    """

    def __init__(
        self, config: RunConfig, run_id: str | None = None, given: GivenWeights | None = None
    ):
        self.id = run_id or new_run_id()
        self.config = config
        self.given = given
        self.speed = 0
        self.stop_epochs: int | None = None
        self.stop_accuracy: float | None = None
        self.stop_patience: int | None = None
        self.version = 0
        self.warning: str | None = None
        self.credit = 0.0  # seconds of the worker's time that it may still take (`turns`)
        self.last_watched = time.monotonic()
        self.saved_version, self.saved_at = -1, time.monotonic()
        self.dataset = data.load(config.dataset)
        self.split = data.load_split(
            config.dataset, config.test_share, config.scaling, config.augment
        )
        self.begin()

    def begin(self) -> None:
        """Set up the network of the configuration as it is before its first step."""
        rng = np.random.default_rng(self.config.seed)
        self.network = Network(
            self.config.layer_sizes, self.config.activations,
            initializer=self.config.initializer, seed=rng,
        )
        if self.given is not None:
            self.network.parameters[...] = self.given.parameters
        x, y, _ = self.split.drawn_from
        self.trainer = Trainer(self.network, x, y, rng=rng, **self.config.training)
        self.evaluator = Evaluator(
            self.network, self.trainer.loss, self.split.measured_training,
            self.split.measured_test,
        )
        self.initial_parameters = self.network.parameters.copy()
        self.history = History()
        self.rewind = Rewind(self.trainer)
        self.corrections: list[Correction] = []
        self.scales: dict[str, float] = {}
        self.state, self.notice = "ready", None
        self.goal: int | None = None
        self.now: int | None = None
        self.compared: tuple[int, np.ndarray] | None = None
        self.divergence: Divergence | None = None
        self.edits: list[Edit] = []
        self.was_edited = False
        self.jobs: dict[str, Job] = {}
        self.pace = Pace()
        self._remembered = time.perf_counter()
        self.whole: whole.Whole | None = None
        self._evaluation: Evaluation | None = None
        self._evaluated_step = -1
        self.touch()

    def touch(self) -> None:
        """Let pages know that there is something new."""
        self.version += 1

    def train_like(self, other: "Run") -> None:
        """Take over another run's speed and stops."""
        for name in TIMING:
            setattr(self, name, getattr(other, name))

    @property
    def timing(self) -> Timing:
        """Speed and stops as they are now."""
        return Timing(**{name: getattr(self, name) for name in TIMING})

    @_overflow_is_handled
    def act(self, action: str, value: Any = None) -> None:
        """Do one of `actions.ACTIONS`.

        Raises
        ------
        RunError
            If the action is unknown or the value does not fit.
        """
        do(self, action, value)
        self.touch()

    def start(self) -> None:
        """Train from now on, a little at each `advance`."""
        self.notice = self.divergence = None
        self.state = "running"
        self.pace.begin(granted=1.0)

    def pause(self, state: str = "paused") -> None:
        """Stop training, where it trains, in a state that says why."""
        if self.state == "running":
            self.state, self.goal = state, None
            self.pace.rest()
            self.rewind.remember()

    def halt(self, text: str) -> None:
        """Pause because something went wrong that is not the person's doing, and say so."""
        self.pause()
        self.notice = {"level": "error", "text": text}
        self.touch()

    def warn(self, warning: str | None) -> None:
        """Have the page say this of the run's place, or nothing any more."""
        if warning != self.warning:
            self.warning = warning
            self.touch()

    def keep_pace(self, speed: int) -> None:
        """Train at so many steps a second from now on; 0: as fast as it goes."""
        self.speed = speed
        self.pace.begin(granted=0.0)
        self.pace.rest()

    @property
    def can_step_back(self) -> bool:
        return self.trainer.step_count > self.rewind.earliest_step

    @property
    def present_step(self) -> int:
        """The last step taken, whichever one is looked at."""
        return self.trainer.step_count if self.now is None else self.now

    def return_to(self, step: int) -> None:
        """Go back to a step, and forget what came later."""
        self.rewind.visit(step)
        self.settle()

    def settle(self) -> None:
        """Make the step that the trainer is at the present: forget what came later."""
        step = self.trainer.step_count
        self.rewind.forget_after(step)
        self.history.truncate(step)
        # What a person has set since stays set: going back with a smaller rate is the point.
        self.apply_live_settings()
        self.state = "paused" if step else "ready"
        self.now = self.divergence = None
        self.jobs.pop("seek", None)
        self.edits = [made for made in self.edits if made.step <= step]
        self._evaluated_step = -1
        self.rewind.remember()

    def apply_live_settings(self) -> None:
        """Have the trainer use the learning rate and the batch size of the configuration."""
        self.trainer.optimizer.learning_rate = self.config.learning_rate
        if self.trainer.batch_size != self.config.batch_size:
            self.trainer.batch_size = self.config.batch_size

    # ---------------------------------------------------------------- training

    def due_in(self) -> float | None:
        """Return seconds until the next step is due; None where nothing is to be done."""
        if any(not job.is_done for job in self.jobs.values()):
            return 0.0
        if self.state != "running":
            return None
        return self.pace.due_in(self._limit)

    @property
    def _limit(self) -> int:
        """Steps a second; 0 for no limit: an epoch that was asked for goes at full speed."""
        return self.speed if self.goal is None else 0

    @_overflow_is_handled
    def advance(self, seconds: float) -> None:
        """Train for about so long, or as many steps as the speed allows; and go on with jobs."""
        # What a page waits for comes first: measuring all samples may take seconds.
        if whole.NAME in self.jobs and not self._is_waited_for:
            if not whole.advance(self, seconds):
                return  # nothing new to show
            self.touch()
        if "seek" in self.jobs:
            advance_seek(self)
            self.touch()
        advance_all(self.jobs, apart_from=("seek", whole.NAME))
        if self.state == "running" and self._train_for(seconds):
            self.touch()

    @property
    def _is_waited_for(self) -> bool:
        """Whether there is work under way that a page has asked for."""
        return any(
            not job.is_done for name, job in self.jobs.items() if name not in ("seek", whole.NAME)
        )

    def _train_for(self, seconds: float) -> bool:
        """Train for about so long; return whether there is anything new to show."""
        until = time.perf_counter() + seconds
        limit = self._limit
        steps = self.pace.grant(limit)
        taken = self.train(steps, until)
        if taken and self.state == "running":
            self.pace.measure(taken, limit)
            self._remember_now_and_then()
        elif not taken:
            self.pace.give_back(steps, limit)  # the next mini-batch was not ready in time
        return taken > 0 or self.state != "running"

    def _remember_now_and_then(self) -> None:
        now = time.perf_counter()
        step, last = self.trainer.step_count, self.rewind.latest["step_count"]
        if step > limits.REMEMBER_GROWTH * last or now - self._remembered > limits.REMEMBER_SECONDS:
            self.rewind.remember()
            self._remembered = now

    def train(self, steps: int, until: float = math.inf) -> int:
        """Take steps until one of the ends is reached; return how many were taken."""
        trainer, samples = self.trainer, len(self.trainer.x)
        first, batch_losses = trainer.step_count, []
        stop = None
        while trainer.step_count - first < steps and not stop and self._prepare(until):
            loss = trainer.step()
            batch_losses.append(loss)
            if not math.isfinite(loss):
                break
            if trainer.samples_seen % samples == 0:
                if not self._keep_batch_losses(batch_losses):
                    return 0
                stop = end_of_epoch(self, trainer.samples_seen // samples)
            if time.perf_counter() >= until:
                break
        if stop == "diverged" or not self._keep_batch_losses(batch_losses):
            return 0
        if stop:
            self.pause(stop)
        return trainer.step_count - first

    def _prepare(self, until: float) -> bool:
        """Make what the next mini-batch lacks; return False where time is up before."""
        rows = self.trainer.x
        if not isinstance(rows, CopiedRows) or rows.is_complete:
            return True
        wanted = self.trainer.next_rows()
        while not rows.make_some(wanted):
            if time.perf_counter() >= until:
                return False
        return True

    def _keep_batch_losses(self, batch_losses: list[float]) -> bool:
        """Move the losses of the last steps into the history; False where they blew up."""
        if batch_losses:
            finite = math.isfinite(batch_losses[-1]) and parameters_are_finite(self.network)
            first = self.trainer.step_count - len(batch_losses)
            if not finite:
                blow_up(self, first, batch_losses)
                return False
            self.history.add_batch_losses(batch_losses)
            batch_losses.clear()
        return True

    def _leave_unsound_step(self) -> None:
        """Go to a step whose losses are finite: the present where an earlier one is looked at."""
        if self.now is None:
            blow_up(self, self.trainer.step_count, [])
            return
        text = f"The losses of step {self.trainer.step_count:,} are not finite: this is now."
        leave_for_now(self)
        self.notice = {"level": "warning", "text": text}

    # ---------------------------------------------------------------- measuring

    @_overflow_is_handled
    def evaluate(self) -> Evaluation:
        """Return loss and accuracy at the present step, measured once a step."""
        if not self.is_measured:
            evaluation = self.evaluator()
            if not evaluation.is_finite():
                self._leave_unsound_step()
                evaluation = self.evaluator()
            self._evaluation, self._evaluated_step = evaluation, self.trainer.step_count
            self.history.add_figures(self.trainer.step_count, evaluation.figures)
            warn_of_ruin(self, evaluation)
        whole.begin(self)
        return self._evaluation

    @property
    def is_measured(self) -> bool:
        """Whether the figures of the present step are known."""
        return self._evaluated_step == self.trainer.step_count

    def forget_figures(self) -> None:
        """Have the present step measured again: its parameters are no longer those of the step."""
        self.history.forget_figures(self.trainer.step_count)
        self.whole, self._evaluated_step = None, -1

    def evaluate_best(self) -> Evaluation:
        """Return the figures over all samples where they are known by now, else `evaluate`."""
        evaluation = self.evaluate()
        if self.whole is not None and self.whole.step == self._evaluated_step:
            return self.whole.evaluation
        return evaluation
