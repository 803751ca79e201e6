"""Nearest samples and class averages, held against the plain way to find them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.likeness import Likeness


def samples(seed=0, count=40, features=6, classes=4):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 16, (count, features)), rng.integers(0, classes, count)


@given(st.integers(0, 1000), st.integers(1, 60))
def test_the_nearest_are_those_with_the_smallest_distance(seed, count):
    x, labels = samples(seed)
    image = np.random.default_rng(seed + 1).uniform(0, 16, 6)
    found = Likeness(x, labels, 4).nearest(image, count)
    distances = np.linalg.norm(x - image, axis=1)
    assert len(found) == min(count, len(x))
    np.testing.assert_allclose(
        [each.distance for each in found], np.sort(distances)[: len(found)], rtol=1e-4
    )
    for each in found:
        assert each.label == labels[each.row]
        assert each.distance == pytest.approx(distances[each.row], rel=1e-4)


def test_a_sample_is_nearest_to_itself_at_no_distance():
    x, labels = samples()
    (found,) = Likeness(x, labels, 4).nearest(np.float32(x[7]), 1)
    assert (found.row, found.label, found.distance) == (7, labels[7], 0)


def test_averages_are_those_of_each_class_and_zero_without_samples():
    x, labels = samples()
    averages = Likeness(x, labels, 6).averages
    for label in range(4):
        np.testing.assert_allclose(averages[label], x[labels == label].mean(axis=0), rtol=1e-5)
    assert (averages[4:] == 0).all()


def test_bytes_are_taken_as_numbers():
    x, labels = samples()
    found = Likeness(x.astype(np.uint8), labels, 4).nearest(x[3].astype(np.uint8), 2)
    assert found[0].row == 3
