"""Penalties, dropout and clipping."""

import numpy as np
import pytest

from nnviz.gradcheck import numerical_gradient, relative_error
from nnviz.network import Network
from nnviz.optimizers import Adam
from nnviz.regularization import REGULARIZERS, Regularization
from nnviz.training import Trainer
from tests.samples import HIDDEN, digits_like, problem

X, Y = digits_like()


def trainer(**choices):
    network = Network((6, 8, 7, 3), ("relu", "tanh", "softmax"), seed=1)
    return Trainer(network, X, Y, **{"batch_size": 8, "rng": 7, **choices})


def test_penalty_by_hand_leaves_biases_out():
    network = Network((2, 1), ("linear",), dtype="float64")
    network.weights[0][...] = [[3.0], [-4.0]]
    network.biases[0][...] = 100
    assert Regularization(l1=0.1).penalty(network) == pytest.approx(0.7)
    assert Regularization(l2=0.1).penalty(network) == pytest.approx(1.25)
    assert Regularization(l1=0.1, l2=0.1).penalty(network) == pytest.approx(1.95)


@pytest.mark.parametrize("strengths", [{"l1": 0.03}, {"l2": 0.2}, {"l1": 0.01, "l2": 0.05}])
def test_the_loss_reported_is_the_one_whose_gradient_is_followed(strengths):
    network, x, y = problem((4, 5, 3), "tanh", "softmax", "cross_entropy")
    run = Trainer(network, x, y, batch_size=len(x), learning_rate=0, rng=0, **strengths)
    expected = numerical_gradient(run.step, network.parameters)
    run.step()
    assert relative_error(run.gradients.vector, expected) < 1e-6


def test_penalties_make_weights_smaller_and_l1_makes_some_nearly_zero():
    def weights(**strengths):
        run = trainer(learning_rate=0.1, **strengths)
        run.run(60)
        return np.concatenate([W.ravel() for W in run.network.weights])

    plain, ridge, lasso = weights(), weights(l2=0.05), weights(l1=0.02)
    assert np.linalg.norm(ridge) < 0.7 * np.linalg.norm(plain)
    assert np.mean(np.abs(lasso) < 0.005) > 5 * np.mean(np.abs(plain) < 0.005)


def test_clipping_shortens_the_gradient_and_keeps_its_direction():
    free, clipped = trainer(), trainer(clip_norm=0.05)
    free.step()
    clipped.step()
    length = np.linalg.norm(free.gradients.vector)
    assert length > 0.05
    np.testing.assert_allclose(
        clipped.gradients.vector, free.gradients.vector * (0.05 / length), rtol=1e-5
    )
    loose = trainer(clip_norm=100.0)
    loose.step()
    np.testing.assert_array_equal(loose.gradients.vector, free.gradients.vector)


def test_masks_have_the_right_share_and_the_right_mean():
    run = trainer(dropout=0.3, batch_size=50)
    shares, seen = [], set()
    for _ in range(100):
        run.step()
        for mask in run._batches._full[0][0].masks[:-1]:
            assert set(np.unique(mask)) <= {np.float32(0), np.float32(1 / 0.7)}
            shares.append(np.mean(mask == 0))
            seen.add(mask.tobytes())
    assert np.mean(shares) == pytest.approx(0.3, abs=0.01)
    assert len(seen) == 200
    assert run._batches._full[0][0].masks[-1] is None


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_gradient_with_dropout_is_that_of_the_thinned_network(hidden):
    network, x, y = problem((4, 6, 5, 3), hidden, "softmax", "cross_entropy")
    run = Trainer(
        network, x, y, batch_size=len(x), learning_rate=0, dropout=0.4, rng=0
    )
    state = run.state()

    def loss():
        parameters = network.parameters.copy()
        run.restore(state | {"parameters": parameters})
        return run.step()

    expected = numerical_gradient(loss, network.parameters)
    loss()
    assert relative_error(run.gradients.vector, expected) < 1e-6


def test_dropout_is_for_training_only():
    run = trainer(dropout=0.5)
    run.step()
    before = run.network.predict(X)
    np.testing.assert_array_equal(run.network.predict(X), before)
    plain = Network((6, 8, 7, 3), ("relu", "tanh", "softmax"))
    plain.parameters[...] = run.network.parameters
    np.testing.assert_array_equal(plain.predict(X), before)


@pytest.mark.parametrize("taken", [0, 3, 7])
@pytest.mark.parametrize("legacy", [False, True])
def test_all_of_it_replays_bit_for_bit(taken, legacy):
    run = trainer(
        dropout=0.3, l1=1e-4, l2=1e-3, clip_norm=0.5, optimizer=Adam(0.01), schedule="cosine",
        rng=np.random.RandomState(3) if legacy else 3,
    )
    for _ in range(taken):
        run.step()
    state = run.state()
    first = [run.step() for _ in range(15)]
    parameters = run.network.parameters.copy()
    run.restore(state)
    assert [run.step() for _ in range(15)] == first
    np.testing.assert_array_equal(run.network.parameters, parameters)


def test_without_dropout_the_order_of_samples_is_as_ever():
    plain, thinned = trainer(), trainer(l2=0.1)
    plain.step()
    thinned.step()
    np.testing.assert_array_equal(plain._batches._order, thinned._batches._order)


@pytest.mark.parametrize(
    "wrong", [{"l1": -1}, {"l2": float("nan")}, {"dropout": 1.0}, {"dropout": -0.1},
              {"clip_norm": 0}, {"clip_norm": -2}],
)
def test_impossible_settings_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be"):
        trainer(**wrong)


def test_each_technique_is_a_setting_of_its_name():
    assert set(REGULARIZERS) == {"l1", "l2", "dropout", "clip_norm"}
    assert all(hasattr(Regularization(), id) for id in REGULARIZERS)
