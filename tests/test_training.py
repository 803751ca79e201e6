"""Steps, epochs, replay and refusals of the trainer."""

import copy
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnviz.evaluation import Evaluator
from nnviz.network import Network
from nnviz.random import random_state, set_random_state
from nnviz.training import Trainer
from tests.samples import digits_like

ROOT = Path(__file__).resolve().parent.parent
X, Y = digits_like()


def trainer(seed=1, **choices):
    """A trainer on the 50 samples; batches of 8 leave a last batch of 2."""
    network = Network((6, 5, 3), ("relu", "softmax"), seed=seed)
    return Trainer(network, X, Y, **{"batch_size": 8, "rng": 7, **choices})


def steps(run, count):
    """The losses and the parameters after some steps."""
    losses = [run.step() for _ in range(count)]
    return losses, run.network.parameters.copy()


def test_one_step_by_hand():
    run = trainer(batch_size=50, learning_rate=0.5)
    network, before = run.network, run.network.parameters.copy()
    forward = network.forward(X)
    expected_loss = run.loss.value(Y, forward.a[-1])
    gradient = network.backward(forward, Y, run.loss).vector
    assert run.step() == pytest.approx(expected_loss, rel=1e-6)
    np.testing.assert_allclose(run.gradients.vector, gradient, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(network.parameters, before - 0.5 * gradient, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(
        run.update, network.parameters - before, rtol=1e-3, atol=1e-7
    )


def test_descent_without_gradients_written_down_takes_the_same_steps():
    plain = trainer(learning_rate=0.5, schedule="exponential")
    written = trainer(learning_rate=0.5, schedule="exponential", clip_norm=1e6)
    for _ in range(20):
        assert plain.step() == pytest.approx(written.step(), rel=1e-4)
        if plain.step_count % 3 == 0:  # asked for now and then, as a page does
            np.testing.assert_allclose(
                plain.gradients.vector, written.gradients.vector, rtol=1e-3, atol=1e-6
            )
            np.testing.assert_allclose(plain.update, written.update, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        plain.network.parameters, written.network.parameters, rtol=1e-3, atol=1e-6
    )
    assert plain.optimizer.step_count == written.optimizer.step_count == 20


def test_gradients_and_update_are_known_from_the_first_step_until_a_restore():
    run = trainer()
    beginning = run.state()
    assert not run.has_stepped
    assert run.update is None
    run.step()
    assert run.has_stepped
    assert run.gradients.vector.any()
    run.restore(beginning)
    assert not run.has_stepped
    assert run.update is None
    assert not run.gradients.vector.any()


def test_reading_the_gradients_changes_no_step():
    read, unread = trainer(), trainer()
    for _ in range(10):
        read.step()
        assert read.gradients.vector.any()
        unread.step()
    np.testing.assert_array_equal(read.network.parameters, unread.network.parameters)


def test_the_loss_falls_and_the_samples_are_learnt():
    run = trainer(learning_rate=0.5)
    first = run.step()
    for _ in range(60):
        run.run_epoch()
    assert run.batch_loss < first / 4


def test_ten_single_steps_equal_one_run_of_ten():
    one, many = trainer(), trainer()
    single = []
    for _ in range(10):
        single += steps(one, 1)[0]
    together, parameters = steps(many, 10)
    assert single == together
    np.testing.assert_array_equal(one.network.parameters, parameters)


def test_epochs_equal_the_same_number_of_steps():
    one, many = trainer(), trainer()
    steps(one, 14)
    many.run_epoch()
    many.run_epoch()
    np.testing.assert_array_equal(one.network.parameters, many.network.parameters)
    assert (one.step_count, one.samples_seen, one.epoch) == (14, 100, 2.0)
    assert (many.step_count, many.samples_seen, many.epoch) == (14, 100, 2.0)


def test_an_epoch_begun_is_finished_by_run_epoch():
    run = trainer()
    steps(run, 3)
    assert run.epoch == pytest.approx(24 / 50)
    run.run_epoch()
    assert (run.epoch, run.step_count) == (1.0, 7)


TRAIN_AND_PRINT = """
from hashlib import sha256
from nnviz import Network, Trainer
from tests.samples import digits_like
network = Network((6, 40, 30, 3), ("tanh", "gelu", "softmax"), seed=1)
run = Trainer(network, *digits_like(), batch_size=8, optimizer="adam", dropout=0.2, rng=2)
run.run(5)
print(sha256(network.parameters.tobytes()).hexdigest())
"""


def test_another_process_trains_the_same_weights():
    one, two = (
        subprocess.run(
            [sys.executable, "-c", TRAIN_AND_PRINT], cwd=ROOT, capture_output=True, text=True,
            check=True,
        ).stdout
        for _ in range(2)
    )
    assert one == two != ""


def test_looking_does_not_change_training():
    watched, alone = trainer(), trainer()
    evaluate = Evaluator(
        watched.network, watched.loss, (X, Y, Y.argmax(axis=1)), (X, Y, Y.argmax(axis=1))
    )
    for _ in range(10):
        watched.step()
        evaluate()
        watched.network.predict(X[0])
        watched.state()
        alone.step()
    np.testing.assert_array_equal(watched.network.parameters, alone.network.parameters)


def seen_in_an_epoch(run):
    """Rows of X that the batches of one epoch hold, in order; read from the layer's input."""
    rows = []
    forward = run.network.forward

    def spy(x, into=None):
        rows.extend(int(np.flatnonzero((row == X).all(axis=1))[0]) for row in x)
        return forward(x, into=into)

    run.network.forward = spy
    run.run_epoch()
    run.network.forward = forward
    return rows


def test_each_epoch_holds_every_sample_once_in_a_new_order():
    run = trainer()
    first, second = seen_in_an_epoch(run), seen_in_an_epoch(run)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second != list(range(50))


def test_without_shuffling_the_samples_keep_their_order():
    run = trainer(shuffle=False)
    assert seen_in_an_epoch(run) == seen_in_an_epoch(run) == list(range(50))


def test_the_partial_last_batch_counts_with_its_own_size():
    run = trainer(learning_rate=1.0)
    steps(run, 6)
    before = run.network.parameters.copy()
    order = np.random.RandomState(7).permutation(50)
    forward = run.network.forward(X[order[48:]])
    gradient = run.network.backward(forward, Y[order[48:]], run.loss).vector
    assert run.step() == pytest.approx(run.loss.value(Y[order[48:]], forward.a[-1]), rel=1e-6)
    np.testing.assert_allclose(run.network.parameters, before - gradient, rtol=1e-4, atol=1e-7)
    assert run.samples_seen == 50


@pytest.mark.parametrize("taken", [0, 1, 3, 6, 7, 10])
@pytest.mark.parametrize("legacy", [False, True])
def test_state_replays_bit_for_bit(taken, legacy):
    run = trainer(rng=7 if legacy else np.random.default_rng(7))
    steps(run, taken)
    state = run.state()
    first = steps(run, 12)
    run.restore(state)
    assert (run.step_count, run.epoch) == (taken, (taken // 7) + (taken % 7) * 8 / 50)
    second = steps(run, 12)
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])


def test_a_state_starts_another_trainer_where_the_first_one_was():
    one = trainer(learning_rate=0.3)
    steps(one, 9)
    other = trainer(seed=99, rng=99)
    other.restore(one.state())
    first, second = steps(one, 12), steps(other, 12)
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])
    assert other.optimizer.learning_rate == 0.3


