"""A run on many samples: measured on a fixed sample while it trains, on all of them at rest."""

import numpy as np
import pytest

from nnviz.runs import checkpoint
from nnviz.runs.frame import frame
from nnviz.runs.questions import answer
from nnviz.runs.run import Run
from nnviz.runs.wire import unpack
from nnviz.settings import RunConfig
from tests.data import image_files

CONFIG = RunConfig(dataset="mnist", hidden=((16, "relu"),), batch_size=50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with more images than are measured while a run trains."""
    place = tmp_path_factory.mktemp("whole")
    image_files.write(place / "mnist", training=2600, test=2200)
    return place


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(folder))
    return Run(CONFIG, "run")


def meta_of(run):
    return unpack(frame(run))[0]


def rest(run, slices=1000):
    """Let a run at rest finish what it has to do."""
    for _ in range(slices):
        if run.due_in() is None:
            return run
        run.advance(0.003)
    raise AssertionError("It does not come to rest.")


def figures_of_all(run):
    """Loss and accuracy over every sample, by another way."""
    found = []
    for x, y, labels in (run.split.training, run.split.test):
        y_pred = run.network.predict(x[:])
        found.append((run.trainer.loss.value(y, y_pred), np.mean(y_pred.argmax(axis=1) == labels)))
    (training_loss, training_accuracy), (test_loss, test_accuracy) = found
    return training_loss, test_loss, training_accuracy, test_accuracy


def test_a_run_in_training_is_measured_on_the_fixed_sample(run):
    run.act("run", True)
    run.advance(0.02)
    meta = meta_of(run)
    assert meta["is_sampled"]
    assert (meta["measured_training"], meta["measured_test"]) == (1000, 2000)
    assert (meta["training_samples"], meta["test_samples"]) == (2600, 2200)
    x, _, labels = run.split.measured_test
    right = np.mean(run.network.predict(x).argmax(axis=1) == labels)
    assert meta["metrics"]["test_accuracy"] == pytest.approx(right)
    assert run.jobs == {}


def test_a_run_at_rest_is_measured_on_all_samples(run):
    run.act("run", True)
    run.advance(0.02)
    run.act("run", False)
    sampled = meta_of(run)
    assert sampled["measured_test"] == 2000
    version, slices = run.version, 0
    while run.due_in() == 0:
        assert run.version == version  # no frames for nothing
        run.advance(0.0001)
        slices += 1
    assert slices > 1
    assert run.version > version
    meta, arrays = unpack(frame(run))
    assert (meta["measured_training"], meta["measured_test"]) == (2600, 2200)
    np.testing.assert_allclose(list(meta["metrics"].values()), figures_of_all(run), rtol=1e-5)
    assert arrays["confusion"].sum() == 2200
    # The charts go on with the sample they began with.
    np.testing.assert_allclose(
        arrays["history"][-1, 1:], list(sampled["metrics"].values()), rtol=1e-12
    )
    assert run.due_in() is None


def test_training_goes_on_without_waiting_for_it(run):
    run.act("step")
    run.evaluate()
    run.advance(0.0001)
    assert "whole" in run.jobs
    run.act("run", True)
    run.advance(0.01)
    assert run.trainer.step_count > 1
    assert run.jobs == {}
    assert meta_of(run)["measured_test"] == 2000


def test_another_step_is_measured_anew(run):
    run.act("step")
    run.evaluate()
    rest(run)
    first = meta_of(run)
    run.act("step")
    assert meta_of(run)["measured_test"] == 2000
    rest(run)
    second = meta_of(run)
    assert second["measured_test"] == 2200
    assert second["metrics"] != first["metrics"]
    np.testing.assert_allclose(list(second["metrics"].values()), figures_of_all(run), rtol=1e-5)
    run.act("back")
    rest_of_first = meta_of(rest(run))
    assert rest_of_first["step"] == 1


def test_an_epoch_goes_through_all_samples_and_a_saved_run_goes_on(run):
    run.act("epoch")
    while run.state == "running":
        run.advance(0.01)
    assert (run.trainer.samples_seen, run.trainer.step_count) == (2600, 52)
    assert run.evaluate().test_accuracy > 0.5
    loaded = checkpoint.load("run", checkpoint.save(run))
    for each in (run, loaded):
        each.act("step")
    np.testing.assert_array_equal(loaded.network.parameters, run.network.parameters)


def test_runs_share_the_images(run):
    other = Run(CONFIG.changed(seed=5), "other")
    assert other.split is run.split
    assert other.dataset.x is run.dataset.x
    assert other.trainer.x.raw.base is not None
    assert np.shares_memory(other.trainer.x.raw, run.dataset.x)
    # What they are measured on, too: the room of an evaluator holds no inputs of its own.
    shown = [each.evaluate().training_pass.a[0] for each in (run, other)]
    assert np.shares_memory(*shown)
    np.testing.assert_array_equal(shown[0], run.split.measured_training[0][: len(shown[0])])


def test_what_a_page_waits_for_comes_before_measuring_all_samples(run):
    run.evaluate()
    measuring = run.jobs["whole"]
    answer(run, "landscape", {"view": "gradient", "begin": True})
    while not isinstance(answer(run, "landscape", {"view": "gradient"}), bytes):
        run.advance(0.003)
    assert measuring.progress == 0
    rest(run)
    assert meta_of(run)["measured_training"] == 2600
