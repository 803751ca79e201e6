"""Where training stopped being finite: the last sound step, and the layer that went first."""

import math

import numpy as np

from nnviz.evaluation import Evaluator
from nnviz.network import Network
from nnviz.products import dot
from nnviz.runs.rewind import Rewind
from nnviz.training import Trainer


def parameters_are_finite(network: Network) -> bool:
    """Return whether no weight or bias is infinite or NaN."""
    parameters = network.parameters
    # The dot product is cheap; only where it overflows, each value must be looked at.
    return math.isfinite(dot(parameters, parameters)) or bool(np.isfinite(parameters).all())


def last_sound_step(trainer: Trainer, evaluator: Evaluator, rewind: Rewind) -> tuple[int, int]:
    """Return the last step after which all is finite, and the number of the layer that failed.

    A step is sound if parameters and losses on training and test samples are finite after
    it. Training is deterministic, so steps are repeated from remembered states, and the border
    is found by bisection. The trainer is left at some step; the caller decides where to go.

    Parameters
    ----------
    trainer : Trainer
        At a step that is not sound.
    evaluator : Evaluator
    rewind : Rewind

    Returns
    -------
    tuple of int
        Step; layer, counted from 1. The earliest step that can be reached is taken for sound.
    """

    def is_sound(step: int) -> bool:
        rewind.visit(step)
        return parameters_are_finite(trainer.network) and evaluator().is_finite()

    unsound = trainer.step_count
    sound, *later = (step for step in rewind.remembered_steps if step < unsound)
    for step in reversed(later):
        if is_sound(step):
            sound = step
            break
        unsound = step
    while unsound - sound > 1:
        middle = (sound + unsound) // 2
        if is_sound(middle):
            sound = middle
        else:
            unsound = middle
    rewind.visit(sound)
    trainer.step()
    return sound, _failing_layer(trainer, evaluator)


def _failing_layer(trainer: Trainer, evaluator: Evaluator) -> int:
    """Return the layer, counted from 1, that an unsound step broke first.

    All losses were finite before this step, so its forward pass was too, and the order to look
    in is: gradients (from the output down), updated parameters, then the next forward pass.
    """
    network, layers = trainer.network, range(len(trainer.network.weights))

    def broken(parameters, layer):
        block = parameters.weights[layer], parameters.biases[layer]
        return not all(np.isfinite(part).all() for part in block)

    for layer in reversed(layers):
        if broken(trainer.gradients, layer):
            return layer + 1
    for layer in layers:
        if broken(network, layer):
            return layer + 1
    z = evaluator().training_pass.z
    return next((layer + 1 for layer in layers if not np.isfinite(z[layer]).all()), len(layers))