def test_a_state_is_a_copy():
    run = trainer(rng=np.random.default_rng(7))
    state = run.state()
    kept = copy.deepcopy(state)
    steps(run, 5)
    np.testing.assert_array_equal(state["parameters"], kept["parameters"])
    assert state["rng"] == kept["rng"]


def test_batch_size_and_learning_rate_change_in_mid_epoch_and_replay():
    run = trainer()
    steps(run, 2)
    state = run.state()

    def change_and_go():
        first = steps(run, 1)[0]
        run.batch_size = 16
        run.optimizer.learning_rate = 0.02
        return first + steps(run, 9)[0], run.network.parameters.copy(), run.samples_seen

    first = change_and_go()
    run.restore(state)
    assert run.batch_size == 8
    assert run.optimizer.learning_rate == 0.1
    second = change_and_go()
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])
    # 24 of 50 seen, then 16 + 10 end the epoch, then 16 + 16 + 16 + 2, then three of 16.
    assert first[2] == second[2] == 148


def test_every_sample_is_seen_once_though_the_batch_size_changes():
    run = trainer()
    order = np.random.RandomState(7).permutation(50)
    steps(run, 2)
    run.batch_size = 20
    assert seen_in_an_epoch(run) == list(order[16:])


def test_a_batch_size_above_n_means_n():
    run = trainer(batch_size=1000)
    assert run.batch_size == 50
    run.run_epoch()
    assert run.step_count == 1


