"""A run's settings in words."""

import pytest

from nnviz.captions import caption, describe
from nnviz.settings import RunConfig


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("hidden", ((32, "relu"), (16, "tanh")), "32 ReLU, 16 tanh"),
        ("hidden", (), "none"),
        ("loss", "mse", "mean squared error (MSE)"),
        ("learning_rate", 0.003, "0.003"),
        ("seed", 123_456_789, "123,456,789"),
    ],
)
def test_values_are_described_for_people(name, value, text):
    assert describe(name, value) == text


def test_a_caption_names_the_main_settings_and_those_changed():
    assert caption(RunConfig()) == (
        "Handwritten digits, 8 x 8", "64-32-10 (ReLU, softmax)", "cross-entropy",
        "SGD, learning rate 0.1", "batch size 32", "seed 0",
    )
    changed = caption(RunConfig(dropout=0.2, scaling="standard", learning_rate=1e-5))
    assert changed[3] == "SGD, learning rate 1e-05"
    assert changed[6:] == ("scaling of the inputs: mean 0, deviation 1", "dropout: 0.2")
    assert RunConfig().name == "digits-64-32-10"
