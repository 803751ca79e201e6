"""Pictures of a digit on paper become ink: lighting, inversion, specks, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as npst
from scipy import ndimage

from nnviz import drawing
from nnviz.drawing import InkError
from nnviz.photo import SIDE, ink_from_picture
from tests.runs.drawings import seven

PAPER, INK = 215.0, 60.0


def photo(height=600, width=450, digit=300, top=150, left=90, paper=PAPER, ink=INK):
    """A 7 on paper, slightly blurred, with noise."""
    shape = np.zeros((height, width))
    shape[top : top + digit, left : left + digit] = ndimage.zoom(
        seven(left=20, top=10, size=140, pen=10), digit / 160, order=1
    )[:digit, :digit] / 255
    soft = ndimage.gaussian_filter(np.clip(shape, 0, 1), 1.5)
    noise = np.random.default_rng(0).normal(0, 3, shape.shape)
    return np.clip(paper + soft * (ink - paper) + noise, 0, 255)


def expected():
    return ink_from_picture(photo())


def overlap(one, other):
    """Share of the ink of both that is in both."""
    a, b = one > 0.5, other > 0.5
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def test_a_photo_gives_the_shape_of_the_digit():
    found = expected()
    assert found.shape == (SIDE, SIDE)
    assert found.dtype == np.float32
    assert (found.min(), found.max()) == (0, 1)
    same = ink_from_picture(255.0 - seven(left=20, top=10, size=140, pen=10))
    assert overlap(found, same) > 0.85
    np.testing.assert_array_less(0, drawing.network_input(found, "digits").sum())


def test_chalk_on_a_board_is_read_like_ink_on_paper():
    assert overlap(ink_from_picture(255 - photo()), expected()) > 0.97


def test_a_shadow_over_half_of_the_paper_is_not_ink():
    picture = photo()
    light = np.linspace(1.0, 0.45, picture.shape[1])
    light = light * np.where(np.arange(picture.shape[1]) > 300, 0.7, 1.0)
    shaded = picture * ndimage.gaussian_filter1d(light, 12)
    assert overlap(ink_from_picture(shaded), expected()) > 0.85


def test_specks_and_the_edge_of_the_table_are_left_out():
    picture = photo()
    picture[560:] = 20
    picture[:, :12] = 30
    rng = np.random.default_rng(1)
    for row, column in rng.integers(20, 430, (25, 2)):
        picture[row : row + 3, column : column + 3] = 40
    assert overlap(ink_from_picture(picture), expected()) > 0.85


@pytest.mark.parametrize("turned", [0, 3])
def test_a_box_to_write_in_is_no_part_of_the_digit(turned):
    shape = np.zeros((600, 450))
    shape[120:480, 60:390] = 1
    shape[126:474, 66:384] = 0
    box = ndimage.rotate(shape, turned, reshape=False, order=1)
    assert overlap(ink_from_picture(photo() - 150 * box.clip(0, 1)), expected()) > 0.85


def test_a_digit_that_is_a_square_zero_stays():
    square = np.zeros((300, 300))
    square[40:260, 80:220] = 255
    square[60:240, 100:200] = 0
    assert np.count_nonzero(ink_from_picture(255 - square) > 0.5) > 1000


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_size_of_the_picture_makes_no_difference(scale):
    picture = np.kron(photo(300, 225, 150, 75, 45), np.ones((scale, scale)))
    assert overlap(ink_from_picture(picture), ink_from_picture(photo(300, 225, 150, 75, 45))) > 0.8


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_is_refused(value):
    with pytest.raises(InkError, match="No digit stands out"):
        ink_from_picture(np.full((300, 300), value))


def test_a_tiny_picture_is_refused():
    with pytest.raises(InkError, match="too small"):
        ink_from_picture(np.zeros((2, 500)))


@settings(max_examples=60, deadline=None)
@given(
    npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=90))
)
def test_any_picture_gives_ink_or_a_reason(picture):
    try:
        found = ink_from_picture(picture)
    except InkError:
        return
    assert found.shape == (SIDE, SIDE)
    assert found.min() >= 0
    assert found.max() <= 1
