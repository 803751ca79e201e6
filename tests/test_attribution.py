"""Gradient times input, held against finite differences and against what it must sum to."""

import numpy as np
import pytest

from nnviz import ACTIVATIONS, Network
from nnviz.attribution import contributions, logit_gradient

HIDDEN = [id for id, f in ACTIVATIONS.items() if not f.output_only]
STEP = 1e-6


def network_of(hidden, output="softmax"):
    network = Network((6, 5, 4, 3), (hidden, hidden, output), seed=3, dtype=np.float64)
    for b in network.biases:
        b[...] = np.linspace(-0.3, 0.4, len(b))
    return network


def logits(network, x):
    return network.forward(x).z[-1].copy()


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear"])
def test_the_gradient_is_that_of_finite_differences(hidden, output):
    network = network_of(hidden, output)
    x = np.random.default_rng(1).normal(size=(2, 6))
    weights = np.array([1.0, -1.0, 0.25])
    found = logit_gradient(network, network.forward(x), weights)
    for column in range(6):
        step = np.zeros(6)
        step[column] = STEP
        slope = (logits(network, x + step) - logits(network, x - step)) @ weights / (2 * STEP)
        np.testing.assert_allclose(found[:, column], slope, rtol=1e-6, atol=1e-8)


def test_without_hidden_layers_the_contributions_sum_to_the_lead():
    network = Network((6, 3), ("softmax",), seed=2, dtype=np.float64)
    x = np.random.default_rng(1).normal(size=(1, 6))
    parts = contributions(network, network.forward(x), winner=2, runner_up=0)
    z = logits(network, x)[0]
    assert parts.sum() == pytest.approx(z[2] - z[0])


def test_relu_without_biases_sums_to_the_lead_too():
    network = Network((6, 8, 3), ("relu", "softmax"), seed=2, dtype=np.float64)
    x = np.random.default_rng(4).normal(size=(1, 6))
    parts = contributions(network, network.forward(x), winner=1, runner_up=2)
    z = logits(network, x)[0]
    assert parts.sum() == pytest.approx(z[1] - z[2])


def test_an_input_at_its_origin_has_no_part_in_it():
    network = network_of("tanh")
    x = np.random.default_rng(1).normal(size=(1, 6))
    origin = np.where(np.arange(6) < 3, x[0], 0.0)
    parts = contributions(network, network.forward(x), 0, 1, origin)
    assert (parts[:3] == 0).all()
    assert (parts[3:] != 0).all()


def test_a_class_against_itself_gives_nothing():
    network = network_of("tanh")
    run = network.forward(np.ones((1, 6)))
    assert (contributions(network, run, 1, 1) == 0).all()
