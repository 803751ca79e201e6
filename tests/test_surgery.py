"""Where the parts of a network lie in its vector, and that training leaves held ones alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz import Network, surgery
from nnviz.optimizers import OPTIMIZERS
from nnviz.surgery import Held
from nnviz.training import Trainer

SIZES = (3, 4, 2, 5)


def network():
    made = Network(SIZES, ("tanh", "relu", "softmax"), seed=1)
    made.parameters[...] = np.arange(made.parameters.size)
    return made


@given(st.data())
def test_the_indices_are_those_of_the_weights(data):
    made = network()
    layer = data.draw(st.integers(0, 2))
    unit = data.draw(st.integers(0, SIZES[layer + 1] - 1))
    row = data.draw(st.integers(0, SIZES[layer]))
    W_b = np.vstack([made.weights[layer], made.biases[layer]])
    assert made.parameters[surgery.weight_index(SIZES, layer, row, unit)] == W_b[row, unit]
    np.testing.assert_array_equal(
        made.parameters[surgery.incoming(SIZES, layer, unit)], W_b[:, unit]
    )
    np.testing.assert_array_equal(
        made.parameters[surgery.layer_indices(SIZES, layer)], W_b.ravel()
    )
    if layer < 2:
        np.testing.assert_array_equal(
            made.parameters[surgery.outgoing(SIZES, layer, unit)], made.weights[layer + 1][unit]
        )


def test_what_is_held_is_counted_once():
    held = Held({(0, 1): np.zeros(2)}, frozenset({1}))
    np.testing.assert_array_equal(held.indices(SIZES), surgery.layer_indices(SIZES, 1))
    assert Held().indices(SIZES) is None
    assert held.without((0, 1)) == Held({}, frozenset({1}))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_leaves_held_parameters_alone_and_the_others_as_they_would_be(optimizer):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), np.eye(5)[rng.integers(0, 5, 20)]
    trainers = [
        Trainer(Network(SIZES, ("tanh", "tanh", "softmax"), seed=1), x, y, optimizer=optimizer,
                batch_size=5, learning_rate=0.05, rng=3)
        for _ in range(2)
    ]
    held, free = trainers
    held.held = Held({}, frozenset({0}))
    first = held.network.parameters.copy()
    held.step()
    free.step()
    stays = surgery.layer_indices(SIZES, 0)
    np.testing.assert_array_equal(held.network.parameters[stays], first[stays])
    np.testing.assert_array_equal(held.update[stays], 0)
    # Without penalties and clipping the other layers' step is the same as if nothing were held.
    others = np.setdiff1d(np.arange(len(first)), stays)
    np.testing.assert_allclose(
        held.network.parameters[others], free.network.parameters[others], rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(
        held.network.parameters, first + held.update, rtol=1e-6, atol=1e-6
    )


def test_dead_and_saturated_units():
    a = np.array([[0, 1, 0.995], [0, 0, 0.999], [0, 0, 0.991]] * 10)
    np.testing.assert_array_equal(surgery.dead_units("relu", a), [0])
    np.testing.assert_array_equal(surgery.dead_units("tanh", a), [])
    np.testing.assert_array_equal(surgery.saturated_units("sigmoid", a), [0, 1, 2])
    np.testing.assert_array_equal(surgery.saturated_units("tanh", a), [2])
    np.testing.assert_array_equal(surgery.saturated_units("relu", a), [])
