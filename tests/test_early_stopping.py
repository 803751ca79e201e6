"""When training ends early, and what it goes back to."""

import numpy as np
import pytest

from nnviz.early_stopping import EarlyStopping
from nnviz.network import Network
from nnviz.training import Trainer
from tests.samples import digits_like


def test_stops_after_patience_without_gain_and_goes_back_to_the_best():
    network, watch = Network((1, 1), ("linear",), seed=0), EarlyStopping(patience=2)
    stops = []
    for number, loss in enumerate([3.0, 2.0, 2.5, 1.5, 1.6, 1.5]):
        network.parameters[...] = number
        stops.append(watch.should_stop(loss, network))
    assert stops == [False, False, False, False, False, True]
    watch.restore_best(network)
    assert watch.best_loss == 1.5
    assert network.parameters[0] == 3


def test_a_small_gain_and_not_a_number_are_no_gain():
    network, watch = Network((1, 1), ("linear",)), EarlyStopping(patience=3, least_gain=0.1)
    assert [watch.should_stop(loss, network) for loss in (1.0, 0.95, float("nan"), 0.9)] == [
        False, False, False, True
    ]


def test_nothing_to_go_back_to():
    network = Network((1, 1), ("linear",), seed=0)
    before = network.parameters.copy()
    EarlyStopping().restore_best(network)
    np.testing.assert_array_equal(network.parameters, before)


def test_training_ends_when_the_validation_loss_rises():
    x, y = digits_like(n=30)
    network = Network((6, 60, 3), ("relu", "softmax"), seed=0)
    run = Trainer(network, x, y, batch_size=5, learning_rate=0.3, rng=0)
    other = digits_like(n=200, seed=9)
    watch = EarlyStopping(patience=5)
    history = run.run(500, validation=other, early_stopping=watch)
    assert 5 < len(history) < 500
    assert min(history) == watch.best_loss
    assert history.index(watch.best_loss) == len(history) - 6
    assert run.loss.value(other[1], network.predict(other[0])) == pytest.approx(watch.best_loss)


def test_run_returns_the_mean_loss_of_each_epoch():
    x, y = digits_like()
    network = Network((6, 3), ("softmax",), seed=0)
    run = Trainer(network, x, y, batch_size=8, learning_rate=0, rng=0)
    whole = run.loss.value(y, network.predict(x))
    assert run.run(2) == pytest.approx([whole, whole], rel=1e-6)
    assert run.run(0) == []


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match=r"patience must be.*Received: 0"):
        EarlyStopping(patience=0)
    with pytest.raises(ValueError, match=r"least_gain must be.*Received: -1"):
        EarlyStopping(least_gain=-1)
    x, y = digits_like()
    run = Trainer(Network((6, 3), ("softmax",)), x, y)
    with pytest.raises(ValueError, match=r"epochs must be.*Received: 1\.5"):
        run.run(1.5)
    with pytest.raises(ValueError, match="x of validation and y of validation do not fit"):
        run.run(1, validation=(x[:, :5], y))
    with pytest.raises(ValueError, match=r"y of validation holds values that are not finite"):
        run.run(1, validation=(x, y * np.nan))
