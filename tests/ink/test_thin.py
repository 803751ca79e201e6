"""Thin strokes: how thick they are, and that they become thick enough to be seen when small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.ink.thin import THINNEST, thickened, thickness_of


def bar(height, width, around=20):
    return np.pad(np.ones((height, width), bool), around)


def ring(radius, thickness):
    row, column = np.mgrid[-150:150, -150:150] + 0.5
    return abs(np.hypot(row, column) - radius) <= thickness / 2


@given(st.integers(1, 10))
def test_the_thickness_of_a_stroke(thickness):
    assert thickness_of(ring(100, thickness)) == pytest.approx(thickness, rel=0.1, abs=0.3)
    # Along the pixels the outline is longer than its steps times pi / 4.
    assert thickness_of(bar(thickness, 200)) == pytest.approx(4 / np.pi * thickness, rel=0.1)


@pytest.mark.parametrize("is_cropped", [True, False])
def test_thin_strokes_become_thick_enough_and_others_stay(is_cropped):
    grown = thickened(ring(100, 2), is_cropped)
    inked = np.flatnonzero(grown.any(axis=0))
    assert thickness_of(grown) / (np.ptp(inked) + 1) == pytest.approx(THINNEST, rel=0.15)
    usual = ring(100, 20)
    assert thickened(usual, is_cropped) is usual


def test_an_array_cut_to_its_ink_is_enlarged_with_it():
    line = np.ones((100, 1), bool)
    assert thickened(line, is_cropped=False).shape == line.shape
    grown = thickened(line, is_cropped=True)
    assert min(np.ptp(np.flatnonzero(grown.any(axis=axis))) for axis in (0, 1)) >= 6
