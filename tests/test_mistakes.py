"""Each mistake does what its line says, is found where it can be, and stays a small change."""

import numpy as np
import pytest

from nnviz import Network, losses, spotcheck
from nnviz.mistakes import MISTAKES, courses_in_parts
from nnviz.training import Trainer
from tests.samples import digits_like, problem

# The parts that go wrong in a network of three layers with tanh, softmax and cross-entropy.
BELOW = {(layer, kind) for layer in (0, 1) for kind in ("weights", "biases")}
ALL = BELOW | {(2, "weights"), (2, "biases")}
WRONG = {
    "no_derivative": BELOW,
    "derivative_of_output": BELOW,
    "not_transposed": BELOW,
    "no_average": ALL,
    "last_batch_dropped": set(),
    "no_bias": {(layer, "biases") for layer in range(3)},
}


def result(generator):
    """What a computation in parts returns in the end; the shares done only grow."""
    done = 0.0
    while True:
        try:
            share = next(generator)
        except StopIteration as end:
            return end.value
        assert done <= share <= 1
        done = share


def check(mistake, network, x, y, loss):
    """The parts of a network whose gradient a mistake spoils, as (layer, kind)."""
    loss = losses.get(loss)
    right = network.backward(network.forward(x), y, loss).vector
    backward = right if mistake is None else MISTAKES[mistake].gradient(network, x, y, loss)
    parts = spotcheck.parts_of(network, right, 1000)
    checked = result(spotcheck.check_in_parts(network, x, y, loss, backward, parts))
    return {(found.part.layer, found.part.kind) for found in checked if found.verdict == "wrong"}


@pytest.mark.parametrize("mistake", [None, *MISTAKES])
def test_the_check_says_where(mistake):
    network, x, y = problem((5, 4, 4, 3), "tanh", "softmax", "cross_entropy")
    assert check(mistake, network, x, y, "cross_entropy") == WRONG.get(mistake, set())


def test_the_tables_here_miss_no_mistake():
    assert set(WRONG) == set(MISTAKES)
    for mistake in MISTAKES.values():
        assert mistake.what
        assert mistake.right != mistake.wrong


@pytest.mark.parametrize(("mistake", "hidden", "output", "loss", "n"), [
    ("no_derivative", "linear", "softmax", "cross_entropy", 7),
    ("derivative_of_output", "relu", "softmax", "cross_entropy", 7),
    ("no_average", "tanh", "softmax", "cross_entropy", 1),
    ("last_batch_dropped", "tanh", "sigmoid", "mse", 7),
])
def test_where_a_mistake_is_silent_it_says_why(mistake, hidden, output, loss, n):
    network, x, y = problem((5, 4, 3), hidden, output, loss, n)
    assert check(mistake, network, x, y, loss) == set()
    assert MISTAKES[mistake].silent


def test_the_article_s_slip_takes_the_slope_at_the_output():
    """One sigmoid output, squared error: delta = 2 (a - y) s'(a) in place of 2 (a - y) s'(z)."""
    network = Network((1, 1), ("sigmoid",), dtype="float64", seed=0)
    network.weights[0][...] = 3
    x, y = np.ones((1, 1)), np.zeros((1, 1))
    a = 1 / (1 + np.exp(-3))
    slope_at_a = np.exp(-a) / (1 + np.exp(-a)) ** 2
    wrong = MISTAKES["derivative_of_output"].gradient(network, x, y, losses.get("mse"))
    np.testing.assert_allclose(wrong, 2 * a * slope_at_a)
    forgotten = MISTAKES["no_derivative"].gradient(network, x, y, losses.get("mse"))
    np.testing.assert_allclose(forgotten, 2 * a)


def test_the_missing_average_is_n_times_too_long():
    network, x, y = problem((5, 4, 3), "tanh", "softmax", "cross_entropy")
    loss = losses.get("cross_entropy")
    right = network.backward(network.forward(x), y, loss).vector
    wrong = MISTAKES["no_average"].gradient(network, x, y, loss)
    np.testing.assert_allclose(wrong, len(x) * right, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(5, 4, 4, 3), (5, 4, 3)])
