"""Mini-batches: every sample once an epoch, usually in a new random order each time."""

from copy import deepcopy
from typing import Any

import numpy as np

from nnviz.checks import whole_number
from nnviz.passes import Pass
from nnviz.products import threads_for
from nnviz.random import Random, random_state, set_random_state
from nnviz.rows import Rows, beside_ones

# Numbers gathered at once: several small batches, so that one call serves many steps, but
# little enough to stay in the processor's cache until they are used.
_GATHERED = 2**16
# Of these, bytes scaled in one go in a room in between, small so as to push little else out of
# the cache.
_PIECE = 2**14


class Batches:
    """Mini-batches of samples, each with the room for its forward pass.

    Parameters
    ----------
    x : ndarray or Rows, (n, inputs)
    y : ndarray, (n, outputs)
    layer_sizes : tuple of int
        Of the network that the batches are for.
    batch_size : int
        1 to n; larger values mean n. May be changed between batches.
    rng : Generator or RandomState
        Draws the order of each epoch.
    masks : bool, default False
        Whether the passes have room for dropout masks.
    shuffle : bool, default True
        False takes the samples in their order, in every epoch.

    Attributes
    ----------
    position : int
        Samples of the present epoch handed out so far; 0 before the first and after the last.
    threads : context manager
        In which steps on these batches take as many threads as pay (`products.threads_for`).
    """

    def __init__(
        self,
        x: np.ndarray | Rows,
        y: np.ndarray,
        layer_sizes: tuple[int, ...],
        batch_size: int,
        rng: Random,
        masks: bool = False,
        shuffle: bool = True,
    ):
        self._masks, self._shuffle = masks, shuffle
        # The column of ones that goes with a batch's input is then taken with it.
        self._samples_1 = None if isinstance(x, Rows) else beside_ones(x, x.dtype)
        self.x = x if self._samples_1 is None else self._samples_1[:, :-1]
        self.y, self.rng = y, rng
        self.layer_sizes = layer_sizes
        self.position = 0
        self._order = np.empty(0, np.intp)
        self._epoch_rng_state = random_state(rng)
        self.batch_size = batch_size

    @property
    def batch_size(self) -> int:
        """Samples of a batch; setting it to no whole number of 1 or more is a ValueError."""
        return self._batch_size

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        size = min(whole_number("batch_size", size), len(self.x))
        inputs, outputs, dtype = self.x.shape[1], self.y.shape[1], self.x.dtype
        rows = min(_GATHERED // inputs, getattr(self.x, "at_once", None) or _GATHERED)
        count = max(1, min(-(-len(self.x) // size), rows // size))
        self._batch_size = size
        self.threads = threads_for(self.layer_sizes, size)
        self._x_1 = np.ones((count * size, inputs + 1), dtype)
        if self._samples_1 is None:
            self._piece = np.empty((max(1, min(count * size, _PIECE // inputs)), inputs), dtype)
        self._y = np.empty((count, outputs, size), dtype)
        room = self._allocate(size)
        self._full = [
            (room.with_input(x_1), y.T)
            for x_1, y in zip(np.split(self._x_1, count), self._y, strict=True)
        ]
        self._rest: tuple[Pass, np.ndarray] | None = None
        self._ready: list[tuple[Pass, np.ndarray]] = []

    def next(self) -> tuple[Pass, np.ndarray]:
        """Return the next batch: a pass that holds its input, and its targets (n, outputs).

        Both are overwritten by the batches that follow.
        """
        if not self._ready:
            self._gather()
        run, y = self._ready.pop()
        self.position += len(y)
        if self.position == len(self.x):
            self.position = 0
        return run, y

    def next_rows(self) -> np.ndarray:
        """Return which rows of the samples the next batch will hold, (n,); nothing changes."""
        order = self._order if self.position else self._permuted(deepcopy(self.rng))
        return order[self.position : self.position + self._batch_size].copy()

    def copy(self) -> "Batches":
        """Return batches of the same samples that go on as these would, on their own."""
        twin = Batches(
            self.x, self.y, self.layer_sizes, self._batch_size, deepcopy(self.rng),
            masks=self._masks, shuffle=self._shuffle,
        )
        twin.restore(self.state())
        return twin

    def _gather(self) -> None:
        """Copy the samples of the next few batches, in their order."""
        if self.position == 0:
            self._draw_order()
        size = self._batch_size
        picked = self._order[self.position : self.position + len(self._x_1)]
        full, rest = divmod(len(picked), size)
        self._gather_inputs(picked)
        y = self.y.take(picked, axis=0, mode="clip")
        self._y[:full] = y[: full * size].reshape(full, size, y.shape[1]).transpose(0, 2, 1)
        self._ready = self._full[full - 1 :: -1] if full else []
        if rest:
            x = self._x_1[full * size : len(picked), :-1]
            self._ready = [self._rest_of_epoch(x, y[-rest:]), *self._ready]

    def _gather_inputs(self, picked: np.ndarray) -> None:
        # With mode="clip", or `take` would make a room of its own each time.
        if self._samples_1 is not None:
            self._samples_1.take(picked, axis=0, out=self._x_1[: len(picked)], mode="clip")
            return
        for start in range(0, len(picked), len(self._piece)):
            rows = picked[start : start + len(self._piece)]
            # Scaled where they lie in one piece; beside ones that takes longer.
            x = self.x.take(rows, axis=0, out=self._piece[: len(rows)], mode="clip")
            self._x_1[start : start + len(rows), :-1] = x

    def _allocate(self, samples: int) -> Pass:
        room = Pass.allocate(self.layer_sizes, samples, self.x.dtype)
        if self._masks:
            room.make_masks()
        return room

    def _rest_of_epoch(self, x: np.ndarray, y: np.ndarray) -> tuple[Pass, np.ndarray]:
        """Return the partial last batch, in a room of its own size."""
        if self._rest is None or len(self._rest[1]) != len(x):
            self._rest = self._allocate(len(x)), np.empty_like(y, order="F")
        run, y_room = self._rest
        run.a[0][...] = x
        y_room[...] = y
        return self._rest

    def _draw_order(self) -> None:
        self._epoch_rng_state = random_state(self.rng)
        self._order = self._permuted(self.rng)

    def _permuted(self, rng: Random) -> np.ndarray:
        count = len(self.x)
        return rng.permutation(count) if self._shuffle else np.arange(count)

    def state(self) -> dict[str, Any]:
        """Return what the next batches depend on, for `restore`."""
        return {
            "batch_size": self._batch_size,
            "position": self.position,
            # In mid-epoch the order is drawn again from the state before it was drawn.
            "rng": self._epoch_rng_state if self.position else random_state(self.rng),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`."""
        if state["batch_size"] != self._batch_size:
            self.batch_size = state["batch_size"]
        self._ready = []
        self.position = state["position"]
        set_random_state(self.rng, state["rng"])
        if self.position:
            self._draw_order()
