"""What is shown of a step, held against the same step computed in plain NumPy, line by line."""

from math import exp, log

import numpy as np
import pytest
from scipy.special import erf

from nnviz import ACTIVATIONS, OPTIMIZERS, Network
from nnviz.inspection import next_step
from nnviz.surgery import Held
from nnviz.training import Trainer
from tests.samples import HIDDEN, OUTPUT_AND_LOSS, problem

PHI = lambda z: (1 + erf(z / np.sqrt(2))) / 2  # noqa: E731
SIGMA = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731

# f and f', each as its textbook writes it.
FUNCTIONS = {
    "relu": (lambda z: z * (z > 0), lambda z: 1.0 * (z > 0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, z / 100), lambda z: np.where(z > 0, 1, 0.01)),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), lambda z: np.where(z > 0, 1, np.exp(z))),
    "gelu": (
        lambda z: z * PHI(z), lambda z: PHI(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    ),
    "silu": (lambda z: z * SIGMA(z), lambda z: SIGMA(z) * (1 + z * (1 - SIGMA(z)))),
    "softplus": (lambda z: np.log(1 + np.exp(z)), SIGMA),
    "sigmoid": (SIGMA, lambda z: SIGMA(z) * (1 - SIGMA(z))),
    "tanh": (
        lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        lambda z: 4 / (np.exp(z) + np.exp(-z)) ** 2,
    ),
    "linear": (lambda z: z, np.ones_like),
    "softmax": (lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), None),
}

# Loss of each sample, (n,), and dL_i/da of each, (n, outputs): no mean over samples yet.
LOSSES = {
    "mse": (lambda y, a: ((a - y) ** 2).mean(1), lambda y, a: 2 * (a - y) / y.shape[1]),
    "mae": (lambda y, a: abs(a - y).mean(1), lambda y, a: np.sign(a - y) / y.shape[1]),
    "huber": (
        lambda y, a: np.where(abs(a - y) <= 1, (a - y) ** 2 / 2, abs(a - y) - 0.5).mean(1),
        lambda y, a: np.where(abs(a - y) <= 1, a - y, np.sign(a - y)) / y.shape[1],
    ),
    "cross_entropy": (lambda y, a: -(y * np.log(a)).sum(1), lambda y, a: -y / a),
    "binary_cross_entropy": (
        lambda y, a: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(1),
        lambda y, a: (1 - y) / (1 - a) - y / a,
    ),
}


def by_hand(network, x, y, loss):
    """Forward and backward in loops over samples and layers: z, a, delta, sample losses, dW, db."""
    ids = [f.id for f in network.activations]
    z, a = [], [x]
    for W, b, f in zip(network.weights, network.biases, ids, strict=True):
        z.append(np.array([[sum(s * w for s, w in zip(row, W[:, j], strict=True)) + b[j]
                            for j in range(len(b))] for row in a[-1]]))
        a.append(FUNCTIONS[f][0](z[-1]))
    value, gradient = LOSSES[loss]
    upstream = gradient(y, a[-1]) / len(x)
    delta = [None] * len(z)
    for layer in reversed(range(len(z))):
        if ids[layer] == "softmax":
            # The Jacobian of each sample, written out.
            delta[layer] = np.array([
                (np.diag(p) - np.outer(p, p)) @ up
                for p, up in zip(a[-1], upstream, strict=True)
            ])
        else:
            delta[layer] = upstream * FUNCTIONS[ids[layer]][1](z[layer])
        upstream = delta[layer] @ network.weights[layer].T
    dW = [sum(np.outer(row, d) for row, d in zip(a[layer], delta[layer], strict=True))
          for layer in range(len(z))]
    db = [sum(d for d in delta[layer]) for layer in range(len(z))]
    return z, a, delta, value(y, a[-1]), dW, db


