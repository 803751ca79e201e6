"""What callers of the library get wrong is said in its own words, before anything is computed."""

import dataclasses
import re

import numpy as np
import pytest
from scipy import sparse

from nnviz import (
    MSE,
    SGD,
    Adam,
    BinaryCrossEntropy,
    CrossEntropy,
    EarlyStopping,
    Huber,
    LeakyRelu,
    Network,
    Relu,
    Trainer,
    gradcheck,
    schedules,
)
from nnviz.activations import Activation
from nnviz.checks import float_array, real_number, received
from nnviz.losses import Loss
from nnviz.optimizers import Optimizer
from nnviz.rows import Rows, Scaler
from nnviz.schedules import Schedule

RNG = np.random.default_rng(0)
X = RNG.random((20, 4))
LABELS = RNG.integers(0, 3, 20)
Y = np.eye(3)[LABELS]


def network(**options):
    return Network((4, 5, 3), ("relu", "softmax"), seed=0, **options)


def trainer(**options):
    return Trainer(network(), X, Y, rng=0, **options)


NOT_NUMBERS = [
    ([[1, 2], [3]], "rows of different lengths"),
    ([["1", "2", "3", "4"]], "dtype <U1"),
    (X + 1j, "dtype complex128"),
    (np.array([["2026-11-25"] * 4], "M8[D]"), "dtype datetime64"),
    (sparse.csr_array(X), "dense array. Received: csr_array. Use its toarray()"),
    (np.ma.masked_array(X, X > 0.5), "masked entries"),
    ({"a": 1}, "other things than numbers"),
]


@pytest.mark.parametrize(("x", "said"), NOT_NUMBERS)
def test_what_is_no_array_of_numbers_is_refused_everywhere(x, said):
    for call in (
        lambda: network().predict(x),
        lambda: network().forward(x),
        lambda: Trainer(network(), x, Y),
        lambda: Trainer(network(), X, x),
    ):
        with pytest.raises(ValueError, match=re.escape(said)):
            call()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_what_is_not_finite_in_float32_is_refused_where_it_stands(bad):
    x = X.copy()
    x[3, 2] = bad
    for call in (lambda: network().predict(x), lambda: trainer().step_on(x, Y)):
        with pytest.raises(ValueError, match=r"not finite.*row 3, column 2"):
            call()
    with pytest.raises(ValueError, match=r"not finite.*in column 2"):
        network().predict(x[3])


def test_other_kinds_of_numbers_are_taken():
    expected = network().predict(np.ones((2, 4)))
    for x in (
        [[1, 1, 1, 1]] * 2, np.ones((2, 4), bool), np.ones((2, 4), "f2"),
        np.ones((2, 4), np.int8), np.ones((2, 4), object), np.ones((2, 8))[:, ::2],
        Rows(np.ones((2, 4), np.uint8), Scaler()),
    ):
        np.testing.assert_array_equal(network().predict(x), expected)


def test_no_samples_give_no_predictions():
    assert network().predict(X[:0]).shape == (0, 3)


@pytest.mark.parametrize("x", [X[0], X[:, :1], X[:, :3], X[:0], X[None], 3.0, None])
def test_forward_refuses_what_is_no_batch(x):
    with pytest.raises(ValueError, match=r"expected \(n, 4\), n of 1 or more"):
        network().forward(x)


def test_forward_refuses_a_batch_that_does_not_fit_its_room():
    room = network().forward(X[:5])
    with pytest.raises(ValueError, match=r"\(1, 4\); expected \(5, 4\)"):
        network().forward(X[:1], into=room)


def test_backward_refuses_targets_and_losses_that_do_not_fit():
    net = network()
    run = net.forward(X)
    for y in (LABELS, Y[:1], Y[:, :1]):
        with pytest.raises(ValueError, match=r"Targets do not fit.*expected \(20, 3\)"):
            net.backward(run, y, CrossEntropy())
    with pytest.raises(TypeError, match="instance such as MSE"):
        net.backward(run, Y, "cross_entropy")


@pytest.mark.parametrize("sizes", [64, None, "64", [4, "5"], {4, 5}, {4: 5}, np.array(4)])
def test_sizes_must_be_a_sequence_of_numbers(sizes):
    with pytest.raises(ValueError, match="layer_sizes needs at least input and output"):
        Network(sizes, ("relu",))


@pytest.mark.parametrize(
    "activations", ["relu", Relu, Relu(), None, 3, {"relu", "tanh"}, np.array("relu")]
)
def test_activations_must_be_a_sequence(activations):
    with pytest.raises(TypeError, match=r"activations must be a sequence.*2 in all"):
        Network((4, 5, 3), activations)


def test_sizes_are_plain_numbers():
    sizes = Network(np.array([4, 5, 3]), ("relu", "softmax")).layer_sizes
    assert sizes == (4, 5, 3)
    assert all(type(size) is int for size in sizes)


