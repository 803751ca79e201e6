"""Small pictures, read back by Pillow, which Streamlit brings."""

import io

import numpy as np
import pytest
from PIL import Image

from nnviz.export import png


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (1, 5)])
def test_the_largest_value_is_black_as_ink(shape):
    values = np.random.default_rng(0).uniform(0, 16, shape)
    with Image.open(io.BytesIO(png.grey(values))) as picture:
        levels = np.asarray(picture, float)
    assert levels.shape == shape
    assert levels.flat[values.argmax()] == 0
    assert levels.flat[values.argmin()] == 255
    expected = 255 * (values.max() - values) / (values.max() - values.min())
    assert np.abs(levels - expected).max() <= 0.5


def test_an_even_picture_is_white():
    with Image.open(io.BytesIO(png.grey(np.full((2, 2), 3.0)))) as picture:
        assert np.asarray(picture).tolist() == [[255, 255], [255, 255]]
