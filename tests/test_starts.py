"""The ready-made runs: each is valid, and those on XOR learn it."""

import numpy as np
import pytest

from nnviz.runs.frame import frame
from nnviz.runs.preview import first_signals
from nnviz.runs.run import Run
from nnviz.runs.wire import unpack
from nnviz.settings import RunConfig, SettingError
from nnviz.starts import STARTS
from nnviz.timing import SPEEDS
from tests.runs.samples import train_to_the_end

XOR = [start for start in STARTS.values() if start.config.dataset == "xor"]


@pytest.mark.parametrize("start", STARTS.values(), ids=lambda start: start.id)
def test_a_label_names_the_layers(start):
    assert start.label.endswith("-".join(map(str, start.config.layer_sizes)))
    assert start.about
    assert start.speed in SPEEDS


@pytest.mark.parametrize("start", XOR, ids=lambda start: start.id)
def test_xor_is_learned(start):
    run = Run(start.config)
    run.act("stops", {"epochs": 1000})
    run.act("run", True)
    train_to_the_end(run)
    y_pred = run.network.predict([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert y_pred.shape == (4, 1)
    np.testing.assert_allclose(y_pred[:, 0], [0, 1, 1, 0], atol=0.1)


@pytest.mark.parametrize("start", XOR, ids=lambda start: start.id)
def test_one_output_is_judged_at_a_half(start):
    run = Run(start.config)
    for step in (0, 1, 400):
        while run.trainer.step_count < step:
            run.act("step")
        meta, arrays = unpack(frame(run))
        answers = (run.network.predict(run.dataset.x)[:, 0] > 0.5).astype(int)
        truth = np.array([0, 1, 1, 0])
        assert meta["metrics"]["training_accuracy"] == np.mean(answers == truth)
        assert meta["metrics"]["test_accuracy"] == meta["metrics"]["training_accuracy"]
        expected = [[sum((truth == t) & (answers == a)) for a in (0, 1)] for t in (0, 1)]
        np.testing.assert_array_equal(arrays["confusion"], expected)
        assert meta["layers"][0]["image_shape"] is None
    assert meta["metrics"]["test_accuracy"] == 1


def test_training_stops_where_xor_is_answered():
    run = Run(STARTS["xor-2-3-1"].config)
    run.act("stops", {"accuracy": 1.0})
    run.act("run", True)
    train_to_the_end(run)
    assert run.state == "stopped"
    assert run.evaluate().test_accuracy == 1


@pytest.mark.parametrize("batch_size", [1, 2, 3, 4])
def test_any_batch_of_four_samples_trains(batch_size):
    run = Run(STARTS["xor-2-2-1"].config.changed(batch_size=batch_size))
    run.act("epoch")
    train_to_the_end(run)
    assert run.trainer.samples_seen == 4
    assert run.trainer.step_count == -(-4 // batch_size)


def test_a_softmax_over_one_output_is_refused():
    with pytest.raises(SettingError, match=r"always 1.*Give one of: sigmoid."):
        RunConfig(dataset="xor", batch_size=4)
    with pytest.raises(SettingError, match=r"there are 4 training samples. Give 1 to 4"):
        RunConfig(dataset="xor", output="sigmoid", batch_size=5)


def test_the_first_signals_of_four_samples():
    layers = first_signals(STARTS["xor-2-3-1"].config)
    assert len(layers) == 2
    assert all(np.isfinite(list(layer.values())).all() for layer in layers)
