"""What the page of one step says of training with a mistake."""

import math

import pytest

from nnviz.ui.inside.check import how_both_ended


@pytest.mark.parametrize(("blew_up", "right", "wrong", "said"), [
    ((None, None), 0.97, 0.912, "91.2% of 1,000 test samples right, against 97.0% with the right"),
    ((None, 1234), 0.97, math.nan, "it blew up at step 1,234; with the right code 97.0%"),
    ((40, None), math.nan, 0.5, "50.0% of 1,000 test samples right; the right code blew up at "
     "step 40"),
    ((40, 3), math.nan, math.nan, "it blew up at step 3, the right code at step 40"),
])
def test_both_ends_are_told_whichever_blew_up(blew_up, right, wrong, said):
    """Where the right code had blown up it was said to be right for "nan%" of the samples."""
    told = how_both_ended({"samples": 1000, "blew_up": blew_up}, {"right": right, "wrong": wrong})
    assert told.startswith(said)
    assert "nan" not in told
