"""The same network written a second time, naively, for autograd to differentiate."""

import autograd.numpy as anp
from autograd import grad
from autograd.scipy.special import erf, expit

FUNCTIONS = {
    "relu": lambda z: anp.maximum(z, 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.minimum(z, 0.0)) - 1),
    "gelu": lambda z: z * (1 + erf(z / anp.sqrt(2.0))) / 2,
    "silu": lambda z: z * expit(z),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "sigmoid": expit,
    "tanh": anp.tanh,
    "linear": lambda z: z,
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z), axis=1, keepdims=True),
}

LOSSES = {
    "mse": lambda y, p: anp.mean((p - y) ** 2),
    "mae": lambda y, p: anp.mean(anp.abs(p - y)),
    "huber": lambda y, p: anp.mean(
        anp.where(anp.abs(p - y) <= 1, (p - y) ** 2 / 2, anp.abs(p - y) - 0.5)
    ),
    "cross_entropy": lambda y, p: -anp.sum(y * anp.log(p)) / len(y),
    "binary_cross_entropy": lambda y, p: (
        -anp.sum(y * anp.log(p) + (1 - y) * anp.log(1 - p)) / len(y)
    ),
}


def loss_of(parameters, layer_sizes, activations, loss, x, y):
    """Loss of a network whose parameters are W row by row, then b, layer by layer."""
    a, start = x, 0
    for fan_in, fan_out, f in zip(layer_sizes[:-1], layer_sizes[1:], activations, strict=True):
        W = parameters[start : start + fan_in * fan_out].reshape(fan_in, fan_out)
        b = parameters[start + fan_in * fan_out : start + (fan_in + 1) * fan_out]
        start += (fan_in + 1) * fan_out
        a = FUNCTIONS[f](anp.dot(a, W) + b)
    return LOSSES[loss](y, a)


def gradient_of(network, x, y, loss):
    """Gradient of the loss by `network.parameters`, by automatic differentiation."""
    ids = [f.id for f in network.activations]
    return grad(loss_of)(network.parameters.copy(), network.layer_sizes, ids, loss, x, y)