@pytest.mark.parametrize("width", [10**6, 10**9, 10**30])
def test_a_network_too_large_for_memory_is_refused_with_its_count(width):
    with pytest.raises(MemoryError, match=r"[\d,]+ parameters do not fit into memory"):
        Network((width, width), ("relu",))


@pytest.mark.parametrize("dtype", ["flaot", None, "float16", ">f4", int])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        network(dtype=dtype)


def test_a_truth_value_is_no_seed():
    with pytest.raises(ValueError, match="Received: True"):
        Network((2, 1), ("linear",), seed=True)


@pytest.mark.parametrize(
    "options",
    [{"loss": Loss}, {"optimizer": Optimizer}, {"schedule": Schedule}],
)
def test_a_base_class_is_none_of_its_kind(options):
    with pytest.raises(TypeError, match="must be an id such as"):
        trainer(**options)
    with pytest.raises(TypeError, match="must be an id such as"):
        Network((2, 1), (Activation,))


@pytest.mark.parametrize("make", [LeakyRelu, Huber, SGD])
@pytest.mark.parametrize("bad", [-1, np.nan, "1", 10**400])
def test_numbers_of_a_part_are_checked(make, bad):
    with pytest.raises(ValueError, match="must be a finite number of 0 or more"):
        make(bad)


def test_a_threshold_of_0_is_refused():
    with pytest.raises(ValueError, match="threshold must be above 0"):
        Huber(0)


def test_messages_stay_short():
    assert len(received(10**400)) == 60
    with pytest.raises(ValueError, match=r"Received: 1000+\.\.\.") as caught:
        real_number("learning_rate", 10**400)
    assert len(str(caught.value)) < 150


def test_class_numbers_are_answered_with_how_to_make_them_one_hot():
    for y in (LABELS, LABELS[:, None]):
        with pytest.raises(ValueError, match=r"one-hot: np.eye\(3\)\[y\]"):
            Trainer(network(), X, y)
    with pytest.raises(ValueError, match=r"y.reshape\(-1, 1\)"):
        Network((4, 1), ("linear",)).fit(X, LABELS)


@pytest.mark.parametrize("y", [-Y, 2 * Y, 0 * Y, np.repeat(LABELS[:, None], 3, 1), Y - 0.1])
def test_targets_whose_gradient_would_be_another_are_refused(y):
    # (a - y) / n is the gradient of the cross-entropy reported only where y sums to 1.
    with pytest.raises(ValueError, match="Targets of cross-entropy must be probabilities"):
        Trainer(network(), X, y)


def test_soft_targets_are_taken_and_their_gradient_is_right():
    soft = RNG.dirichlet(np.ones(3), 20)
    Trainer(network(), X, soft).step()
    assert gradcheck.gradient_error(network(dtype="float64"), X, soft, "cross_entropy") < 1e-6


def test_targets_of_yes_or_no_are_between_them():
    net = Network((4, 3), ("sigmoid",), seed=0)
    for y in (2 * Y, Y - 1):
        with pytest.raises(ValueError, match="must be from 0 to 1"):
            Trainer(net, X, y)
    Trainer(net, X, RNG.random((20, 3))).step()
    assert BinaryCrossEntropy().refuse_targets(Y) is None
    assert MSE().refuse_targets(-9 * Y) is None


def test_losses_say_which_arrays_they_take():
    for p in (np.array([[0, 1]]), [[0.5, 0.5]], np.array([[0.5, 0.5]], "f2")):
        with pytest.raises(TypeError, match="Losses take arrays in float32 or float64"):
            CrossEntropy().value(np.array([[0.0, 1.0]]), p)


def test_a_misspelt_argument_of_fit_is_answered_with_the_right_one():
    with pytest.raises(TypeError, match=r"'lerning_rate'. Did you mean 'learning_rate'"):
        network().fit(X, Y, loss="cross_entropy", lerning_rate=0.1)
    with pytest.raises(TypeError, match="fit has no argument 'network'"):
        network().fit(X, Y, network=1)


def test_a_trainer_needs_a_network():
    with pytest.raises(TypeError, match="network must be a Network"):
        Trainer("digits", X, Y)


def test_rows_of_bytes_need_float32():
    rows = Rows(np.ones((20, 4), np.uint8), Scaler())
    with pytest.raises(ValueError, match="Rows need a network in float32"):
        Trainer(network(dtype="float64"), rows, Y)


def test_an_optimizer_of_another_network_is_refused():
    used = Adam()
    Trainer(network(), X, Y, optimizer=used).step()
    Trainer(network(), X, Y, optimizer=used).step()
    for other in (Network((4, 7, 3), ("relu", "softmax")), network(dtype="float64")):
        with pytest.raises(ValueError, match="carries the state of another network"):
            Trainer(other, X, Y, optimizer=used)