def updates(optimizer, rate, gradients, w):
    """What each optimiser adds to w, step after step, as its paper has it."""
    v = m = s = np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        if optimizer == "sgd":
            update = -rate * g
        elif optimizer == "momentum":
            v = update = 0.9 * v - rate * g
        elif optimizer == "nesterov":
            v = 0.9 * v - rate * g
            update = 0.9 * v - rate * g
        elif optimizer == "adagrad":
            s = s + g**2
            update = -rate * g / (np.sqrt(s) + 1e-10)
        elif optimizer == "rmsprop":
            s = 0.9 * s + 0.1 * g**2
            update = -rate * g / (np.sqrt(s) + 1e-8)
        else:
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            update = -rate * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
            if optimizer == "adamw":
                update = update - rate * 0.01 * w
        w = w + update
        yield update


def trainer_of(layer_sizes=(3, 4, 2), hidden="tanh", output="softmax", loss="cross_entropy",
               samples=7, **training):
    network, x, y = problem(layer_sizes, hidden, output, loss, samples)
    return Trainer(network, x, y, loss=loss, rng=1, **{"batch_size": 4, **training})


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_number_on_the_way_is_that_of_plain_numpy(hidden, output, loss):
    trainer = trainer_of((3, 4, 5, 2), hidden, output, loss)
    step = next_step(trainer)
    x, y = trainer.x[step.rows], trainer.y[step.rows]
    z, a, delta, sample_losses, dW, db = by_hand(trainer.network, x, y, trainer.loss.id)
    close(step.y, y)
    for layer in range(3):
        close(step.run.a[layer], a[layer])
        close(step.run.z[layer], z[layer])
        close(step.run.delta[layer], delta[layer])
        close(step.gradients.weights[layer], dW[layer])
        close(step.gradients.biases[layer], db[layer])
        derivative = step.derivative(layer)
        if derivative is not None:
            close(derivative, FUNCTIONS[trainer.network.activations[layer].id][1](z[layer]))
            close(step.loss_by_activation(layer) * derivative, delta[layer])
    close(step.run.a[3], a[3])
    close([step.sample_loss(sample) for sample in range(4)], sample_losses)
    close(step.batch_loss, sample_losses.mean())
    scale = 2 if trainer.loss.averages_outputs else 1
    close(sum(step.output_losses(0)) / scale, sample_losses[0])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_update_is_that_of_plain_numpy(optimizer):
    trainer = trainer_of(optimizer=optimizer, learning_rate=0.05, samples=10)
    w, gradients, shown = trainer.network.parameters.copy(), [], []
    for _ in range(3):  # 4, 4 and 2 samples
        step = next_step(trainer)
        _, _, _, _, dW, db = by_hand(
            trainer.network, trainer.x[step.rows], trainer.y[step.rows], "cross_entropy"
        )
        gradients.append(np.concatenate([
            part.ravel() for W_b in zip(dW, db, strict=True) for part in W_b
        ]))
        shown.append(step)
        trainer.step()
    for step, update in zip(shown, updates(optimizer, 0.05, gradients, w), strict=True):
        # Adam divides by the root of squares near 0: rounding weighs more there.
        np.testing.assert_allclose(step.update.vector, update, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(step.new.vector, step.old.vector + update, rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("held_back", [
    {}, {"dropout": 0.4, "l1": 0.01, "l2": 0.1, "clip_norm": 0.3, "schedule": "warm_up"},
])
def test_the_step_that_is_taken_is_exactly_the_one_that_was_shown(optimizer, dtype, held_back):
    network, x, y = problem((3, 8, 2), "relu", "softmax", "cross_entropy", 7, dtype=dtype)
    trainer = Trainer(network, x, y, rng=2, batch_size=3, optimizer=optimizer, **held_back)
    for number in range(1, 8):
        before = trainer.state()
        step = next_step(trainer)
        assert step.number == number
        np.testing.assert_equal(trainer.state(), before)
        loss = trainer.step()
        assert loss == step.batch_loss + step.penalty
        np.testing.assert_array_equal(network.parameters, step.new.vector)
        np.testing.assert_array_equal(trainer.gradients.vector, step.clipped.vector)
        np.testing.assert_array_equal(trainer.update, step.update.vector)
        after = trainer.optimizer.state()
        for name, memory in step.memory_after.items():
            np.testing.assert_array_equal(memory.vector, after[name])


@pytest.mark.parametrize("training", [{}, {"dropout": 0.2, "optimizer": "adam"}])
def test_looking_does_not_disturb_what_the_run_shows_of_its_last_step(training):
    trainer, other = trainer_of(**training), trainer_of(**training)
    loss = trainer.step()
    assert other.step() == loss
    next_step(trainer)
    gradients, update = other.gradients.vector, other.update
    assert trainer.batch_loss == loss
    np.testing.assert_array_equal(trainer.gradients.vector, gradients)
    np.testing.assert_array_equal(trainer.update, update)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("clip_norm", [None, 0.01])
def test_a_cut_unit_and_a_frozen_layer_are_shown_as_the_step_leaves_them(optimizer, clip_norm):
    trainer = trainer_of((3, 4, 4, 2), optimizer=optimizer, clip_norm=clip_norm, l2=0.1)
    trainer.held = Held({(0, 1): trainer.network.weights[1][1].copy()}, frozenset({2}))
    for _ in range(3):
        step = next_step(trainer)
        assert not step.clipped.layers[2].any()
        assert not step.clipped.weights[1][1].any()
        assert step.penalized.layers[2].any()
        trainer.step()
        np.testing.assert_array_equal(trainer.network.parameters, step.new.vector)
        np.testing.assert_array_equal(trainer.gradients.vector, step.clipped.vector)
        np.testing.assert_array_equal(trainer.update, step.update.vector)


def test_penalties_clipping_dropout_and_schedule_by_hand():
    trainer = trainer_of(
        dropout=0.5, l1=0.01, l2=0.2, clip_norm=0.1, schedule="warm_up", learning_rate=0.5,
    )
    step = next_step(trainer)
    mask = step.run.masks[0]
    assert set(np.unique(mask)) == {0.0, 2.0}
    close(step.run.a[1], np.tanh(step.run.z[0]) * mask)
    upstream = step.loss_by_activation(0)
    close(step.run.delta[0], upstream * mask * (1 - np.tanh(step.run.z[0]) ** 2))
    W = trainer.network.weights
    close(step.penalty, sum(0.01 * abs(w).sum() + 0.1 * (w**2).sum() for w in W))
    for layer in range(2):
        with_penalty = step.gradients.weights[layer] + 0.01 * np.sign(W[layer]) + 0.2 * W[layer]
        close(step.penalized.weights[layer], with_penalty)
        close(step.penalized.biases[layer], step.gradients.biases[layer])
    close(np.linalg.norm(step.clipped.vector), 0.1)
    assert (step.optimizer.learning_rate, step.optimizer.factor) == (0.5, 0.01)
    close(step.update.vector, -0.005 * step.clipped.vector)


def test_two_inputs_two_units_one_output_worked_out_on_paper():
    """x = (1, 0), y = 1, sigmoid everywhere, squared error, learning rate 2.

    z1 = (1 * 0.5 + 0 * 0.3 + 0, 1 * -0.5 + 0 * 0.8 + 0.5) = (0.5, 0)
    a1 = (1 / (1 + e^-0.5), 1/2) = (0.622459, 0.5)
    z2 = 0.622459 * 1 + 0.5 * -1 + 0 = 0.122459          a2 = 0.530577
    L  = (0.530577 - 1)^2 = 0.220358
    delta2 = 2 (a2 - 1) * a2 (1 - a2) = -0.938846 * 0.249065 = -0.233834
    delta1 = (delta2 *  1 * 0.622459 * 0.377541, delta2 * -1 * 0.25) = (-0.054952, 0.058458)
    dW1 = [[-0.054952, 0.058458], [0, 0]]   dW2 = [[-0.145552], [-0.116917]]
    new W1[0, 0] = 0.5 - 2 * -0.054952 = 0.609904
    """
    network = Network((2, 2, 1), ("sigmoid", "sigmoid"), dtype="float64", seed=0)
    network.weights[0][...] = [[0.5, -0.5], [0.3, 0.8]]
    network.biases[0][...] = [0, 0.5]
    network.weights[1][...] = [[1], [-1]]
    step = next_step(Trainer(network, [[1, 0]], [[1]], loss="mse", learning_rate=2))

    def shown(array, *expected):
        np.testing.assert_allclose(np.ravel(array), expected, atol=6e-7)

    shown(step.run.z[0], 0.5, 0)
    shown(step.run.a[1], 0.622459, 0.5)
    shown(step.run.z[1], 0.122459)
    shown(step.run.a[2], 0.530577)
    shown(step.batch_loss, 0.220358)
    shown(step.run.delta[1], -0.233834)
    shown(step.run.delta[0], -0.054952, 0.058458)
    shown(step.gradients.weights[0], -0.054952, 0.058458, 0, 0)
    shown(step.gradients.weights[1], -0.145552, -0.116917)
    shown(step.new.weights[0], 0.609904, -0.616917, 0.3, 0.8)
    shown(step.new.biases[1], 0.467668)


def test_softmax_with_cross_entropy_worked_out_on_paper():
    """One input 1, logits (ln 1, ln 2, ln 5): softmax (1, 2, 5) / 8; the true class is the second.

    delta = y_hat - y = (1/8, 2/8 - 1, 5/8), L = ln 4; the same for both samples, so the mean over
    two halves each delta, and the sum over the batch gives it back.
    """
    network = Network((1, 3), ("softmax",), dtype="float64", seed=0)
    network.weights[0][...] = [[0, log(2), log(5)]]
    step = next_step(Trainer(network, [[1], [1]], [[0, 1, 0]] * 2, batch_size=2))
    close(step.run.a[1], [[1 / 8, 2 / 8, 5 / 8]] * 2)
    close(step.batch_loss, log(4))
    assert step.is_canonical
    close(step.run.delta[0], [[1 / 16, -6 / 16, 5 / 16]] * 2)
    close(step.gradients.weights[0], [[1 / 8, -6 / 8, 5 / 8]])
    close(step.gradients.biases[0], [1 / 8, -6 / 8, 5 / 8])


def test_momentum_and_adam_worked_out_on_paper():
    """One weight w = 1 on input 1, target 0, linear, squared error: g = 2 w.

    Momentum, rate 0.1: v = -0.2, so w = 0.8 and b = -0.2; then z = 0.6, g = 1.2 and
    v = 0.9 * -0.2 - 0.1 * 1.2 = -0.3.
    Adam's first step is the learning rate itself, whatever the gradient.
    """
    def trainer(optimizer):
        network = Network((1, 1), ("linear",), dtype="float64", seed=0)
        network.weights[0][...] = 1
        network.biases[0][...] = 0
        return Trainer(network, [[1]], [[0]], loss="mse", optimizer=optimizer, learning_rate=0.1)

    momentum = trainer("momentum")
    first = next_step(momentum)
    close(first.memory_before["velocity"].weights[0], 0)
    close(first.memory_after["velocity"].weights[0], -0.2)
    close(first.new.weights[0], 0.8)
    momentum.step()
    second = next_step(momentum)
    close(second.run.z[0], 0.6)
    close(second.memory_before["velocity"].weights[0], -0.2)
    close(second.update.weights[0], -0.3)

    adam = next_step(trainer("adam"))
    close(adam.memory_after["mean"].weights[0], 0.2)
    close(adam.memory_after["squares"].weights[0], 0.004)
    np.testing.assert_allclose(adam.update.weights[0], -0.1, rtol=1e-8)


def test_the_tables_here_miss_nothing():
    assert set(FUNCTIONS) == set(ACTIVATIONS)
    assert {loss for _, loss in OUTPUT_AND_LOSS} == set(LOSSES)
    close(SIGMA(1.0), 1 / (1 + exp(-1)))
