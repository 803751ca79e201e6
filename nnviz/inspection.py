"""Inside one step: every number of the step that a trainer is about to take.

Everything is computed by the library's own forward pass, loss, backpropagation and optimiser, in
the order of `Trainer.step`; what is shown of a step is what the step does.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from nnviz.data.copies import CopiedRows
from nnviz.losses import Loss
from nnviz.network import Network
from nnviz.optimizers import Optimizer
from nnviz.parameters import Parameters
from nnviz.parts import finished
from nnviz.passes import Pass
from nnviz.training import Trainer

_ALL = slice(None)


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
    optimizer : Optimizer
        Its settings, with the `learning_rate`, the schedule's `factor` and the `step_count` that
        the step is taken with; it carries nothing, that is in `memory_after`.
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
    optimizer: Optimizer
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

    def derivative(self, layer: int, samples: slice = _ALL) -> np.ndarray | None:
        """Return f'(z) of a layer, (n, units); None for softmax, whose derivative is a matrix."""
        f = self.network.activations[layer]
        return None if f.output_only else f.derivative(self.run.z[layer][samples])

    def loss_by_activation(self, layer: int, samples: slice = _ALL) -> np.ndarray:
        """Return dL/da of a layer, (n, units): what is multiplied by f'(z) to give its delta.

        Dropout counts as part of f: a masked unit's a does not depend on its z.
        """
        if layer == len(self.network.weights) - 1:
            return self.loss.gradient(self.y, self.run.a[-1])[samples]
        return self.run.delta[layer + 1][samples] @ self.network.weights[layer + 1].T

    @property
    def nbytes(self) -> int:
        """About the memory that it takes."""
        parts = (
            self.old, self.gradients, self.penalized, self.clipped, self.update, self.new,
            *self.memory_before.values(), *self.memory_after.values(),
        )
        vectors = {id(part): part.vector.nbytes for part in parts}
        signals = 4 * sum(a.nbytes for a in self.run.a)  # z, a, delta and scratch
        return self.network.parameters.nbytes + sum(vectors.values()) + signals

    @property
    def is_canonical(self) -> bool:
        """Whether the output's delta is simply (a - y) / n."""
        return self.network.activations[-1].id == self.loss.canonical_output


def next_step(trainer: Trainer) -> NextStep:
    """Return the step that `trainer` takes next; the trainer stays as it is."""
    return finished(next_step_in_parts(trainer.copy()))


def next_step_in_parts(trainer: Trainer) -> Generator[float, None, NextStep]:
    """Have a trainer take its next step, in parts; yields the share done, returns the step.

    The outcome is that of the step that is really taken, at the end; the quantities on the way are
    computed before it by the same functions on the same mini-batch.

    Parameters
    ----------
    trainer : Trainer
        A copy made for this: nothing else may train it meanwhile.
    """
    network, regularization = trainer.network.copy(), trainer.regularization
    rows, number, before = trainer.next_rows(), trainer.step_count + 1, _memory(trainer)
    run, y = yield from _signals_in_parts(trainer, network, rows)
    gradients = network.gradients(run)
    yield 0.6
    penalized = _penalized(trainer, network, gradients)
    yield 0.65
    held = trainer.held.indices(network.layer_sizes)
    clipped, length = _clipped(trainer, network, penalized, held)
    yield 0.7
    trainer.step()
    yield 0.9
    after, update, optimizer = _memory(trainer), trainer.update, trainer.optimizer
    # What it carries is in `after`: not to be held in memory twice.
    optimizer.restore({"step_count": optimizer.state()["step_count"]})
    optimizer.update = None
    return NextStep(
        number=number,
        rows=rows,
        y=y,
        network=network,
        run=run,
        loss=trainer.loss,
        batch_loss=trainer.loss.value(y, run.a[-1]),
        penalty=regularization.penalty(network) if regularization.has_penalty else 0.0,
        gradients=gradients,
        penalized=penalized,
        clipped=clipped,
        length=length,
        held=held,
        optimizer=optimizer,
        memory_before=before,
        memory_after=after,
        old=_views(network.parameters, network),
        update=_views(update, network),
        new=_views(trainer.network.parameters, network),
    )


def _signals_in_parts(
    trainer: Trainer, network: Network, rows: np.ndarray
) -> Generator[float, None, tuple[Pass, np.ndarray]]:
    """Go forward and back with a mini-batch, in parts; return its pass and its targets."""
    y = np.asfortranarray(trainer.y[rows])
    run = Pass.allocate(network.layer_sizes, len(rows), network.dtype)
    trainer.next_masks(run)
    while isinstance(trainer.x, CopiedRows) and not trainer.x.make_some(rows):
        yield 0.05
    run.a[0][...] = trainer.x[rows]
    yield 0.1
    network.forward(run.a[0], into=run)
    yield 0.3
    network.backpropagate(run, y, trainer.loss)
    yield 0.5
    return run, y


def _penalized(trainer: Trainer, network: Network, gradients: Parameters) -> Parameters:
    """Return the gradients with those of the penalties added."""
    if not trainer.regularization.has_penalty:
        return gradients
    penalized = _copy(gradients, network)
    trainer.regularization.add_gradient(network, penalized)
    return penalized


def _clipped(
    trainer: Trainer, network: Network, penalized: Parameters, held: np.ndarray | None
) -> tuple[Parameters, float]:
    """Return what the optimiser gets, and how long it was before it was shortened."""
    regularization = trainer.regularization
    is_clipped = regularization.clip_norm is not None
    clipped = _copy(penalized, network) if is_clipped or held is not None else penalized
    if held is not None:
        clipped.vector[held] = 0
    length = float(np.linalg.norm(clipped.vector))
    if is_clipped:
        regularization.clip(clipped)
    return clipped, length


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
