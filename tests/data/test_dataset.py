"""Data sets, their split and their scaling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import data
from nnviz.data import DATASETS, SCALINGS, Dataset
from nnviz.data.families import FAMILIES


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


def small(samples, features=2, classes=3):
    """A data set whose rows are all different: row i holds 2i and 2i + 1."""
    x = np.arange(samples * features, dtype=np.float32).reshape(samples, features)
    labels = np.arange(samples) % classes
    return Dataset("small", "Small", "Counted.", x, labels, ("a", "b", "c"), float(x.max() or 1))


@pytest.mark.parametrize(
    "source", [source for source in DATASETS.values() if source.id not in FAMILIES],
    ids=lambda source: source.id,
)
def test_the_table_tells_the_truth_about_each_data_set(source):
    dataset = data.load(source.id)
    assert dataset.id == source.id
    assert dataset.x.shape[1] == source.features
    assert source.own_split or len(dataset.x) == source.samples
    assert dataset.x.dtype == np.float32
    assert len(dataset.classes) == source.classes
    assert set(dataset.labels) == set(range(source.classes))
    assert (dataset.x.min(), dataset.x.max()) == (0, dataset.maximum)
    assert dataset.image_shape is None or int(np.prod(dataset.image_shape)) == source.features
    assert dataset.targets(slice(0, 3)).shape == (3, source.outputs)
    assert len(dataset.output_names) == source.outputs
    for share in (0.2, 0.5):
        split = data.split(dataset, share, "unit")
        assert len(split.training[0]) == source.training_samples(share)
    if source.own_split:
        assert source.own_split() == (len(split.training[0]), len(split.test[0]))


def test_the_digits_look_like_what_they_are(digits):
    # Both have their ink in the middle rows; only the zero has a hole in the centre.
    zero, one = (digits.x[digits.labels == label].mean(axis=0).reshape(8, 8) for label in (0, 1))
    assert zero[3:5, 3:5].max() < 4 < 10 < one[3:5, 3:5].min()


def test_a_data_set_is_loaded_once_and_read_only(digits):
    assert data.load("digits") is digits
    with pytest.raises(ValueError, match="read-only"):
        digits.x[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        digits.labels[0] = 1


def test_one_hot_has_its_1_at_the_class(digits):
    targets = digits.targets(slice(None))
    assert targets.shape == (1797, 10)
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets.sum(axis=1), 1)
    np.testing.assert_array_equal(targets.argmax(axis=1), digits.labels)


@settings(max_examples=50)
@given(st.integers(2, 60), st.floats(0.001, 0.999))
def test_every_sample_is_on_exactly_one_side(samples, share):
    dataset = small(samples)
    split = data.split(dataset, share, "none")
    sides = (split.training, split.test)
    assert all(len(x) >= 1 for x, _, _ in sides)
    assert len(split.test[0]) == min(max(round(samples * share), 1), samples - 1)
    rows = np.concatenate([x for x, _, _ in sides])
    np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])], dataset.x)
    for x, y, labels in sides:
        # Rows, targets and labels still belong together.
        np.testing.assert_array_equal(labels, (x[:, 0] / 2).astype(int) % 3)
        np.testing.assert_array_equal(y.argmax(axis=1), labels)


def test_the_split_is_random_and_always_the_same(digits):
    first, second = (data.split(digits, 0.2, "unit") for _ in range(2))
    np.testing.assert_array_equal(first.test[0], second.test[0])
    assert len(set(first.test[2][:50])) > 5
    assert not np.array_equal(first.test[0][:50], digits.x[:50] / 16)


def test_every_scaling_gives_what_its_label_says(digits):
    parts = {scaling: data.split(digits, 0.2, scaling).training[0] for scaling in SCALINGS}
    assert all(x.dtype == np.float32 for x in parts.values())
    assert (parts["none"].min(), parts["none"].max()) == (0, 16)
    np.testing.assert_allclose(parts["unit"], parts["none"] / 16)
    varies = parts["none"].std(axis=0) > 0
    np.testing.assert_allclose(parts["standard"].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(parts["standard"][:, varies].std(axis=0), 1, rtol=1e-3)
    assert not varies.all()
    assert np.isfinite(parts["standard"]).all()


def test_the_scale_is_learned_from_the_training_samples_alone(digits):
    raw, scaled = (data.split(digits, 0.5, scaling) for scaling in ("none", "standard"))
    mean, deviation = raw.training[0].mean(axis=0), raw.training[0].std(axis=0)
    expected = (raw.test[0] - mean) / np.where(deviation > 0, deviation, 1)
    np.testing.assert_allclose(scaled.test[0], expected, rtol=1e-4, atol=1e-5)
    assert np.abs(scaled.test[0].mean(axis=0)).max() > 0.01


@pytest.mark.parametrize("dataset_id", ["digit", None, ["digits"]])
def test_an_unknown_data_set_is_refused_with_those_there_are(dataset_id):
    with pytest.raises(data.DataError, match=r"Unknown data set.*Choose one of: .*digits"):
        data.load(dataset_id)
