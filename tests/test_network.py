"""Shapes, refusals, seeds and the passes of the network."""

import re
from copy import copy, deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnviz import MSE, losses
from nnviz.activations import Relu, Sigmoid
from nnviz.losses import CrossEntropy
from nnviz.network import Network
from nnviz.parameters import parameter_formula
from nnviz.random import random_state
from tests.samples import HIDDEN, OUTPUT_AND_LOSS, problem


def test_parameters_are_one_vector_and_weights_and_biases_views_into_it():
    network = Network((3, 4, 2), ("relu", "softmax"), seed=0)
    expected = np.concatenate(
        [part.ravel() for pair in zip(network.weights, network.biases, strict=True)
         for part in pair]
    )
    np.testing.assert_array_equal(network.parameters, expected)
    network.parameters[:] = np.arange(26)
    assert network.weights[0][0, 1] == 1
    assert network.biases[0][0] == 12
    assert network.weights[1][0, 0] == 16
    assert network.biases[1][1] == 25
    assert network.parameters.dtype == np.float32


@pytest.mark.parametrize("duplicate", [copy, deepcopy])
def test_a_copy_trains_like_the_original_and_apart_from_it(duplicate):
    network = Network((3, 4, 2), ("relu", "softmax"), seed=0)
    x, y = np.eye(3), np.eye(2)[[0, 1, 0]]
    network.fit(x, y, loss="cross_entropy", epochs=3)
    other, before = duplicate(network), network.parameters.copy()
    other.rng = deepcopy(network.rng)
    assert np.shares_memory(other.weights[1], other.parameters)
    other.fit(x, y, loss="cross_entropy", epochs=3)
    np.testing.assert_array_equal(network.parameters, before)
    network.fit(x, y, loss="cross_entropy", epochs=3)
    np.testing.assert_array_equal(other.parameters, network.parameters)


def test_forward_worked_by_hand():
    network = Network((2, 2, 1), ("relu", "linear"), dtype="float64")
    network.weights[0][...] = [[1, -1], [2, 1]]
    network.biases[0][...] = [0.5, -0.5]
    network.weights[1][...] = [[3], [-2]]
    network.biases[1][...] = [1]
    run = network.forward(np.array([[1.0, 2.0], [-1.0, 0.0]]))
    np.testing.assert_array_equal(run.z[0], [[5.5, 0.5], [-0.5, 0.5]])
    np.testing.assert_array_equal(run.a[1], [[5.5, 0.5], [0, 0.5]])
    np.testing.assert_array_equal(run.z[1], [[16.5], [0.0]])
    np.testing.assert_array_equal(run.a[2], run.z[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_passes_stay_in_the_dtype(dtype):
    network = Network((5, 4, 3), ("tanh", "softmax"), seed=0, dtype=dtype)
    run = network.forward(np.ones((6, 5)))
    gradients = network.backward(run, np.eye(3)[[0, 1, 2, 0, 1, 2]].astype(dtype), CrossEntropy())
    arrays = [*run.z, *run.a[1:], *run.delta, gradients.vector, network.predict(np.ones(5))]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


@given(
    layer_sizes=st.lists(st.integers(1, 8), min_size=2, max_size=6),
    n=st.integers(1, 20),
)
def test_shapes(layer_sizes, n):
    network = Network(layer_sizes, ["relu"] * (len(layer_sizes) - 1), seed=0)
    run = network.forward(np.zeros((n, layer_sizes[0])))
    assert [z.shape for z in run.z] == [(n, units) for units in layer_sizes[1:]]
    assert [a.shape for a in run.a] == [(n, units) for units in layer_sizes]
    assert network.predict(np.zeros(layer_sizes[0])).shape == (layer_sizes[-1],)
    assert network.predict(np.zeros((n, layer_sizes[0]))).shape == (n, layer_sizes[-1])


def test_one_sample_equals_its_row_of_a_batch():
    network = Network((4, 5, 3), (Relu, Sigmoid), seed=2)
    x = np.random.default_rng(0).normal(size=(6, 4))
    np.testing.assert_allclose(network.predict(x[2]), network.predict(x)[2], rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (3,), (5, 3), (2, 2, 4), (4, 1)])
def test_input_of_another_shape_is_refused(shape):
    network = Network((4, 2), ("linear",))
    message = f"Received shape {shape}; expected (4,) for one sample or (n, 4) for a batch"
    with pytest.raises(ValueError, match=re.escape(message)):
        network.predict(np.zeros(shape))


@pytest.mark.parametrize("x", ["abc", [["1", "x"]], [[1, 2], [3]], {"a": 1}])
def test_input_that_is_no_array_of_numbers_is_refused(x):
    network = Network((2, 3, 1), ("relu", "sigmoid"))
    with pytest.raises(ValueError, match=r"must be numbers, \(2,\) for one sample or \(n, 2\)"):
        network.predict(x)


@pytest.mark.parametrize("layer_sizes", [(), (3,), (3, 0), (3, -1, 2), (3, 2.5), (3, True)])
def test_impossible_sizes_are_refused(layer_sizes):
    with pytest.raises(ValueError, match=re.escape(f"Received: {layer_sizes}")):
        Network(layer_sizes, ["relu"] * (len(layer_sizes) - 1))


def test_activations_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 4, 2\) need.*2 in all. Received: 1"):
        Network((3, 4, 2), ("relu",))
    with pytest.raises(ValueError, match="softmax fits the output only"):
        Network((3, 4, 2), ("softmax", "softmax"))
    with pytest.raises(ValueError, match=r"Unknown activation. Received: 'rleu'. Choose one of"):
        Network((3, 2), ("rleu",))
    with pytest.raises(TypeError, match=r"Activation must be an id.*Received: 3"):
        Network((3, 2), (3,))


