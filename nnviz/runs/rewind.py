"""Earlier states of a run, dense near the present and sparse far back, to go back to."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnviz.runs.limits import (
    REMEMBERED_BYTES,
    REMEMBERED_CHANGES,
    REMEMBERED_EDITS,
    REMEMBERED_STATES,
    SAVED_STATES,
    SAVED_STATES_BYTES,
)
from nnviz.surgery import Held
from nnviz.training import Trainer


class Assignment(NamedTuple):
    """Parameters that a person set at a step, and what training leaves as it is from then on."""

    indices: np.ndarray
    values: np.ndarray
    held: Held

    def then(self, later: "Assignment") -> "Assignment":
        """Return both as one: what the later one sets counts."""
        indices = np.concatenate((later.indices, self.indices))
        values = np.concatenate((later.values, self.values))
        found, first = np.unique(indices, return_index=True)
        return Assignment(found, values[first], later.held)


class Settings(NamedTuple):
    """What may change while a run trains: learning rate, batch size, and where its schedule is.

    `epochs_before`: see `Trainer`; below 0 where the schedule was begun anew (`cycles`).
    """

    learning_rate: float
    batch_size: int
    epochs_before: float = 0


def state_of(trainer: Trainer) -> dict[str, Any]:
    """Return all that a trainer's next steps depend on, for `restore`."""
    return trainer.state() | {"epochs_before": trainer.epochs_before}


def restore(trainer: Trainer, state: dict[str, Any]) -> None:
    """Bring a trainer back to a `state_of`."""
    trainer.restore(state)
    trainer.epochs_before = state.get("epochs_before", 0)  # not in older checkpoints


