"""From ink to input: the same drawing anywhere and at any size gives the same input."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnviz import data, ink
from nnviz.drawing import LONGEST_SIDE, InkError, network_input, prepare, stages
from nnviz.ink import Switches

# Strokes of three digits as corners of lines, (x, y) from 0 to 1, y downwards.
STROKES = {
    2: [(0.1, 0.2), (0.35, 0), (0.75, 0.1), (0.75, 0.4), (0.05, 1), (0.85, 0.95)],
    4: [(0.7, 1), (0.7, 0), (0, 0.65), (0.9, 0.65)],
    7: [(0, 0), (0.8, 0), (0.3, 1)],
}
FEATURES = {"digits": 64, "mnist": 784}
TOP = {"digits": 16, "mnist": 255}


def draw(corners, size, left=20.0, top=20.0, canvas=280, thickness=0.1):
    """A canvas with lines of a round pen: `size` pixels high, `thickness` of that wide."""
    row, column = np.mgrid[:canvas, :canvas] + 0.5
    points = np.array(corners) * size * (1 - thickness) + [left, top] + size * thickness / 2
    distance = np.full((canvas, canvas), np.inf)
    for (x, y), (to_x, to_y) in pairwise(points):
        dx, dy = to_x - x, to_y - y
        along = ((column - x) * dx + (row - y) * dy) / (dx * dx + dy * dy)
        along = along.clip(0, 1)
        distance = np.minimum(distance, np.hypot(column - x - along * dx, row - y - along * dy))
    return distance <= size * thickness / 2


def difference(first, second):
    """Mean difference over mean ink."""
    return np.abs(first - second).mean() / first.mean()


@pytest.mark.parametrize("target", FEATURES)
@pytest.mark.parametrize("digit", STROKES)
def test_the_input_has_the_scale_of_the_data(target, digit):
    drawing = draw(STROKES[digit], 200)
    raw = prepare(drawing, target)
    assert raw.shape == (FEATURES[target],)
    assert raw.dtype == np.float32
    assert 0 == raw.min() < raw.max() <= TOP[target]
    np.testing.assert_allclose(network_input(drawing, target), raw / TOP[target], rtol=1e-6)
    np.testing.assert_array_equal(network_input(drawing, target, scaling="none"), raw)


@settings(max_examples=30)
@given(
    st.sampled_from(sorted(STROKES)), st.sampled_from(sorted(FEATURES)),
    st.integers(0, 60), st.integers(0, 60),
)
def test_where_it_is_drawn_does_not_matter(digit, target, left, top):
    here = prepare(draw(STROKES[digit], 200, 20, 20), target)
    there = prepare(draw(STROKES[digit], 200, left, top), target)
    np.testing.assert_allclose(there, here, atol=1e-3)


@settings(max_examples=30)
@given(
    st.sampled_from(sorted(STROKES)), st.sampled_from(sorted(FEATURES)), st.floats(0.4, 0.95)
)
def test_how_large_it_is_drawn_hardly_matters(digit, target, share):
    large = prepare(draw(STROKES[digit], 250), target)
    other = prepare(draw(STROKES[digit], 280 * share, 5, 5), target)
    assert difference(large, other) < 0.15


@pytest.mark.parametrize("target", FEATURES)
@pytest.mark.parametrize("digit", STROKES)
def test_thickness_matters_less_where_it_is_evened_out(target, digit):
    thin, thick = (draw(STROKES[digit], 200, thickness=t) for t in (0.06, 0.16))
    evened = difference(prepare(thin, target), prepare(thick, target))
    plain = difference(*(prepare(i, target, Switches(thickness=False)) for i in (thin, thick)))
    assert evened < 0.6 * plain


@pytest.mark.parametrize("target", FEATURES)
@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("stage", ["crop", "keep_aspect", "centre", "thickness"])
def test_every_stage_can_be_switched_off(target, digit, stage):
    drawing = draw(STROKES[digit], 120, left=30, top=100, thickness=0.05)
    changed = network_input(drawing, target, **{stage: False})
    assert difference(network_input(drawing, target), changed) > 0.02
    assert 0 <= changed.min() < changed.max() <= 1


def test_a_slanting_digit_is_put_upright_for_8_by_8_alone():
    slanting = draw([(0.6, 0), (0.1, 1)], 200)
    on, off = (
        network_input(slanting, "digits", slant=slant).reshape(8, 8) for slant in (True, False)
    )
    first, last = on[0].argmax(), on[-1].argmax()
    assert abs(int(first) - int(last)) <= 1
    assert off[0].argmax() - off[-1].argmax() >= 3
    np.testing.assert_array_equal(
        network_input(slanting, "mnist"), network_input(slanting, "mnist", slant=False)
    )


def test_for_mnist_the_longer_side_fills_20_pixels_about_the_centre_of_mass():
    for corners in STROKES.values():
        image = prepare(draw(corners, 200), "mnist").reshape(28, 28)
        assert np.count_nonzero(image.max(axis=1) > 30) in (20, 21)
        position = np.arange(28)
        for axis in (0, 1):
            mass = image.sum(axis=axis)
            assert mass @ position / mass.sum() == pytest.approx(14, abs=0.05)


def test_for_8_by_8_the_ink_fills_all_rows_and_five_columns():
    for corners in STROKES.values():
        image = prepare(draw(corners, 200), "digits", Switches(slant=False)).reshape(8, 8)
        np.testing.assert_array_equal(image, np.round(image))
        assert (image.max(axis=1) > 0).all()
        # 20 of 32 pixels, in the middle: columns 6 to 25.
        assert (image.max(axis=0) > 0).tolist() == [False, *[True] * 6, False]
        assert 256 * 0.8 < image.sum() < 412 * 1.2


def test_a_training_image_comes_out_much_as_it_went_in(mnist_dir):
    from tests import mnist_files  # noqa: PLC0415, needs the files

    images = mnist_files.load(mnist_dir, "t10k")[0][:200]
    outcome = [
        difference(image.astype(float), prepare(image.reshape(28, 28), "mnist"))
        for image in images
    ]
    assert np.median(outcome) < 0.5


@pytest.mark.parametrize("scale", [1, 255, 0.5])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32, np.float64])
def test_ink_may_be_of_any_kind(scale, dtype):
    drawing = draw(STROKES[7], 200)
    as_given = (drawing * scale).astype(dtype)
    if as_given.any():  # half an ink is none as a whole number
        np.testing.assert_allclose(prepare(as_given, "mnist"), prepare(drawing, "mnist"))


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ("digits", (8, 8)), ("mnist", (28, 28)), ([8, 8], (8, 8)), (np.array([28, 28]), (28, 28)),
        (64, (8, 8)), (np.int64(784), (28, 28)), ((784,), (28, 28)),
    ],
)
def test_a_target_has_a_name_a_shape_or_a_number_of_features(target, shape):
    drawing = draw(STROKES[2], 200)
    np.testing.assert_array_equal(prepare(drawing, target), prepare(drawing, shape))


@pytest.mark.parametrize("target", ["cats", "64", (9, 9), None, 3, "", (8, 8, 1), np.eye(2)])
def test_an_unknown_target_is_refused(target):
    with pytest.raises(ValueError, match="target of a drawing"):
        prepare(draw(STROKES[2], 200), target)


def test_a_scaling_that_a_run_must_learn_is_refused():
    with pytest.raises(ValueError, match="standard"):
        network_input(draw(STROKES[2], 200), "digits", scaling="standard")


@pytest.mark.parametrize("value", ["no", None, 1, np.array([True, False])])
def test_a_stage_is_on_or_off(value):
    with pytest.raises(ValueError, match="crop is True or False"):
        network_input(draw(STROKES[2], 200), "digits", crop=value)


@pytest.mark.parametrize("target", FEATURES)
@pytest.mark.parametrize("full", [1, 255])
def test_what_smooth_enlargement_leaves_beyond_paper_and_ink_is_cut_off(target, full):
    drawing = draw(STROKES[2], 200).astype(float)
    smooth = drawing * 1.08 - 0.04
    assert smooth.min() < 0 < 1 < smooth.max()
    np.testing.assert_array_equal(prepare(smooth * full, target), prepare(drawing, target))


@pytest.mark.parametrize("target", FEATURES)
@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("pen", [1, 2, 4])
def test_a_thin_pen_leaves_as_much_ink_as_a_usual_one(target, digit, pen):
    thin, usual = (draw(STROKES[digit], 260, thickness=t) for t in (pen / 260, 0.1))
    assert difference(prepare(usual, target), prepare(thin, target)) < 0.45
    assert prepare(thin, target).sum() == pytest.approx(prepare(usual, target).sum(), rel=0.3)


def test_strokes_too_thin_for_8_by_8_are_said_to_be_where_thickness_is_left_alone():
    thin = draw(STROKES[2], 260, thickness=1 / 260)
    with pytest.raises(InkError, match="leave nothing in 8 x 8"):
        network_input(thin, "digits", thickness=False)


@pytest.mark.parametrize("target", FEATURES)
def test_a_huge_drawing_is_read_in_little_more_memory(target):
    small = draw(STROKES[2], 200)
    huge = np.kron(small.astype(np.uint8), np.ones((20, 20), np.uint8))  # 5,600 pixels a side
    tracemalloc.start()
    raw = prepare(huge, target)
    allocated = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert difference(prepare(small, target), raw) < 0.05
    assert allocated < 0.75 * huge.nbytes
    assert max(stages(huge, target).ink.shape) <= LONGEST_SIDE


def spot(radius, canvas=280):
    row, column = np.mgrid[:canvas, :canvas] - canvas / 2
    return np.hypot(row, column) <= radius


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (np.zeros((280, 280)), "Nothing is drawn"),
        (np.full((280, 280), 0.02), "too faintly: 0.02 where full ink is 1"),
        (data.load("digits").x[0].reshape(8, 8), "too faintly: 15 where full ink is 255"),
        (np.ones((280, 280)), "no digit stands out"),
        (1 - draw(STROKES[2], 200), "swap ink and paper"),
        (255 - 255 * draw(STROKES[2], 260, 2, 2).astype(np.uint8), "swap ink and paper"),
        (draw([(0, 0), (1, 0)], 200), "flatter than any digit"),
        (spot(5), "too small"),
        (spot(20), "a dot"),
        (draw(STROKES[2], 18), "too small"),
        (np.zeros((0, 5)), "rows and columns"),
        (np.zeros((5, 5, 3)), "rows and columns"),
        (np.zeros(5), "rows and columns"),
        (5, "rows and columns"),
        (None, "Received: NoneType"),
        ("seven", "Received: str"),
        ({}, "Received: dict"),
        ([[1, 2], [3]], "uneven rows"),
        (np.full((9, 9), "a"), "made of numbers"),
        (np.full((9, 9), 1j), "made of numbers"),
        (np.full((9, 9), np.nan), "not finite"),
        (np.full((9, 9), np.inf), "not finite"),
        (np.full((9, 9), -np.inf), "not finite"),
        (np.full((9, 9), -0.2), "Received: -0.2 to -0.2"),
        (np.full((9, 9), 281.0), "0 to 1 or 0 to 255"),
        (np.full((9, 9), -1), "0 to 1 or 0 to 255"),
        (np.full((9, 9), 256), "0 to 1 or 0 to 255"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_short_reason(drawing, message):
    with pytest.raises(InkError, match=message) as caught:
        network_input(drawing, "digits")
    assert len(str(caught.value)) < 120


ANY_ARRAY = arrays.arrays(
    st.sampled_from([np.uint8, np.int16, np.float32, np.float64, np.bool_]),
    arrays.array_shapes(min_dims=0, max_dims=3, max_side=40),
)


@settings(max_examples=200)
@given(ANY_ARRAY, st.sampled_from(sorted(FEATURES)), st.builds(Switches, *[st.booleans()] * 5))
@example(np.eye(40, 3), "digits", Switches())
@example(np.eye(5), "mnist", Switches(crop=False))
@example(np.ones((30, 1)), "mnist", Switches())
def test_any_array_gives_an_input_or_a_clear_error(drawing, target, switches):
    refusal = raw = None
    try:
        raw = prepare(drawing, target, switches)
    except InkError as error:
        refusal = str(error)
    if refusal is not None:
        assert 20 < len(refusal) < 150
    else:
        assert raw.shape == (FEATURES[target],)
        assert np.isfinite(raw).all()
        assert 0 <= raw.min() <= raw.max() <= TOP[target] * 1.00001


@given(arrays.arrays(np.bool_, (30, 30)))
def test_strokes_never_vanish(drawing):
    drawing[0] = False
    drawing[2, 3:27] = drawing[2:27, 3] = True
    for target in FEATURES:
        assert prepare(drawing, target).sum() > TOP[target]


def test_the_stages_are_shown_in_their_order():
    drawing = draw(STROKES[4], 150, left=70, top=40)
    shown = stages(drawing, "digits")
    np.testing.assert_array_equal(shown.ink, drawing)
    assert shown.crop.shape[0] == pytest.approx(150, abs=2)
    assert (shown.crop.any(axis=1).all(), shown.crop.any(axis=0).all()) == (True, True)
    assert shown.fit.shape == (32, 32)
    counts = shown.fit.reshape(8, 4, 8, 4).sum(axis=(1, 3))
    np.testing.assert_array_equal(shown.input, counts)
    assert stages(drawing, "mnist").fit.shape == (20, 20)
    assert stages(drawing, "mnist", Switches(crop=False)).crop.shape == (280, 280)


def test_a_stack_is_treated_like_its_images_one_by_one():
    drawings = np.stack([draw(corners, 150) for corners in STROKES.values()])
    for target in ink.TARGETS.values():
        together = target.fit(drawings, ink.ALL_STAGES)[1]
        one_by_one = [target.fit(drawing[None], ink.ALL_STAGES)[1][0] for drawing in drawings]
        np.testing.assert_allclose(together, one_by_one, atol=1e-3)


def test_the_data_set_shapes_are_those_of_the_targets():
    digits = data.load("digits")
    assert ink.TARGETS["digits"].shape == digits.image_shape
    assert ink.TARGETS["digits"].maximum == digits.maximum
