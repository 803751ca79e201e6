"""How fast a run trains: the steps that its chosen speed grants, and how many it really gets."""

import math
import time

from nnviz.runs import limits


class Pace:
    """Grants steps as time passes, and measures how many are taken.

    What is called `limit` is in steps a second; 0: as many as there is time for.

    Attributes
    ----------
    steps_per_second : float
        Averaged over about the last `SPEED_SECONDS`; 0 while nothing is trained.
    """

    def __init__(self):
        self.begin(granted=0.0)
        self.rest()

    def begin(self, granted: float) -> None:
        """Count time from now on, with so many steps granted at once."""
        self._allowance = granted
        self._clock = self._measured_at = time.perf_counter()

    def rest(self) -> None:
        """Say that nothing is trained."""
        self.steps_per_second = 0.0

    def due_in(self, limit: int) -> float:
        """Return seconds until the next step is granted."""
        if not limit:
            return 0.0
        waited = time.perf_counter() - self._clock
        return max(0.0, (1.0 - self._allowance) / limit - waited)

    def grant(self, limit: int) -> int:
        """Return how many steps may be taken now."""
        now = time.perf_counter()
        steps = 2**31
        if limit:
            # Never more than a quarter of a second's worth at once after a delay.
            granted = self._allowance + (now - self._clock) * limit
            self._allowance = min(granted, max(1.0, limit / 4))
            steps = int(self._allowance)
            self._allowance -= steps
        self._clock = now
        return steps

    def give_back(self, steps: int, limit: int) -> None:
        """Take back steps that were granted and could not be taken."""
        if limit:
            self._allowance += steps

    def measure(self, taken: int, limit: int) -> None:
        """Take note of steps taken since the last time.

        What the run gets, not what it could do alone: frames and the turns of other runs count.
        """
        now = time.perf_counter()
        elapsed = max(now - self._measured_at, 1e-6)
        self._measured_at = now
        rate = taken / elapsed
        if limit:
            rate = min(rate, limit)  # the first step comes at once
        weight = -math.expm1(-elapsed / limits.SPEED_SECONDS) if self.steps_per_second else 1.0
        self.steps_per_second += weight * (rate - self.steps_per_second)
