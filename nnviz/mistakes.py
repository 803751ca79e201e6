"""Mistakes in backpropagation as people make them, each a small change of the right code.

The forward pass stays right in all of them: that is what makes them hard to see.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from nnviz import metrics
from nnviz.activations import Activation
from nnviz.losses import Loss
from nnviz.network import Network
from nnviz.parameters import Parameters
from nnviz.products import Matrix
from nnviz.training import Trainer


class _WrongSlope(Activation):
    """An activation that is right forwards, and stands in for it backwards too."""

    def __init__(self, right: Activation):
        self.right = right
        self.id, self.label, self.output_only = right.id, right.label, right.output_only

    def __call__(self, z, out=None):
        return self.right(z, out=out)

    def derivative(self, z, a=None, out=None):
        return self.right.derivative(z, a, out=out)


class _NoSlope(_WrongSlope):
    """Passes dL/da on as if it were dL/dz."""

    def backward(self, delta, z, a, scratch):
        pass


class _SlopeOfOutput(_WrongSlope):
    """Takes f' at the activated value: f'(f(z))."""

    def backward(self, delta, z, a, scratch):
        delta *= self.right.derivative(self.right(z), None, out=scratch)


def _with_slopes(kind: type[_WrongSlope]) -> Callable[[Network], Network]:
    def change(network: Network) -> Network:
        wrong = network.copy()
        wrong.activations = [f if f.output_only else kind(f) for f in network.activations]
        return wrong

    return change


class _NotTransposed(Network):
    """Carries delta down by W as it lies, or, where that does not fit, reshaped until it does."""

    def carry_down(self, run):
        right = self._parameters.W
        # The right code takes the transpose of each of these.
        self._parameters.W = [
            Matrix(W.T if W.shape[0] == W.shape[1] else W.reshape(W.shape[::-1]).T)
            for W in self.weights
        ]
        try:
            super().carry_down(run)
        finally:
            self._parameters.W = right


def _misfit(network: Network, samples: int) -> str | None:
    """Return what NumPy says to ``delta @ W``; None where W fits as it lies in every layer."""
    for W in network.weights[:0:-1]:
        try:
            np.dot(np.zeros((samples, W.shape[1])), W)
        except ValueError as error:
            return str(error)
    return None


class _NoBias(Network):
    """Learns weights only: the biases' gradient is never computed."""

    def gradients(self, run, out=None) -> Parameters:
        out = super().gradients(run, out)
        for db in out.biases:
            db[...] = 0
        return out

    def descend(self, run, rate):
        kept = [b.copy() for b in self.biases]
        super().descend(run, rate)
        for b, before in zip(self.biases, kept, strict=True):
            b[...] = before


def _as(kind: type[Network]) -> Callable[[Network], Network]:
    def change(network: Network) -> Network:
        return network.copy(kind=kind)

    return change


class _Summed(Loss):
    """A loss whose gradient is not divided by the number of samples."""

    def __init__(self, right: Loss):
        self.right = right
        for name in ("id", "label", "outputs", "averages_outputs", "canonical_output"):
            setattr(self, name, getattr(right, name))

    def fits(self, output):
        return self.right.fits(output)

    def value(self, y_true, y_pred):
        return self.right.value(y_true, y_pred)

    def gradient(self, y_true, y_pred, out=None):
        return self.right.gradient(y_true, y_pred, out=out)

    def output_delta(self, y_true, z, a, activation, out, scratch):
        self.right.output_delta(y_true, z, a, activation, out, scratch)
        out *= len(out)
        return out


class _FullBatchesOnly(Trainer):
    """Leaves the samples out that no full mini-batch is left for, others in each epoch."""

    def step(self):
        if len(self.x) - self._batches.position < self.batch_size:
            self._batches.next()
        return super().step()


@dataclass(frozen=True)
class Mistake:
    """One line of `MISTAKES`.

    Attributes
    ----------
    id, label : str
        Name in code, name for people.
    right, wrong : str
        The line as it should be, and as it is.
    what : str
        What goes wrong, in a sentence or two.
    silent : str
        Why a gradient check can miss it, for the networks where it does.
    network : callable
        Makes a network with the mistake of a right one, with the same parameters.
    loss : callable
        Makes the loss that the mistaken code follows.
    trainer : type
        What trains it.
    complaint : callable
        Returns what NumPy says when the mistake is made plainly, for a network and a number of
        samples; None where it says nothing.
    """

    id: str
    label: str
    right: str
    wrong: str
    what: str
    silent: str
    network: Callable[[Network], Network] = Network.copy
    loss: Callable[[Loss], Loss] = lambda loss: loss
    trainer: type[Trainer] = Trainer
    complaint: Callable[[Network, int], str | None] = lambda network, samples: None

    def gradient(self, network: Network, x: np.ndarray, y: np.ndarray, loss: Loss) -> np.ndarray:
        """Return what the mistaken backpropagation gives for a batch, (count,)."""
        wrong = self.network(network)
        run = wrong.forward(x)
        return wrong.backward(run, np.asfortranarray(y), self.loss(loss)).vector