def test_dtype_is_a_float():
    with pytest.raises(ValueError, match=r"dtype must be float32 or float64. Received: 'int32'"):
        Network((3, 2), ("relu",), dtype="int32")


def test_the_same_seed_gives_the_same_weights():
    def vector(seed):
        return Network((8, 5, 3), ("relu", "softmax"), seed=seed).parameters

    np.testing.assert_array_equal(vector(3), vector(3))
    np.testing.assert_array_equal(vector(3), vector(np.random.RandomState(3)))
    assert not np.array_equal(vector(3), vector(4))
    assert not np.array_equal(vector(None), vector(None))


def test_what_numpy_random_seed_sets_counts_without_a_seed():
    np.random.seed(3)  # noqa: NPY002, as older texts do
    drawn = Network((8, 5, 3), ("relu", "softmax")).parameters
    np.testing.assert_array_equal(
        drawn, Network((8, 5, 3), ("relu", "softmax"), seed=3).parameters
    )


@pytest.mark.parametrize("seed", [-1, 2**40, "a", 1.5])
def test_an_impossible_seed_is_refused(seed):
    with pytest.raises(ValueError, match="A seed must be a whole number from 0 to"):
        Network((8, 5, 3), ("relu", "softmax"), seed=seed)


def test_seed_1_draws_the_first_articles_weights():
    network = Network((2, 3, 1), (Relu, Sigmoid), seed=1, dtype="float64")
    np.testing.assert_allclose(
        network.weights[0],
        [[1.14858562, -0.43257711, -0.37347383], [-0.75870339, 0.6119356, -1.62743362]],
        atol=5e-9,
    )
    np.testing.assert_allclose(
        network.weights[1], [[1.00736754], [-0.43948301], [0.18419731]], atol=5e-9
    )
    assert not any(b.any() for b in network.biases)


def test_building_a_network_leaves_the_global_seed_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Network((8, 5, 3), ("relu", "softmax"), seed=1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_generator_given_as_the_seed_is_the_networks_own():
    for rng in (np.random.default_rng(1), np.random.RandomState(1)):
        before = str(random_state(rng))
        network = Network((2, 1), ("linear",), seed=rng)
        assert network.rng is rng
        assert str(random_state(rng)) != before


def test_repr_shows_shapes_and_counts():
    text = repr(Network((64, 15, 10), (Relu, Sigmoid)))
    assert text.splitlines()[0] == "Network 64-15-10, 1,135 parameters"
    assert "W 64 x 15, b 15, ReLU, 975 parameters" in text
    assert "W 15 x 10, b 10, sigmoid, 160 parameters" in text


def test_parameter_formula():
    assert parameter_formula((64, 32, 10)) == "64*32 + 32 + 32*10 + 10 = 2,410"
    network = Network((7, 5, 4, 2), ["relu"] * 3)
    assert parameter_formula((7, 5, 4, 2)).endswith(f" = {network.parameters.size}")


def test_the_first_articles_calls():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=60)
    x = np.eye(3)[labels] @ rng.normal(size=(3, 6)) * 2
    y = np.eye(3)[labels]
    net = Network((6, 8, 3), (Relu, Sigmoid), seed=1)
    assert net.fit(x, y, loss=MSE, epochs=100, batch_size=15, learning_rate=1) is net
    assert np.mean(net.predict(x).argmax(axis=1) == labels) > 0.95


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "loss"), OUTPUT_AND_LOSS)
@given(x=hnp.arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32)))
@settings(max_examples=10)
def test_extreme_inputs_give_finite_outputs_and_gradients(hidden, output, loss, x):
    network, _, y = problem((4, 5, 3), hidden, output, loss, n=3, dtype="float32")
    run = network.forward(x)
    gradients = network.backward(run, y.astype(np.float32), losses.get(loss))
    assert np.isfinite(run.a[-1]).all()
    assert np.isfinite(gradients.vector).all()
    assert np.isfinite(losses.get(loss).value(y.astype(np.float32), run.a[-1]))
