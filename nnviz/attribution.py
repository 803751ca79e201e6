"""Which inputs speak for a class and which against it: gradient times input."""

import numpy as np

from nnviz.network import Network
from nnviz.passes import Pass


def logit_gradient(network: Network, run: Pass, coefficients: np.ndarray) -> np.ndarray:
    """Return the gradient of a weighted sum of logits with respect to the input.

    Parameters
    ----------
    network : Network
    run : Pass
        From `Network.forward` of n samples without dropout; its `delta` is overwritten.
    coefficients : ndarray, (outputs,)
        Weight of each logit (pre-activation of the last layer): 1 and -1 for a difference.

    Returns
    -------
    ndarray, (n, inputs)
        Of each sample by itself.

    Notes
    -----
    Backpropagation from the logits instead of the loss: ``delta[-1] = coefficients``, then
    ``delta[l - 1] = (delta[l] @ W[l].T) * f'(z[l - 1])`` down to the input, where no activation
    is left: ``dz/dx = delta[0] @ W[0].T``.
    """
    run.delta[-1][...] = coefficients
    network.carry_down(run)
    return run.delta[0] @ network.weights[0].T


def contributions(
    network: Network, run: Pass, winner: int, runner_up: int, origin: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return how much each input speaks for one class against another, for one sample.

    Parameters
    ----------
    network : Network
    run : Pass
        From `Network.forward` of one sample.
    winner, runner_up : int
        The two classes.
    origin : ndarray, (inputs,), or float, default 0
        The input that stands for nothing: blank paper, where the scaling has moved it from 0.

    Returns
    -------
    ndarray, (inputs,)
        Gradient times input, ``d(z[winner] - z[runner_up])/dx * (x - origin)``: by how much the
        lead of the winner changes, to first order, for each share of an input taken away.

    Notes
    -----
    Shrikumar, Greenside, Shcherbina and Kundaje, Not just a black box: learning important
    features through propagating activation differences, 2016. The sum over the inputs is the
    lead itself where the network is linear between `origin` and the input and has no biases.
    """
    coefficients = np.zeros(network.layer_sizes[-1], network.dtype)
    coefficients[winner] += 1
    coefficients[runner_up] -= 1
    gradient = logit_gradient(network, run, coefficients)[0]
    return gradient * (run.a[0][0] - origin)
