"""The curves: values, names and axes, and which part of a frame each line shows."""

import numpy as np
import pytest

from nnviz.figures import theme
from nnviz.figures.curves import accuracy_figure, loss_figure, norms_figure

FIGURES = np.array([[0, 2.3, 2.4, 0.1, 0.05], [45, 1.0, 1.2, 0.7, 0.65]])
BATCHES = np.array([[1, 2.4, 2.4], [2, 2.0, 2.3], [3, 2.1, 2.2]])
LEFT = [np.array([[1, 2.0], [2, 1.5]]), np.array([[2, 1.5], [3, 1.4], [4, 1.3]])]
NO_LINE = np.empty((0, 2))
ARRAYS = {
    "history": FIGURES, "batch": BATCHES,
    "line0": LEFT[0], "line1": LEFT[1], "line2": NO_LINE, "line3": NO_LINE,
}
MAKERS = {
    "loss": lambda figures, batches: loss_figure(figures, batches, LEFT),
    "accuracy": lambda figures, batches: accuracy_figure(figures),
}
NAMES = {
    "loss": [*["abandoned"] * 4, "mini-batch", "smoothed", "training", "test"],
    "accuracy": ["training", "test"],
}


@pytest.fixture(params=MAKERS)
def kind(request):
    return request.param


def test_the_lines_show_the_columns_that_they_name(kind):
    figure = MAKERS[kind](FIGURES, BATCHES)
    assert [line.name for line in figure.data] == NAMES[kind]
    for line in figure.data:
        values = ARRAYS[line.meta["array"]]
        np.testing.assert_array_equal(line.x, values[:, 0])
        np.testing.assert_array_equal(line.y, values[:, line.meta["column"]])


@pytest.mark.parametrize(
    ("kind", "training", "test"), [("loss", [2.3, 1.0], [2.4, 1.2]),
                                   ("accuracy", [0.1, 0.7], [0.05, 0.65])],
)
def test_training_and_test_are_not_mixed_up(kind, training, test):
    lines = {line.name: line for line in MAKERS[kind](FIGURES, BATCHES).data}
    np.testing.assert_array_equal(lines["training"].y, training)
    np.testing.assert_array_equal(lines["test"].y, test)
    assert lines["training"].line.color == theme.TRAINING
    assert lines["test"].line.color == theme.TEST


def test_the_axes_are_named(kind):
    layout = MAKERS[kind](FIGURES, BATCHES).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("step", kind)


def test_accuracy_has_the_whole_scale_in_percent():
    axis = accuracy_figure(FIGURES).layout.yaxis
    assert (axis.range, axis.tickformat) == ((0, 1), ".0%")


def test_without_data_the_figure_is_empty_and_named(kind):
    makers = {"loss": loss_figure, "accuracy": lambda figures, _: accuracy_figure(figures)}
    figure = makers[kind](np.empty((0, 5)), np.empty((0, 3)))
    assert [line.name for line in figure.data] == NAMES[kind]
    assert all(len(line.x) == len(line.y) == 0 for line in figure.data)
    assert figure.layout.yaxis.title.text == kind


@pytest.mark.parametrize("color", [theme.TRAINING, theme.TEST, theme.RAW])
@pytest.mark.parametrize("background", ["#ffffff", "#10161d"])
def test_lines_stand_out_on_both_backgrounds(color, background):
    def luminance(text):
        parts = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    darker, lighter = sorted((luminance(color), luminance(background)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_lines_that_were_left_share_one_entry_of_the_legend():
    left = [line for line in loss_figure(FIGURES, BATCHES, LEFT).data if line.legendgroup]
    assert [line.showlegend for line in left] == [True, False, False, False]
    assert {line.opacity for line in left} == {0.6}


def test_the_norms_have_a_logarithmic_axis():
    norms = np.array([[7, 1.0, 2.0], [8, 1e9, 3.0]])
    figure = norms_figure(norms)
    assert figure.layout.yaxis.type == "log"
    for line, name in zip(figure.data, ("gradient", "weights"), strict=True):
        assert line.name == name
        np.testing.assert_array_equal(line.y, norms[:, line.meta["column"]])
