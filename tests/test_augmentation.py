"""Warped copies: of the right kind, the same every time, and worth having."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz import augmentation, data
from nnviz.augmentation import WARPS, Draws
from nnviz.ink import TARGETS


def strokes(shape, count, seed=0):
    """Images with a bar and a bow, in the units of the data set of that shape."""
    rng = np.random.default_rng(seed)
    target = augmentation.target_of(shape)
    drawings = np.zeros((count, 60, 60), bool)
    for drawing in drawings:
        left, top = rng.integers(5, 25, 2)
        drawing[top : top + 30, left : left + 5] = True
        drawing[top + rng.integers(0, 20) :][:5, left : left + 25] = True
    return np.rint(target.fit(drawings)[1])


@pytest.mark.parametrize("shape", WARPS, ids=str)
def test_copies_are_images_like_the_original_and_differ_from_it(shape):
    target, images = augmentation.target_of(shape), strokes(shape, 40)
    made = augmentation.copy(images, target, Draws(WARPS[shape], 40, np.random.default_rng(0)))
    assert (made.shape, made.dtype) == (images.shape, np.uint8)
    assert made.max() <= target.maximum
    same, other = (
        np.abs(made - np.roll(images, turn, axis=0)).mean() / images.mean() for turn in (0, 7)
    )
    assert 0.1 < same < 0.8 * other
    # Much the same ink, though bent.
    assert 0.6 < made.sum() / images.sum() < 1.7


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(WARPS)), st.lists(st.integers(0, 39), min_size=1, max_size=40)
)
def test_a_copy_depends_on_its_own_number_alone(shape, chosen):
    target, images = augmentation.target_of(shape), strokes(shape, 40)
    draws = Draws(WARPS[shape], 40, np.random.default_rng(1))
    everything = augmentation.copy(images, target, draws)
    chosen = np.array(chosen)
    some = augmentation.copy(images[chosen], target, draws.of(chosen))
    np.testing.assert_array_equal(some, everything[chosen])


@pytest.mark.parametrize("shape", WARPS, ids=str)
def test_without_any_warp_a_copy_is_what_a_drawing_of_the_image_would_be(shape):
    target, images = augmentation.target_of(shape), strokes(shape, 20)
    draws = Draws(WARPS[shape], 20, np.random.default_rng(0))
    for name, value in (("angle", 0), ("shear", 0), ("factors", 1), ("bend", 0), ("level", 0.5)):
        getattr(draws, name)[...] = value
    made = augmentation.copy(images, target, draws).astype(float)
    own, other = (np.abs(made - np.roll(images, k, axis=0)).mean() for k in (0, 1))
    # Thick bars at first: evening out their strokes twice takes more than once.
    assert own < min(0.5 * images.mean(), 0.5 * other)


@pytest.mark.parametrize("shape", WARPS, ids=str)
@pytest.mark.parametrize("grey", [0, 1])
def test_an_image_without_a_stroke_gives_a_copy_all_the_same(shape, grey):
    target = augmentation.target_of(shape)
    images = np.full((3, shape[0] * shape[1]), grey * target.maximum)
    made = augmentation.copy(images, target, Draws(WARPS[shape], 3, np.random.default_rng(0)))
    assert made.any(axis=1).all()


def test_only_digits_and_mnist_have_copies():
    assert {id for id, source in data.DATASETS.items() if source.has_copies} == {"digits", "mnist"}
    assert set(WARPS) == {target.shape for target in TARGETS.values()}
    assert augmentation.target_of((9, 9)) is None
