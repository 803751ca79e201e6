"""The training set with copies: made when wanted, the same for every run and process."""

import numpy as np
import pytest

from nnviz import data
from nnviz.augmentation import WARPS
from nnviz.data import copies
from nnviz.data.copies import CopiedRows
from nnviz.rows import Scaler
from nnviz.runs.run import Run
from nnviz.settings import RunConfig, SettingError, augment_choices

UNIT = Scaler(divisor=np.float32(16))


@pytest.fixture(scope="module")
def images():
    return data.load("digits").x[:40]


def rows_of(images):
    return CopiedRows(images, (8, 8), UNIT, "test")


def test_images_come_first_and_each_then_has_its_copies(images):
    rows = rows_of(images)
    assert rows.shape == (40 * (1 + WARPS[8, 8].copies), 64)
    assert len(rows) == len(rows[:])
    np.testing.assert_array_equal(rows[:40], images / 16)
    everything = rows[:]
    assert everything.dtype == np.float32
    assert (everything.min(), everything.max()) == (0, 1)
    # Copies of an image are more like it than like the next one, on the whole.
    for copy in range(1, 1 + WARPS[8, 8].copies):
        made = everything[40 * copy : 40 * (copy + 1)]
        own, next_ = (np.abs(made - np.roll(everything[:40], k, axis=0)).mean() for k in (0, 1))
        assert own < 0.8 * next_


def test_the_same_rows_in_any_order_and_again(images):
    expected = rows_of(images)[:]
    rows = rows_of(images)
    order = np.random.default_rng(3).permutation(len(rows))
    for start in range(0, len(rows), 50):
        np.testing.assert_array_equal(rows.take(order[start : start + 50]),
                                      expected[order[start : start + 50]])
    np.testing.assert_array_equal(rows[:], expected)
    np.testing.assert_array_equal(rows[77], expected[77])
    out = np.empty((2, 64), np.float32)
    assert rows.take(np.array([500, 3]), out=out) is out
    np.testing.assert_array_equal(out, expected[[500, 3]])


def test_many_copies_are_shared_in_a_file_and_torn_ones_made_again(
    images, monkeypatch, tmp_path
):
    expected = rows_of(images)[:]
    monkeypatch.setattr(copies, "_SMALL", 0)
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    first = rows_of(images)
    np.testing.assert_array_equal(first[:], expected)
    (path,) = (tmp_path / "unpacked").iterdir()
    # Another process finds them there, and makes anew what was not written whole.
    first._copies[5, 20] += 1
    first._copies[9] = 0
    calls = []
    copy = copies.augmentation.copy
    monkeypatch.setattr(
        copies.augmentation, "copy", lambda *args: calls.append(len(args[0])) or copy(*args)
    )
    np.testing.assert_array_equal(rows_of(images)[:], expected)
    assert calls == [2]
    # Files of other copies of the data set make room.
    old = path.with_name("test-0123456789abcdef.copies")
    old.write_bytes(b"")
    rows_of(images)
    assert not old.exists()


def test_a_folder_that_cannot_be_written_is_done_without(images, monkeypatch, tmp_path):
    monkeypatch.setattr(copies, "_SMALL", 0)
    (tmp_path / "unpacked").write_text("in the way")
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    rows = rows_of(images)
    assert rows[len(images) + 1].any()


def test_a_split_with_copies_draws_from_them_and_is_measured_without():
    plain = data.load_split("digits", 0.2, "standard")
    split = data.load_split("digits", 0.2, "standard", "warped")
    assert split.measured_training[0] is plain.measured_training[0]
    x, y, labels = split.drawn_from
    n = len(plain.training[0])
    assert len(x) == len(y) == len(labels) == n * (1 + WARPS[8, 8].copies)
    np.testing.assert_allclose(x[:n], plain.training[0])
    np.testing.assert_array_equal(y[3 * n : 4 * n], plain.training[1])
    np.testing.assert_array_equal(labels[-n:], plain.training[2])
    np.testing.assert_array_equal(y.argmax(axis=1), labels)


def test_a_run_with_copies_repeats_bit_for_bit():
    config = RunConfig(augment="warped", hidden=((8, "relu"),))
    ends = []
    for steps in (1, 7):
        run = Run(config)
        while run.trainer.step_count < 28:
            for _ in range(steps):
                run.act("step")
        ends.append(run.network.parameters.copy())
        assert run.trainer.epoch == pytest.approx(28 * 32 / len(run.trainer.x))
    np.testing.assert_array_equal(*ends)


@pytest.mark.parametrize("dataset", ["xor", "fashion-mnist"])
def test_copies_of_other_data_are_refused(dataset):
    assert list(augment_choices(dataset)) == ["none"]
    with pytest.raises(SettingError, match="handwritten digits alone"):
        RunConfig(dataset=dataset, augment="warped", output="sigmoid", batch_size=4)


def test_copies_are_made_in_parts(images):
    expected = rows_of(images)[:]
    rows = rows_of(images)
    wanted = np.arange(0, len(rows), 3)
    parts = 1
    while not rows.make_some(wanted):
        parts += 1
    assert parts == -(-np.count_nonzero(wanted >= 40) // copies._PART)
    assert rows.make_some(wanted)
    assert not rows.is_complete
    np.testing.assert_array_equal(rows.take(wanted), expected[wanted])
    rows.make_all()
    assert rows.is_complete
    np.testing.assert_array_equal(rows[:], expected)


def test_a_slice_ends_where_the_next_mini_batch_is_not_ready_in_time(images, monkeypatch):
    config = RunConfig(augment="warped", hidden=((8, "relu"),), batch_size=512)
    run, stepped = Run(config), Run(config)
    rows = CopiedRows(run.split.training[0] * 16, (8, 8), UNIT, "test")
    monkeypatch.setattr(run.trainer, "x", rows)
    run.act("speed", 1)
    run.act("run", True)
    versions = []
    while not run.trainer.step_count:
        versions.append(run.version)
        assert run.due_in() == 0
        run.advance(0.0)  # one part a slice
    assert len(versions) > 10
    assert len(set(versions)) == 1  # nothing to be shown before
    stepped.act("step")
    np.testing.assert_array_equal(run.network.parameters, stepped.network.parameters)