@pytest.mark.parametrize("size", [0, -1, 2.5, "8", True])
def test_an_impossible_batch_size_is_refused_and_the_old_one_kept(size):
    message = f"batch_size must be a whole number of 1 or more. Received: {size!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        trainer(batch_size=size)
    run = trainer()
    with pytest.raises(ValueError, match="batch_size"):
        run.batch_size = size
    assert run.batch_size == 8


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "fast"])
def test_an_impossible_learning_rate_is_refused(rate):
    with pytest.raises(ValueError, match=re.escape(f"Received: {rate!r}")):
        trainer(learning_rate=rate)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((5, 6)), np.zeros((4, 3))),
        (np.zeros((5, 7)), np.zeros((5, 3))),
        (np.zeros((5, 6)), np.zeros((5, 2))),
        (np.zeros((0, 6)), np.zeros((0, 3))),
        (np.zeros(6), np.zeros((1, 3))),
        (np.zeros((5, 6)), np.zeros(5)),
    ],
)
def test_data_that_do_not_fit_are_refused_with_their_shapes(x, y):
    message = f"Received shapes {x.shape} and {y.shape}; expected (n, 6) and (n, 3)"
    with pytest.raises(ValueError, match=re.escape(message)):
        Trainer(Network((6, 3), ("softmax",)), x, y)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_data_that_are_not_finite_are_refused(bad):
    x = X.copy()
    x[3, 2] = bad
    with pytest.raises(ValueError, match=r"not finite.*row 3"):
        Trainer(Network((6, 3), ("softmax",)), x, Y)
    y = Y.copy()
    y[4, 0] = bad
    with pytest.raises(ValueError, match=r"not finite.*row 4"):
        Trainer(Network((6, 3), ("softmax",)), X, y)


def test_the_data_given_are_not_changed():
    x, y = X.copy(), Y.copy()
    run = Trainer(Network((6, 3), ("softmax",), seed=0), x, y, rng=0)
    run.run_epoch()
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)


def test_batch_loss_before_the_first_step_is_nan():
    assert math.isnan(trainer().batch_loss)


@pytest.mark.parametrize("rng", [np.random.default_rng(1), np.random.RandomState(1)])
def test_random_state_round_trip(rng):
    rng.standard_normal(3)
    state = random_state(rng)
    first = rng.permutation(20)
    set_random_state(rng, state)
    np.testing.assert_array_equal(rng.permutation(20), first)


def test_evaluation():
    run = trainer()
    labels = Y.argmax(axis=1)
    evaluation = Evaluator(run.network, run.loss, (X, Y, labels), (X[:9], Y[:9], labels[:9]))()
    y_pred = run.network.predict(X)
    assert evaluation.training_loss == pytest.approx(run.loss.value(Y, y_pred), rel=1e-6)
    assert evaluation.test_loss == pytest.approx(run.loss.value(Y[:9], y_pred[:9]), rel=1e-6)
    assert evaluation.training_accuracy == np.mean(y_pred.argmax(axis=1) == labels)
    assert evaluation.confusion.sum() == 9
    assert np.trace(evaluation.confusion) / 9 == pytest.approx(evaluation.test_accuracy)
    assert evaluation.is_finite()
    np.testing.assert_allclose(evaluation.training_pass.a[-1], y_pred, rtol=1e-5)
    run.network.parameters[...] = np.nan
    with np.errstate(invalid="ignore"):
        broken = Evaluator(run.network, run.loss, (X, Y, labels), (X, Y, labels))()
    assert not broken.is_finite()
