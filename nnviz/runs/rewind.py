"""Earlier states of a run, dense near the present and sparse far back, to step back to."""

from typing import Any

from nnviz.runs.limits import REMEMBERED_BYTES, REMEMBERED_STATES
from nnviz.training import Trainer


class Rewind:
    """Remembers trainer states inside a fixed amount of memory.

    Training is deterministic, so any step since the first can be reached exactly: go back to
    the nearest state before it and repeat the steps from there. Settings that change while a
    run trains must be remembered at once (`remember`), so that no repetition spans a change.
    """

    def __init__(self, trainer: Trainer):
        self._trainer = trainer
        state_bytes = trainer.network.parameters.nbytes * 2 + 4096
        self._limit = max(3, min(REMEMBERED_STATES, REMEMBERED_BYTES // state_bytes))
        self._states: list[dict[str, Any]] = []
        self.remember()

    def remember(self) -> None:
        """Keep the present state, in place of one of the same step."""
        state = self._trainer.state()
        while self._states and self._states[-1]["step_count"] >= state["step_count"]:
            self._states.pop()
        self._states.append(state)
        if len(self._states) > self._limit:
            del self._states[self._least_missed()]

    def _least_missed(self) -> int:
        """Return the index whose loss widens a gap least, measured against its age."""
        steps = [state["step_count"] for state in self._states]
        now = steps[-1]
        return min(
            range(1, len(steps) - 1),
            key=lambda i: (steps[i + 1] - steps[i - 1]) / (now - steps[i] + 1),
        )

    @property
    def latest_step(self) -> int:
        return self._states[-1]["step_count"]

    @property
    def earliest_step(self) -> int:
        """The first step that can be reached with its gradient (the beginning has none)."""
        first = self._states[0]["step_count"]
        return first + 1 if first else 0

    def go_to(self, step: int) -> None:
        """Bring the trainer to the state it had after `step`, and forget what came later."""
        # From the state before, not at, the step: its gradient and update come back as well.
        while len(self._states) > 1 and self._states[-1]["step_count"] >= max(step, 1):
            self._states.pop()
        self._trainer.restore(self._states[-1])
        if self._trainer.step_count == step:
            self._trainer.gradients.vector.fill(0)
            self._trainer.optimizer.update = None
        while self._trainer.step_count < step:
            self._trainer.step()
