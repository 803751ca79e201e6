"""What a run has been through: figures at some steps, and the loss of every mini-batch."""

from typing import Any

import numpy as np


class History:
    """Grows with training inside a fixed amount of memory.

    Figures (losses, accuracies) are kept for each step at which they were measured, up to
    `CAPACITY` rows; after that the older half keeps every second row. Mini-batch losses are
    kept for every step, up to `CAPACITY`; after that groups of 2, 4, 8... neighbouring steps
    share an entry: the loss of the group's first step beside the mean of the group.

    Where training went on from an earlier step, the training loss of the line that was left is
    kept (`keep_line`), at most `LINES` of them with `LINE_POINTS` points each.

    Attributes
    ----------
    stride : int
        Steps that share one mini-batch entry.
    lines : list of ndarray, (points, 2)
        Step and training loss of each line that was left, the oldest first.
    """

    CAPACITY = 16_384
    LINES, LINE_POINTS = 4, 200
    COLUMNS = ("step", "training_loss", "test_loss", "training_accuracy", "test_accuracy")

    def __init__(self):
        self._figures = np.empty((64, len(self.COLUMNS)))
        self._rows = 0
        self.stride = 1
        self._raw = np.empty(64, np.float32)
        self._mean = np.empty(64, np.float32)
        self._groups = 0
        self._open: list[float] = []  # losses of the group that is not full yet
        self.lines: list[np.ndarray] = []

    @property
    def figures(self) -> np.ndarray:
        """Return the rows of `COLUMNS`, (rows, 5), float64, by step."""
        return self._figures[: self._rows]

    def add_figures(self, step: int, figures: tuple[float, float, float, float]) -> None:
        """Keep what was measured at a step; measuring the same step again changes nothing."""
        if self._rows and self._figures[self._rows - 1, 0] >= step:
            return
        if self._rows == self.CAPACITY:
            half = self.CAPACITY // 2
            kept = np.concatenate((self.figures[:half:2], self.figures[half:]))
            self._figures[: len(kept)], self._rows = kept, len(kept)
        self._figures = _grown(self._figures, self._rows + 1)
        self._figures[self._rows] = (step, *figures)
        self._rows += 1

    def best_step(self) -> int:
        """Return the step with the lowest test loss measured; there must be one."""
        return int(self.figures[self.figures[:, 2].argmin(), 0])

    def add_batch_losses(self, losses: list[float]) -> None:
        """Keep the losses of the mini-batches of the steps that follow, in order."""
        pending = self._open + losses
        full = len(pending) // self.stride
        if full:
            groups = np.array(pending[: full * self.stride]).reshape(full, self.stride)
            self._raw = _grown(self._raw, self._groups + full)
            self._mean = _grown(self._mean, self._groups + full)
            self._raw[self._groups : self._groups + full] = groups[:, 0]
            self._mean[self._groups : self._groups + full] = groups.mean(axis=1)
            self._groups += full
        self._open = pending[full * self.stride :]
        while self._groups >= self.CAPACITY:
            self._halve_batch_losses()

    def _halve_batch_losses(self) -> None:
        half = self._groups // 2
        if self._groups % 2:
            # The odd group cannot be divided into its steps again: its mean stands for each.
            self._open = [float(self._mean[self._groups - 1])] * self.stride + self._open
        pairs = self._mean[: half * 2].reshape(half, 2)
        self._mean[:half] = pairs.mean(axis=1, dtype=np.float64)
        self._raw[:half] = self._raw[: half * 2 : 2]
        self._groups = half
        self.stride *= 2

    def truncate(self, step: int) -> None:
        """Forget what came after a step."""
        self._rows = int(np.searchsorted(self.figures[:, 0], step, side="right"))
        groups, rest = divmod(step, self.stride)
        if groups < self._groups:
            self._open = [float(self._mean[groups])] * rest
            self._groups = groups
        else:
            self._open = self._open[:rest]

    def forget_figures(self, step: int) -> None:
        """Forget what was measured at a step or later, and keep the losses of the mini-batches."""
        self._rows = int(np.searchsorted(self.figures[:, 0], step, side="left"))

    def keep_line(self, step: int) -> None:
        """Keep the training loss since a step, before going on from there another way."""
        first = max(0, int(np.searchsorted(self.figures[:, 0], step, side="right")) - 1)
        later = self.figures[first:, :2]
        if len(later) > 1:
            thinned = later[:: _thinning(len(later), self.LINE_POINTS)].copy()
            self.lines = [*self.lines, thinned][-self.LINES :]

    def figure_curve(self, limit: int) -> np.ndarray:
        """Return at most `limit` rows of `figures` for drawing, the first and the last included.

        Every 2nd, 4th, 8th... row by its number, so that a point, once drawn, stays where it is.
        """
        rows = self.figures
        thinned = rows[:: _thinning(len(rows), limit - 1)]
        if len(rows) and thinned[-1, 0] != rows[-1, 0]:
            thinned = np.concatenate((thinned, rows[-1:]))
        return thinned

    def batch_curve(self, limit: int) -> np.ndarray:
        """Return (step, loss of that mini-batch, smoothed loss) for drawing, (points, 3).

        The smoothed loss is the exponential moving average, over about ten points, of the
        mean loss of the steps that share a point.
        """
        every = _thinning(self._groups, limit)
        count = self._groups // every
        if not count:
            # Before the first step, or gone back to fewer steps than share an entry.
            return np.empty((0, 3))
        curve = np.empty((count, 3))
        curve[:, 0] = np.arange(count) * (every * self.stride) + 1
        curve[:, 1] = self._raw[: count * every : every]
        means = self._mean[: count * every].reshape(count, every).mean(axis=1, dtype=np.float64)
        curve[:, 2] = _moving_average(means, weight=0.2)
        return curve

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return plain values and arrays, as copies, for `from_state`."""
        return {"stride": self.stride, "open": list(self._open)}, {
            "figures": self.figures.copy(),
            "raw": self._raw[: self._groups].copy(),
            "mean": self._mean[: self._groups].copy(),
            **{f"line{number}": line.copy() for number, line in enumerate(self.lines)},
        }

    @classmethod
    def from_state(cls, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> "History":
        """Return the history of a `state`."""
        history = cls()
        history._figures, history._rows = np.array(arrays["figures"]), len(arrays["figures"])
        history._raw, history._mean = np.array(arrays["raw"]), np.array(arrays["mean"])
        history._groups = len(history._raw)
        history.stride, history._open = values["stride"], list(values["open"])
        names = (f"line{number}" for number in range(cls.LINES))
        history.lines = [np.array(arrays[name]) for name in names if name in arrays]
        return history


def _grown(array: np.ndarray, needed: int) -> np.ndarray:
    if needed <= len(array):
        return array
    grown = np.empty((max(needed, 2 * len(array)), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown


def _thinning(count: int, limit: int) -> int:
    every = 1
    while count > limit * every:
        every *= 2
    return every


def _moving_average(values: np.ndarray, weight: float) -> np.ndarray:
    """Return the exponential moving average, corrected for its start at the first value."""
    kernel = weight * (1 - weight) ** np.arange(32)  # what lies further back weighs under 0.1 %
    sums = np.convolve(values, kernel)[: len(values)]
    shares = np.cumsum(kernel)
    return sums / shares[np.minimum(np.arange(len(values)), len(kernel) - 1)]