class Rewind:
    """Remembers trainer states inside a fixed amount of memory.

    Training is deterministic, so any step since the first can be reached exactly: go back to
    the nearest state before it and repeat the steps from there, with the settings that each of
    them had. Settings that change while a run trains must be remembered at once (`remember`), and
    so must parameters that a person sets (`edit`).

    Parameters
    ----------
    trainer : Trainer
    changes : dict, optional
        What is known of the settings so far, as in `changes`.
    states : sequence of dict, optional
        Earlier states, oldest first: those `to_save` of another one.
    """

    def __init__(
        self, trainer: Trainer, changes: dict[int, Settings] | None = None,
        states: Sequence[dict[str, Any]] = (),
    ):
        self._trainer = trainer
        vectors = 1 + len(trainer.optimizer.memory)
        self._state_bytes = trainer.network.parameters.nbytes * vectors + 4096
        self._limit = max(3, min(REMEMBERED_STATES, REMEMBERED_BYTES // self._state_bytes))
        self._states: list[dict[str, Any]] = list(states)
        # In force from a step on. Kept apart from the states: those are thinned, and a repetition
        # from an older one still needs the change.
        self._settings: dict[int, Settings] = dict(changes or {})
        self._edits: dict[int, Assignment] = {}
        self.remember()

    def remember(self) -> None:
        """Keep the present state, in place of one of the same step."""
        state = state_of(self._trainer)
        step = state["step_count"]
        while self._states and self._states[-1]["step_count"] >= step:
            self._states.pop()
        self._states.append(state)
        self._forget_settings(step)
        self._forget_edits(step + 1)
        settings = Settings(*(state[name] for name in Settings._fields))
        if not self._settings or settings != next(reversed(self._settings.values())):
            self._settings[step] = settings
        if len(self._states) > self._limit:
            del self._states[self._least_missed()]
        if len(self._settings) > REMEMBERED_CHANGES:
            del self._settings[next(iter(self._settings))]
            known = next(iter(self._settings))
            self._states = [kept for kept in self._states if kept["step_count"] >= known]

    def edit(self, indices: np.ndarray, values: np.ndarray, held: Held) -> None:
        """Take note of parameters set at the present step, and remember the state after it."""
        step, made = self._trainer.step_count, Assignment(indices, values, held)
        self._edits[step] = self._edits[step].then(made) if step in self._edits else made
        self.remember()
        while len(self._edits) > 1 and self._edit_count > REMEMBERED_EDITS:
            oldest = next(iter(self._edits))
            del self._edits[oldest]
            # Across an edit that is forgotten nothing can be repeated.
            self._states = [kept for kept in self._states if kept["step_count"] >= oldest]

    @property
    def _edit_count(self) -> int:
        """Parameters set by all edits; an edit that sets none counts as one."""
        return sum(max(1, len(made.indices)) for made in self._edits.values())

    def _forget_edits(self, step: int) -> None:
        for made_at in [made_at for made_at in self._edits if made_at >= step]:
            del self._edits[made_at]

    def _forget_settings(self, step: int) -> None:
        for changed_at in [known for known in self._settings if known >= step]:
            del self._settings[changed_at]

    def to_save(self) -> list[dict[str, Any]]:
        """Return few of the earlier states, the first among them: from each the later steps follow.

        What a person set by hand is not saved step by step: nothing is repeated across it.
        """
        since = max(self._edits, default=0)
        present = max(self._trainer.step_count, self.latest["step_count"])
        states = [state for state in self._states if since <= state["step_count"] < present]
        most = min(SAVED_STATES, SAVED_STATES_BYTES // self._state_bytes, len(states))
        # They lie denser near the present, and so do these.
        return [states[round(k * (len(states) - 1) / max(1, most - 1))] for k in range(most)]

    def _least_missed(self) -> int:
        """Return the index whose loss widens a gap least, measured against its age."""
        steps = self.remembered_steps
        now = steps[-1]
        return min(
            range(1, len(steps) - 1),
            key=lambda i: (steps[i + 1] - steps[i - 1]) / (now - steps[i] + 1),
        )

    @property
    def changes(self) -> dict[int, Settings]:
        """Settings, by the step from which on they were in force."""
        return dict(self._settings)

    @property
    def earliest(self) -> dict[str, Any]:
        """The first state that is remembered, as of `Trainer.state`."""
        return self._states[0]

    @property
    def remembered_steps(self) -> list[int]:
        return [state["step_count"] for state in self._states]

    @property
    def latest(self) -> dict[str, Any]:
        """The last state remembered (`Trainer.state`): of a run at rest, its present."""
        return self._states[-1]

    def path(self) -> list[np.ndarray]:
        """Return the parameters of the states remembered, oldest first."""
        return [state["parameters"] for state in self._states]

    @property
    def earliest_step(self) -> int:
        """The first step that can be reached with its gradient (the beginning has none)."""
        first = self._states[0]["step_count"]
        return first + 1 if first else 0

    @property
    def moments(self) -> list[int]:
        """The steps that are reached by repeating one step at most, in order."""
        now = self.latest["step_count"]
        after = {min(remembered + 1, now) for remembered in self.remembered_steps}
        return sorted(after | {now} | ({0} if self.earliest_step == 0 else set()))

    def nearest_moment(self, step: int) -> int:
        """Return the one of `moments` that is next to a step."""
        return min(self.moments, key=lambda moment: abs(moment - step))

    def visit(self, step: int) -> None:
        """Bring the trainer to the state it had after `step`, with the settings that followed."""
        for _ in self.visit_in_parts(step):
            pass

    def visit_in_parts(self, step: int) -> Generator[float, None, None]:
        """Do what `visit` does, one step at a time; yield the share of the way that is done."""
        trainer = self._trainer
        # From the state before, not at, the step: its gradient and update come back as well.
        before = [state for state in self._states if state["step_count"] < step]
        start = before[-1] if before else self._states[0]
        first = start["step_count"]
        restore(trainer, start)
        for reached in self.repeat_until(step):
            yield (reached - first) / (step - first)
        self._apply_changes()

    def repeat_until(self, step: int) -> Iterator[int]:
        """Repeat the steps from where the trainer is up to `step`; yield each once it is taken."""
        trainer = self._trainer
        while trainer.step_count < step:
            self._apply_changes()
            trainer.step()
            yield trainer.step_count

    def restore_latest(self) -> None:
        """Bring the trainer to the last state remembered at once, without its gradient."""
        restore(self._trainer, self.latest)
        self._apply_changes()

    def _apply_changes(self) -> None:
        """Bring in the settings and the parameters that were changed at the trainer's step."""
        settings = self._settings.get(self._trainer.step_count)
        if settings:
            self._trainer.optimizer.learning_rate = settings.learning_rate
            self._trainer.epochs_before = settings.epochs_before
            if self._trainer.batch_size != settings.batch_size:
                self._trainer.batch_size = settings.batch_size
        made = self._edits.get(self._trainer.step_count)
        if made:
            self._trainer.network.parameters[made.indices] = made.values
            self._trainer.held = made.held

    def forget_after(self, step: int) -> None:
        """Forget what came after a step that the trainer has been brought to."""
        first, *later = self._states
        self._states = [first, *(state for state in later if state["step_count"] < step)]
        self._forget_settings(step + 1)
        self._forget_edits(step + 1)


class Correction(NamedTuple):
    """What a run was before it was taught something that cannot be repeated step by step.

    Attributes
    ----------
    step : int
    rewind : Rewind
        Leads back to it.
    """

    step: int
    rewind: Rewind