_NO_SLOPE_AT_THE_OUTPUT = (
    "Cross-entropy over softmax or sigmoid takes no slope at the output: ŷ - y is all there is."
)

MISTAKES: dict[str, Mistake] = {
    mistake.id: mistake
    for mistake in (
        Mistake(
            "no_derivative", "derivative forgotten",
            "delta = (delta @ W.T) * f.derivative(z)", "delta = delta @ W.T",
            "The error passes every unit undiminished, also those that are saturated or off.",
            f"{_NO_SLOPE_AT_THE_OUTPUT} Without hidden layers, or with linear ones only, there is "
            "no other.",
            network=_with_slopes(_NoSlope),
        ),
        Mistake(
            "derivative_of_output", "derivative of the activated output",
            "delta *= f.derivative(z)", "delta *= f.derivative(a)",
            "The first article's slip: f' is taken at f(z) in place of z. A sigmoid's slope is "
            "then never below 0.19, however saturated it is, so the network may even train faster; "
            "but it no longer goes down the loss.",
            "A ReLU's output is above 0 exactly where its z is, so its slope is the same at both; "
            f"a linear unit's is 1 everywhere. {_NO_SLOPE_AT_THE_OUTPUT}",
            network=_with_slopes(_SlopeOfOutput),
        ),
        Mistake(
            "not_transposed", "transposed product",
            "delta = delta @ W.T", "delta = delta @ W  # or W.reshape(fan_out, fan_in)",
            "The error goes to the wrong units. Where W is square nothing complains; where it is "
            "not, NumPy does, until somebody reshapes W instead of transposing it. The output "
            "layer's gradient stays right: only what is below it gets the wrong error.",
            "With no hidden layer nothing is carried down; and a W with one column, or a "
            "symmetric one, is its own transpose.",
            network=_as(_NotTransposed), complaint=_misfit,
        ),
        Mistake(
            "no_average", "missing average",
            "delta = (y_pred - y_true) / n", "delta = y_pred - y_true",
            "The gradient is n times too long: the learning rate means another thing, and changes "
            "with the batch size.",
            "With one sample in the mini-batch, sum and mean are the same.",
            loss=_Summed,
        ),
        Mistake(
            "last_batch_dropped", "last batch dropped",
            "for start in range(0, len(x), batch_size):",
            "for start in range(0, len(x) - batch_size + 1, batch_size):",
            "The samples left over at the end of an epoch are never used in it.",
            "The gradient of each mini-batch is right; one mini-batch is missing. No gradient "
            "check can see it; only counting the samples of an epoch does.",
            trainer=_FullBatchesOnly,
        ),
        Mistake(
            "no_bias", "bias forgotten",
            "db = delta.sum(axis=0)", "# no db: biases stay 0",
            "Biases never leave their first value, so every unit's boundary goes through the "
            "origin.",
            "Here the deltas of the samples cancel, or are 0: the right gradient of the biases is "
            "0 as well.",
            network=_as(_NoBias),
        ),
    )
}


@dataclass(frozen=True)
class Course:
    """How a training went.

    Attributes
    ----------
    steps : ndarray, (points,)
    losses, accuracies : ndarray, (points,)
        On the samples that it was measured on; NaN after it blew up.
    blew_up : int or None
        The step after which the numbers were no longer finite.
    """

    steps: np.ndarray
    losses: np.ndarray
    accuracies: np.ndarray
    blew_up: int | None


def courses_in_parts(
    trainers: list[Trainer], measured: tuple[np.ndarray, np.ndarray, np.ndarray],
    steps: int, points: int = 50,
) -> Generator[float, None, list[Course]]:
    """Train side by side and measure on the way; yields the share done, returns the courses.

    Parameters
    ----------
    trainers : list of Trainer
    measured : tuple of (x, y, labels)
    steps : int
    points : int, default 50
        How often each is measured, about.
    """
    x, y, labels = measured
    marks = np.unique(np.linspace(0, steps, points + 1).round().astype(int))
    curves = np.full((len(trainers), 2, len(marks)), np.nan)
    blew_up: list[int | None] = [None] * len(trainers)
    for place, mark in enumerate(marks):
        for row, trainer in enumerate(trainers):
            while blew_up[row] is None and trainer.step_count < mark:
                if not np.isfinite(trainer.step()):
                    blew_up[row] = trainer.step_count
                yield mark / steps
            if blew_up[row] is None:
                y_pred = trainer.network.predict(x)
                loss = trainer.loss.value(y, y_pred)
                if np.isfinite(loss):
                    curves[row, :, place] = loss, metrics.accuracy(labels, y_pred)
                else:
                    blew_up[row] = trainer.step_count
    return [Course(marks, *curve, end) for curve, end in zip(curves, blew_up, strict=True)]
