"""Inside one step: every number of the step that a trainer is about to take.

Everything is computed by the library's own forward pass, loss, backpropagation and optimiser, in
the order of `Trainer.step`; what is shown of a step is what the step does.
"""

from dataclasses import dataclass

import numpy as np

from nnviz.losses import Loss
from nnviz.network import Network, Parameters, Pass
from nnviz.training import Trainer


@dataclass(frozen=True)
class NextStep:
    """The step that a trainer takes next, for a mini-batch of n samples.

    Attributes
    ----------
    number : int
        Counted from 1: the trainer has taken one less.
    rows : ndarray, (n,)
        Which of the trainer's samples the mini-batch holds.
    y : ndarray, (n, outputs)
        Their targets.
    network : Network
        A copy, with the parameters before the step.
    run : Pass
        Its forward pass, with dropout masks where there are any, and its `delta`.
    loss : Loss
    batch_loss, penalty : float
        The mean over the samples, and what penalties add to it.
    gradients, penalized, clipped : Parameters
        Of the loss, with the penalties' added, and what the optimiser gets: 0 where training
        leaves parameters as they are, and shortened to the greatest length allowed.
    length : float
        Of the gradient before it is shortened.
    held : ndarray or None
        Which parameters training leaves as they are (`surgery.Held.indices`).
    learning_rate, factor : float
        The rate as set, and what a schedule multiplies it by.
    memory_before, memory_after : dict of str to Parameters
        What the optimiser carries from step to step, 0 before the first.
    old, update, new : Parameters
        The parameters before the step, what is added, and the parameters after it.
    """

    number: int
    rows: np.ndarray
    y: np.ndarray
    network: Network
    run: Pass
    loss: Loss
    batch_loss: float
    penalty: float
    gradients: Parameters
    penalized: Parameters
    clipped: Parameters
    length: float
    held: np.ndarray | None
    learning_rate: float
    factor: float
    memory_before: dict[str, Parameters]
    memory_after: dict[str, Parameters]
    old: Parameters
    update: Parameters
    new: Parameters

    def sample_loss(self, sample: int) -> float:
        """Return the loss of one sample of the batch; `batch_loss` is their mean."""
        one = slice(sample, sample + 1)
        return self.loss.value(self.y[one], self.run.a[-1][one])

    def output_losses(self, sample: int) -> list[float]:
        """Return what each output adds to a sample's loss.

        Their sum is the sample's loss, or, where the loss averages outputs, k times it.
        """
        y, a = self.y[sample], self.run.a[-1][sample]
        return [
            self.loss.value(y[None, j : j + 1], a[None, j : j + 1]) for j in range(len(y))
        ]

    def derivative(self, layer: int) -> np.ndarray | None:
        """Return f'(z) of a layer, (n, units); None for softmax, whose derivative is a matrix."""
        f = self.network.activations[layer]
        return None if f.output_only else f.derivative(self.run.z[layer])

    def loss_by_activation(self, layer: int) -> np.ndarray:
        """Return dL/da of a layer, (n, units): what is multiplied by f'(z) to give its delta.

        Dropout counts as part of f: a masked unit's a does not depend on its z.
        """
        if layer == len(self.network.weights) - 1:
            return self.loss.gradient(self.y, self.run.a[-1])
        return self.run.delta[layer + 1] @ self.network.weights[layer + 1].T

    @property
    def is_canonical(self) -> bool:
        """Whether the output's delta is simply (a - y) / n."""
        return self.network.activations[-1].id == self.loss.canonical_output


def next_step(trainer: Trainer) -> NextStep:
    """Return the step that `trainer` takes next; the trainer stays as it is.

    The outcome is taken from a copy of the trainer that really takes the step; the quantities on
    the way from the same functions on the same mini-batch.
    """
    network, loss = trainer.network.copy(), trainer.loss
    rows = trainer.next_rows()
    y = np.asfortranarray(trainer.y[rows])
    run = Pass.allocate(network.layer_sizes, len(rows), network.dtype)
    trainer.next_masks(run)
    network.forward(trainer.x[rows], into=run)
    gradients = network.backward(run, y, loss)
    regularization = trainer.regularization
    penalized = _copy(gradients, network)
    if regularization.has_penalty:
        regularization.add_gradient(network, penalized)
    clipped = _copy(penalized, network)
    held = trainer.held.indices(network.layer_sizes)
    if held is not None:
        clipped.vector[held] = 0
    length = float(np.linalg.norm(clipped.vector))
    if regularization.clip_norm is not None:
        regularization.clip(clipped)
    twin = trainer.copy()
    twin.step()
    return NextStep(
        number=trainer.step_count + 1,
        rows=rows,
        y=y,
        network=network,
        run=run,
        loss=loss,
        batch_loss=loss.value(y, run.a[-1]),
        penalty=regularization.penalty(network) if regularization.has_penalty else 0.0,
        gradients=gradients,
        penalized=penalized,
        clipped=clipped,
        length=length,
        held=held,
        learning_rate=trainer.optimizer.learning_rate,
        factor=twin.optimizer.factor,
        memory_before=_memory(trainer),
        memory_after=_memory(twin),
        old=_views(network.parameters, network),
        update=_views(twin.update, network),
        new=_views(twin.network.parameters, network),
    )


def _views(vector: np.ndarray, network: Network) -> Parameters:
    """Return a copy of a vector that is laid out like a network's parameters, with its views."""
    parameters = Parameters(network.layer_sizes, network.dtype)
    parameters.vector[...] = vector
    return parameters


def _copy(parameters: Parameters, network: Network) -> Parameters:
    return _views(parameters.vector, network)


def _memory(trainer: Trainer) -> dict[str, Parameters]:
    """Return what the optimiser carries, by name; before its first step that is 0."""
    state = trainer.optimizer.state()
    return {
        name: _views(state.get(name, 0), trainer.network) for name in trainer.optimizer.memory
    }
