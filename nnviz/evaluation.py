"""How good a network is: loss, accuracy and confusion matrix on samples of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnviz import losses, metrics
from nnviz.network import Network
from nnviz.passes import Pass
from nnviz.rows import Rows, beside_ones

# Samples, (n, inputs); targets, (n, outputs); class numbers, (n,).
Samples = tuple[np.ndarray | Rows, np.ndarray, np.ndarray]

# Input numbers of the samples that run through the network at once: all where they are small,
# and few enough of large ones that a run's room for them stays a few megabytes.
_PIECE = 2**19
_LEAST = 256


@dataclass(frozen=True)
class Evaluation:
    """Loss and accuracy of one moment of training.

    Attributes
    ----------
    training_loss, test_loss, training_accuracy, test_accuracy : float
    confusion : ndarray, (classes, classes)
        On the test samples.
    training_pass : Pass
        The forward pass of the first training samples, for what is shown of it: of all of them
        where they are small, of `_LEAST` at least.
    training_samples, test_samples : int
        How many it was measured on.
    """

    training_loss: float
    test_loss: float
    training_accuracy: float
    test_accuracy: float
    confusion: np.ndarray
    training_pass: Pass
    training_samples: int
    test_samples: int

    @property
    def figures(self) -> tuple[float, float, float, float]:
        """Training loss, test loss, training accuracy, test accuracy."""
        return self.training_loss, self.test_loss, self.training_accuracy, self.test_accuracy

    def is_finite(self) -> bool:
        """Return whether both losses are finite."""
        return bool(np.isfinite(self.training_loss) and np.isfinite(self.test_loss))


class Evaluator:
    """Measures a network on training and test samples, into buffers of its own.

    Parameters
    ----------
    network : Network
    loss : Loss
    training, test : Samples
    """

    def __init__(self, network: Network, loss: losses.Loss, training: Samples, test: Samples):
        self.network, self.loss = network, loss
        self._classes = max(2, network.layer_sizes[-1])
        rooms: dict[int, Pass] = {}
        self._training = _Part(network, training, rooms)
        self._test = _Part(network, test, rooms)

    @property
    def piece_count(self) -> int:
        """How many pieces `pieces` goes through."""
        return self._training.count + self._test.count

    def __call__(self) -> Evaluation:
        """Return loss and accuracy at the present parameters."""
        *_, evaluation = self.pieces()
        return evaluation

    def pieces(self) -> Iterator[Evaluation | None]:
        """Measure a few samples at a time, at parameters that stay as they are meanwhile.

        Yields
        ------
        Evaluation or None
            None after each piece; the evaluation at the end.
        """
        figures = []
        for part in (self._training, self._test):
            values, counts = [], []
            confusion = np.zeros((self._classes, self._classes), np.int64)
            for room, y, labels in part.pieces():
                y_pred = self.network.forward(room.a[0], into=room).a[-1]
                values.append(self.loss.value(y, y_pred))
                counts.append(len(y))
                confusion += metrics.confusion_matrix(labels, y_pred, self._classes)
                yield None
            value = values[0] if len(values) == 1 else float(np.average(values, weights=counts))
            figures.append((value, float(np.trace(confusion)) / sum(counts), sum(counts)))
        training, test = figures
        yield Evaluation(
            training[0], test[0], training[1], test[1], confusion, self._training.first_room,
            training[2], test[2],
        )


class _Part:
    """Samples of one kind, cut into pieces, each with the room for its forward pass.

    The first piece has a room of its own; the others share one with all pieces of their length.
    """

    def __init__(self, network: Network, samples: Samples, rooms: dict[int, Pass]):
        self._x, y, self._labels = samples
        self._y = np.asfortranarray(y, dtype=network.dtype)
        count, size = len(self._x), max(_LEAST, _PIECE // network.layer_sizes[0])
        self._rows = [slice(start, min(start + size, count)) for start in range(0, count, size)]
        lengths = [rows.stop - rows.start for rows in self._rows]
        sizes, dtype = network.layer_sizes, network.dtype
        self.first_room = Pass.allocate(sizes, lengths[0], dtype)
        for length in set(lengths[1:]) - rooms.keys():
            rooms[length] = Pass.allocate(sizes, length, dtype)
        self._rooms = [self.first_room, *(rooms[length] for length in lengths[1:])]
        self.count = len(lengths)
        self._is_in_place = not isinstance(self._x, Rows)
        if self._is_in_place:
            x_1 = beside_ones(self._x, dtype)
            pairs = zip(self._rooms, self._rows, strict=True)
            self._rooms = [room.with_input(x_1[rows]) for room, rows in pairs]
            self.first_room = self._rooms[0]

    def pieces(self) -> Iterator[tuple[Pass, np.ndarray, np.ndarray]]:
        """Yield room, with its input, targets and class numbers of each piece."""
        for rows, room in zip(self._rows, self._rooms, strict=True):
            if not self._is_in_place:
                room.a[0][...] = self._x[rows]
            yield room, self._y[rows], self._labels[rows]
