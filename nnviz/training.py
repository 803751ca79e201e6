"""Training: mini-batches, steps, epochs, and the history of a run."""

from copy import copy, deepcopy
from typing import Any

import numpy as np

from nnviz import losses, optimizers, schedules, surgery
from nnviz.batches import Batches
from nnviz.checks import received, whole_number
from nnviz.early_stopping import EarlyStopping
from nnviz.epochs import epochs_of
from nnviz.network import Network
from nnviz.parameters import Parameters
from nnviz.passes import Pass
from nnviz.random import Random, as_random, random_state, set_random_state
from nnviz.regularization import Regularization
from nnviz.samples import checked_data
from nnviz.surgery import Held


class Trainer:
    """Trains a network on mini-batches, one update at a time.

    Each epoch goes through all samples once, in a new random order; the last batch holds what
    is left. The same arguments and generator give the same parameters bit for bit, however
    the steps are grouped.

    Parameters
    ----------
    network : Network
        Trained in place.
    x : array or Rows, (n, inputs)
        Bytes as `Rows` are scaled batch by batch; that needs a network in float32.
    y : array, (n, outputs)
        Targets (one-hot for classes).
    loss : str, type or Loss, default "cross_entropy"
        Resolved for the network's output activation (`losses.for_output`).
    batch_size : int, default 32
        1 to n; larger values mean n. May be changed between steps.
    learning_rate : float, optional
        The optimiser's usual one if None (0.1 for SGD). May be changed between steps, as
        ``trainer.optimizer.learning_rate``.
    optimizer : str, type or Optimizer, default "sgd"
    rng : int, Generator, RandomState or None
        Shuffles the samples.
    schedule : str or Schedule, default "constant"
        Changes the learning rate as the epochs pass. By id its length is 10 epochs; another:
        ``dataclasses.replace(SCHEDULES["step"], epochs=30)``.
    l1, l2, dropout : float, default 0
        See `regularization.Regularization`.
    clip_norm : float, optional
    epochs_before : int, default 0
        Epochs that the network was trained before, where a schedule is to go on.
    shuffle : bool, default True
        False takes the samples in their order, in every epoch.

    Attributes
    ----------
    held : Held
        May be changed between steps.
    step_count, samples_seen : int
        Updates so far and samples they were computed from.
    batch_loss : float
        Loss of the last mini-batch, before its update, penalties included; NaN before the
        first step and after `restore`.
    has_stepped : bool
        Whether there was a step whose gradients and update are known: not before the first one
        and after `restore`.

    Raises
    ------
    ValueError
        If shapes, targets, loss, batch size or learning rate do not fit, or samples are not
        finite, or the optimiser comes from another network.
    TypeError
        If an argument is of a wrong kind.
    """

    def __init__(
        self,
        network: Network,
        x: Any,
        y: Any,
        *,
        loss: Any = "cross_entropy",
        batch_size: int = 32,
        learning_rate: float | None = None,
        optimizer: Any = "sgd",
        rng: int | Random | None = None,
        schedule: Any = "constant",
        l1: float = 0.0,
        l2: float = 0.0,
        dropout: float = 0.0,
        clip_norm: float | None = None,
        epochs_before: int = 0,
        shuffle: bool = True,
    ):
        if not isinstance(network, Network):
            raise TypeError(f"network must be a Network. Received: {received(network)}.")
        self.network = network
        self.loss = losses.for_output(loss, network.activations[-1])
        x, y = checked_data(network, x, y)
        self.y = np.ascontiguousarray(y)
        self.loss.refuse_targets(self.y)
        self.optimizer = optimizers.get(optimizer, learning_rate)
        self.optimizer.refuse_another(network.parameters)
        self.optimizer.factor = 1.0  # an instance may come from a run with a schedule
        self._gradients = Parameters(network.layer_sizes, network.dtype)
        # The last step's pass, as long as its gradients are not written down.
        self._unwritten: Pass | None = None
        # The rate of the last step, where the gradients went straight into the parameters.
        self._descent_rate: float | None = None
        self.has_stepped = False
        self.step_count = 0
        self.samples_seen = 0
        self.batch_loss = float("nan")
        self.schedule = schedules.get(schedule)
        self.epochs_before = whole_number("epochs_before", epochs_before, minimum=0)
        self.regularization = Regularization(l1, l2, dropout, clip_norm)
        self.held = surgery.NOTHING
        # Then the update can be made without writing the gradients down.
        self._is_plain_descent = (
            type(self.optimizer) is optimizers.SGD and not self.regularization.changes_gradients
        )
        rng = as_random(rng)
        # Of its own, so that drawing masks does not disturb the order of the samples.
        self._mask_rng = _own_generator(rng) if dropout else None
        self._batches = Batches(
            x, self.y, network.layer_sizes, batch_size, rng, masks=bool(dropout),
            shuffle=shuffle,
        )
        self.x = self._batches.x

    @property
    def batch_size(self) -> int:
        """Samples of a mini-batch; setting it to no whole number of 1 or more is a ValueError."""
        return self._batches.batch_size

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        self._batches.batch_size = size

    @property
    def held(self) -> Held:
        """What training leaves as it is: units cut off, layers frozen."""
        return self._held

    @held.setter
    def held(self, held: Held) -> None:
        if not isinstance(held, Held):
            raise TypeError(f"held must be a Held such as Held(). Received: {received(held)}.")
        self._held = held
        self._stays = held.indices(self.network.layer_sizes)

    @property
    def epoch(self) -> float:
        """Full passes over the training samples so far; 2.4 is 40 % through the third."""
        return self.samples_seen / len(self.x)

    def step(self) -> float:
        """Take one update on the next mini-batch; return that batch's loss before it."""
        with self._batches.threads:
            return self._step()

    def _step(self) -> float:
        run, y = self._batches.next()
        if self.schedule.id != "constant":
            self.optimizer.factor = self.schedule(self.epochs_before + self.epoch)
        loss = self._update(run, y)
        self.samples_seen += len(y)
        return loss

    def step_on(self, x: np.ndarray, y: np.ndarray) -> float:
        """Take one update on other samples, beside the passes; return their loss before it.

        It counts as a step and goes through the optimiser, but not as part of an epoch: a schedule
        has no say.

        Parameters
        ----------
        x : ndarray, (n, inputs)
        y : ndarray, (n, outputs)

        Raises
        ------
        ValueError
            If they do not fit the network or the loss.
        """
        x, y = checked_data(self.network, x, y)
        self.loss.refuse_targets(y)
        run = Pass.allocate(self.network.layer_sizes, len(x), self.network.dtype)
        if self._mask_rng is not None:
            run.make_masks()
        run.a[0][...] = x
        self.optimizer.factor = 1.0
        return self._update(run, np.asfortranarray(y, self.network.dtype))

    def _update(self, run: Pass, y: np.ndarray) -> float:
        """Take one update on the samples in a pass's input; return their loss before it."""
        network = self.network
        if self._mask_rng is not None:
            self.regularization.draw_masks(run.masks, self._mask_rng)
        network.forward(run.a[0], into=run)
        self.batch_loss = self.loss.value(y, run.a[-1])
        network.backpropagate(run, y, self.loss)
        if self._is_plain_descent and self._stays is None:
            self._unwritten, self._descent_rate = run, self.optimizer.rate
            network.descend(run, self._descent_rate)
            self.optimizer.step_count += 1
        else:
            self._unwritten = self._descent_rate = None
            self._step_by_gradients(run)
        self.has_stepped = True
        self.step_count += 1
        return self.batch_loss

    def _step_by_gradients(self, run: Pass) -> None:
        """Update the parameters with what the optimiser makes of the written-down gradients."""
        network, regularization = self.network, self.regularization
        gradients = network.gradients(run, out=self._gradients)
        if regularization.has_penalty:
            self.batch_loss += regularization.penalty(network)
            regularization.add_gradient(network, gradients)
        if self._stays is not None:
            gradients.vector[self._stays] = 0
            kept = network.parameters[self._stays]
        if regularization.clip_norm is not None:
            regularization.clip(gradients)
        self.optimizer.step(network.parameters, gradients.vector)
        if self._stays is not None:
            network.parameters[self._stays] = kept
            # What decay or momentum would have done to them counts as little.
            self.optimizer.update[self._stays] = 0

    @property
    def gradients(self) -> Parameters:
        """Gradients of the last mini-batch, penalties included, as the optimiser got them.

        Zeros where none are known (see `has_stepped`). Read them before the next step.
        """
        if self._unwritten is not None:
            self.network.gradients(self._unwritten, out=self._gradients)
            self._unwritten = None
        return self._gradients

    @property
    def update(self) -> np.ndarray | None:
        """What the last step added to the parameters, (count,); None where it is not known."""
        if not self.has_stepped:
            return None
        if self._descent_rate is not None:
            return self.gradients.vector * -self._descent_rate
        return self.optimizer.update

    def copy(self) -> "Trainer":
        """Return a trainer that takes the same steps from here on, and leaves this one alone.

        It has its own network, optimiser and order of batches; only the samples are shared. It
        knows no gradients until its first step.
        """
        twin = copy(self)
        twin.network = self.network.copy()
        twin.optimizer = deepcopy(self.optimizer)
        twin._gradients = Parameters(self.network.layer_sizes, self.network.dtype)
        twin._unwritten, twin._descent_rate, twin.has_stepped = None, None, False
        twin._mask_rng = deepcopy(self._mask_rng)
        twin._batches = self._batches.copy()
        return twin

    def next_rows(self) -> np.ndarray:
        """Return which rows of the samples the next step takes, (n,); nothing changes."""
        return self._batches.next_rows()

    def next_masks(self, run: Pass) -> None:
        """Draw into a pass the dropout masks that the next step will draw; nothing changes."""
        if self._mask_rng is not None:
            run.make_masks()
            self.regularization.draw_masks(run.masks, deepcopy(self._mask_rng))

    def run_epoch(self) -> float:
        """Step to the end of the current pass over the samples; return the mean loss on the way.

        The mean of the mini-batch losses, each with its number of samples.
        """
        total, start = 0.0, self.samples_seen
        with self._batches.threads:
            while True:
                before = self.samples_seen
                total += self._step() * (self.samples_seen - before)
                if not self._batches.position:
                    return total / (self.samples_seen - start)

    def run(
        self,
        epochs: int,
        *,
        validation: tuple[Any, Any] | None = None,
        early_stopping: EarlyStopping | None = None,
    ) -> list[float]:
        """Train for some epochs; return the loss of each.

        Parameters
        ----------
        epochs : int
            At most so many; one begun by `step` counts.
        validation : tuple of (x, y), optional
            Samples whose loss after each epoch is returned; without it, the mean of the
            mini-batch losses as they were met.
        early_stopping : EarlyStopping, optional
            Ends training when that loss no longer falls, and puts the best parameters back.

        Raises
        ------
        ValueError
            If `epochs` is not a whole number of 0 or more, or `validation` does not fit.
        TypeError
            If `early_stopping` is no instance, or `validation` no pair.
        FloatingPointError
            If training diverges, so that the loss or a parameter is not finite after an epoch,
            and `early_stopping` has no finite loss to go back to. The network then has the
            parameters that it had before that epoch. Also if they are not finite to begin with.
        """
        return epochs_of(self, epochs, validation, early_stopping)

    def state(self) -> dict[str, Any]:
        """Return all that the next steps depend on, as a copy, for `restore`."""
        return {
            "parameters": self.network.parameters.copy(),
            "optimizer": {name: array.copy() for name, array in self.optimizer.state().items()},
            "learning_rate": self.optimizer.learning_rate,
            "held": self.held,
            "step_count": self.step_count,
            "samples_seen": self.samples_seen,
            "mask_rng": None if self._mask_rng is None else random_state(self._mask_rng),
            **self._batches.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`; training from there repeats bit for bit."""
        self.network.parameters[...] = state["parameters"]
        self.optimizer.restore(state["optimizer"])
        self.optimizer.learning_rate = state["learning_rate"]
        if state["held"] is not self.held:
            self.held = state["held"]
        self.step_count = state["step_count"]
        self.samples_seen = state["samples_seen"]
        self.batch_loss = float("nan")
        self.has_stepped = False
        self._unwritten = self._descent_rate = None
        self._gradients.vector.fill(0)
        if self._mask_rng is not None:
            set_random_state(self._mask_rng, state["mask_rng"])
        self._batches.restore(state)


def _own_generator(rng: Random) -> np.random.Generator:
    """Return a new generator whose seed another one draws."""
    return np.random.default_rng(int.from_bytes(rng.bytes(16), "little"))