def test_an_optimizer_leaves_the_schedule_of_its_last_run_behind():
    used = SGD(0.1)
    ends = dataclasses.replace(schedules.get("cosine"), epochs=1)
    Trainer(network(), X, Y, optimizer=used, schedule=ends, batch_size=5).run(3)
    assert used.rate == 0
    run = Trainer(network(), X, Y, optimizer=used, batch_size=5)
    run.step()
    assert used.rate == 0.1
    assert np.any(run.update)


@pytest.mark.parametrize("x", [X[0], X[:, :3]])
def test_step_on_refuses_samples_that_do_not_fit(x):
    with pytest.raises(ValueError, match=r"expected \(n, 4\) and \(n, 3\)"):
        trainer().step_on(x, Y)


@pytest.mark.parametrize("early_stopping", [True, EarlyStopping, 3])
def test_early_stopping_must_be_an_instance(early_stopping):
    with pytest.raises(TypeError, match=r"instance such as EarlyStopping\(patience=10\)"):
        trainer().run(1, early_stopping=early_stopping)


@pytest.mark.parametrize("validation", [X, "ab", (X,), 3])
def test_validation_must_be_a_pair(validation):
    with pytest.raises(TypeError, match=r"validation must be a pair \(x, y\)"):
        trainer().run(1, validation=validation)


def test_early_stopping_is_for_one_network():
    watch = EarlyStopping(1)
    trainer().run(1, early_stopping=watch)
    with pytest.raises(ValueError, match="Use a new EarlyStopping for each network"):
        watch.restore_best(Network((4, 7, 3), ("relu", "softmax")))


def diverging(**options):
    net = Network((4, 5, 3), ("relu", "linear"), seed=0, dtype="float64")
    return Trainer(net, X, Y, loss="mse", rng=0, learning_rate=1e3, **options)


def test_training_that_diverges_is_said_and_leaves_the_last_finite_parameters():
    run = diverging()
    with pytest.raises(FloatingPointError, match=r"diverged in epoch \d+: loss .*than 1000"):
        run.run(200)
    assert np.isfinite(run.network.parameters).all()
    with pytest.raises(FloatingPointError, match="smaller learning rate"):
        network().fit(X * 1e30, Y, loss="cross_entropy", epochs=5)


def test_early_stopping_brings_back_the_best_of_a_run_that_diverged():
    run = diverging()
    losses = run.run(200, validation=(X, Y), early_stopping=EarlyStopping(patience=100))
    assert np.isfinite(losses[0])
    assert np.isfinite(run.network.parameters).all()


def test_finite_differences_refuse_what_training_refuses():
    net = network(dtype="float64")
    for x, y in ((X, LABELS), (X[0], Y[0]), (X, Y[:1]), (X * np.nan, Y), (X, 2 * Y)):
        with pytest.raises(ValueError, match=r"fit the network|not finite|Targets"):
            gradcheck.gradient_error(net, x, y, "cross_entropy")
    with pytest.raises(ValueError, match="step must be above 0"):
        gradcheck.gradient_error(net, X, Y, "cross_entropy", step=0)


def test_float_array_makes_no_copy_where_none_is_needed():
    assert float_array("x", X, np.float64) is X


def test_a_network_that_has_diverged_is_not_trained_on():
    net = network()
    net.parameters[3] = np.nan
    with pytest.raises(FloatingPointError, match="parameters are not finite"):
        net.fit(X, Y, loss="cross_entropy")


def test_finite_differences_need_float64():
    with pytest.raises(ValueError, match=r"parameters in float64. Received: float32"):
        gradcheck.numerical_gradient(lambda: 0.0, np.ones(3, np.float32))


@pytest.mark.parametrize("parameters", [np.zeros((2, 2)), np.array(0.0), np.zeros(2, "f4")])
def test_finite_differences_move_the_numbers_of_one_vector(parameters):
    with pytest.raises(ValueError, match=r"vector of parameters in float64. Received: "):
        gradcheck.numerical_gradient(lambda: 0.0, parameters)
    with pytest.raises(TypeError, match=r"must be an array\. Received: list"):
        gradcheck.numerical_gradient(lambda: 0.0, [0.0])
    with pytest.raises(TypeError, match=r"must be a Network\. Received: None"):
        gradcheck.gradient_error(None, X, Y, "mse")


def test_gradients_of_different_shapes_are_not_compared():
    assert gradcheck.relative_error([1.0, 0.0], [1.0, 0.0]) == 0
    with pytest.raises(ValueError, match=r"Received shapes \(3,\) and \(1,\)"):
        gradcheck.relative_error(np.ones(3), np.ones(1))


def test_a_step_on_targets_whose_gradient_would_be_another_is_refused():
    with pytest.raises(ValueError, match="Targets of cross-entropy must be probabilities"):
        trainer().step_on(X, -Y)


def test_what_is_held_is_of_its_kind():
    with pytest.raises(TypeError, match="held must be a Held"):
        trainer().held = None