def test_what_numpy_says_to_a_product_that_was_not_transposed(sizes):
    network, x, y = problem(sizes, "tanh", "softmax", "cross_entropy")
    said = MISTAKES["not_transposed"].complaint(network, 7)
    assert said == "shapes (7,3) and (4,3) not aligned: 3 (dim 1) != 4 (dim 0)"
    square, *_ = problem((5, 4, 4), "tanh", "softmax", "cross_entropy")
    assert MISTAKES["not_transposed"].complaint(square, 7) is None
    # And where W is square, delta goes down by W itself.
    x, y = np.ones((1, 5)), np.eye(4)[:1]
    run = square.forward(x)
    square.backpropagate(run, y, losses.get("cross_entropy"))
    upstream = run.delta[1] @ square.weights[1]
    delta = upstream * (1 - np.tanh(run.z[0]) ** 2)
    wrong = MISTAKES["not_transposed"].gradient(square, x, y, losses.get("cross_entropy"))
    np.testing.assert_allclose(wrong[:20], np.outer(x, delta).ravel(), rtol=1e-9)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_right_network_is_left_alone(mistake):
    network, x, y = problem((5, 4, 4, 3), "sigmoid", "softmax", "cross_entropy")
    before = network.parameters.copy()
    right = network.backward(network.forward(x), y, losses.get("cross_entropy")).vector
    wrong = MISTAKES[mistake].network(network)
    wrong.parameters += 1
    np.testing.assert_array_equal(network.parameters, before)
    again = network.backward(network.forward(x), y, losses.get("cross_entropy")).vector
    np.testing.assert_array_equal(again, right)


def trainers(mistake, output="softmax", loss="cross_entropy", **training):
    x, y = digits_like(50)
    made = []
    for chosen in (None, MISTAKES[mistake]):
        network = Network((6, 8, 3), ("tanh", output), seed=1)
        rng = np.random.default_rng(2)
        if chosen is None:
            made.append(Trainer(network, x, y, rng=rng, loss=losses.get(loss), **training))
        else:
            wrong_loss = chosen.loss(losses.get(loss))
            made.append(chosen.trainer(
                chosen.network(network), x, y, rng=rng, loss=wrong_loss, **training
            ))
    return made, (x, y, y.argmax(axis=1))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_biases_that_are_forgotten_stay_where_they_are(optimizer):
    (right, wrong), _ = trainers("no_bias", batch_size=16, optimizer=optimizer)
    for _ in range(10):
        right.step()
        wrong.step()
    assert all((b != 0).any() for b in right.network.biases)
    assert all((b == 0).all() for b in wrong.network.biases)
    assert all((w != 0).any() for w in wrong.network.weights)


def test_the_last_batch_is_dropped_in_every_epoch():
    (right, wrong), _ = trainers("last_batch_dropped", batch_size=16)
    for _ in range(12):
        right.step()
        wrong.step()
    # 50 samples are three batches of 16 and one of 2.
    assert right.samples_seen == 150
    assert wrong.samples_seen == 192


def test_courses_tell_how_both_train():
    made, measured = trainers("no_derivative", batch_size=16)
    right, wrong = result(courses_in_parts(made, measured, 100, points=20))
    assert right.steps[0] == 0
    assert right.steps[-1] == 100
    assert right.accuracies[-1] > 0.8
    assert right.losses[-1] < right.losses[0]
    assert right.losses[0] == wrong.losses[0]
    assert (right.losses[1:] != wrong.losses[1:]).all()
    assert made[0].step_count == made[1].step_count == 100


def test_a_course_that_blows_up_ends_there():
    made, measured = trainers("no_average", "linear", "mse", batch_size=16, learning_rate=0.3)
    with np.errstate(all="ignore"):
        right, wrong = result(courses_in_parts(made, measured, 200))
    assert right.blew_up is None
    assert 0 < wrong.blew_up <= 200
    assert np.isfinite(right.losses).all()
    assert np.isfinite(wrong.losses[0])
    assert np.isnan(wrong.losses[-1])
