"""What a run reads in a drawing, asked as a page asks."""

import re

import numpy as np
import pytest

from nnviz import drawing
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.questions import answer
from nnviz.runs.reading import verdict
from tests.runs.drawings import SIDE, message, seven
from tests.runs.samples import run_of, take, untouched


def reading(run, canvas=None, **more):
    """Meta and arrays of the answer to a drawing."""
    canvas = seven() if canvas is None else canvas
    return wire.unpack(answer(run, "read", message(canvas) | more))


@pytest.fixture(scope="module")
def trained():
    run = run_of(hidden=((32, "relu"),))
    run.act("run", True)
    while run.trainer.epoch < 20:
        run.advance(0.05)
    run.act("run", False)
    return run


def test_a_drawing_is_read_as_the_network_reads_its_input(trained):
    meta, arrays = reading(trained)
    x = drawing.network_input(seven(), "digits")
    expected = trained.network.predict(x)
    np.testing.assert_allclose(arrays["outputs"], expected, rtol=1e-5)
    assert meta["winner"] == expected.argmax()
    assert meta["hint"] is None
    assert (meta["step"], meta["version"]) == (trained.trainer.step_count, trained.version)


@pytest.mark.parametrize("scaling", ["unit", "standard", "none"])
def test_the_input_has_the_scaling_of_the_run(scaling):
    run = run_of(scaling=scaling)
    raw = drawing.prepare(seven(), "digits")
    expected = run.network.predict(run.split.scale(raw[None]))[0]
    np.testing.assert_allclose(reading(run)[1]["outputs"], expected, rtol=1e-4)


def test_a_question_leaves_the_run_as_it_was(trained):
    with untouched(trained):
        first = answer(trained, "read", message(seven()))
        assert answer(trained, "read", message(seven())) == first


def test_every_stage_is_shown_and_small(trained):
    _, arrays = reading(trained)
    stages = drawing.stages(seven(), "digits")
    assert arrays["stage_ink"].shape == (limits.STAGE_PIXELS,) * 2
    assert max(arrays["stage_crop"].shape) <= limits.STAGE_PIXELS
    np.testing.assert_array_equal(arrays["stage_fit"], np.rint(stages.fit * 255))
    np.testing.assert_array_equal(arrays["seen"], np.rint(stages.input / 16 * 255))


@pytest.mark.parametrize("name", ["crop", "keep_aspect", "centre", "thickness", "slant"])
def test_a_stage_left_out_gives_another_input(trained, name):
    with_all, without = (reading(trained, off=off)[1]["seen"] for off in ([], [name]))
    expected = drawing.prepare(seven(), "digits", drawing.Switches(**{name: False}))
    np.testing.assert_array_equal(without, np.rint(expected.reshape(8, 8) / 16 * 255))
    if name != "slant":
        assert (with_all != without).any()


@pytest.mark.parametrize(
    ("canvas", "hint"),
    [
        (np.zeros((SIDE, SIDE), np.uint8), "Nothing is drawn yet"),
        (seven() // 255, "or too faintly"),  # what an eraser left
        (np.pad(np.full((6, 6), 255, np.uint8), 77), "too small"),
        (np.pad(np.full((16, 16), 255, np.uint8), 72), "dot"),
    ],
)
def test_nothing_is_read_where_nothing_is_drawn(trained, canvas, hint):
    meta, arrays = reading(trained, canvas)
    assert hint in meta["hint"]
    assert arrays == {}
    assert "winner" not in meta


def test_neighbours_are_training_samples_nearest_first(trained):
    meta, arrays = reading(trained)
    distances = [each["distance"] for each in meta["neighbours"]]
    assert len(distances) == limits.NEIGHBOURS
    assert distances == sorted(distances)
    image = arrays["seen"] / 255.0
    for shown, each in zip(arrays["near"], meta["neighbours"], strict=True):
        assert each["distance"] == pytest.approx(np.linalg.norm(shown / 255.0 - image), abs=0.02)
    x, _, labels = trained.split.training
    mean = x[labels == meta["winner"]].mean(axis=0).reshape(8, 8)
    np.testing.assert_allclose(arrays["average"] / 255, mean, atol=0.003)


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_contributions_are_of_the_lead_and_blank_paper_has_none(scaling):
    run = take(run_of(hidden=(), scaling=scaling), 50)
    meta, arrays = reading(run)
    seen = drawing.prepare(seven(), "digits").reshape(8, 8)
    assert (arrays["contribution"][seen == 0] == 0).all()
    assert np.abs(arrays["contribution"]).max() <= meta["contribution_scale"]
    # Without hidden layers the contributions are the lead over that of blank paper.
    z = run.network.forward(run.split.scale(np.stack([seen.ravel(), np.zeros(64)]))).z[-1]
    lead = z[:, meta["winner"]] - z[:, meta["runner_up"]]
    assert arrays["contribution"].sum() == pytest.approx(lead[0] - lead[1], rel=1e-3)
    assert meta["logit_lead"] == pytest.approx(lead[0], rel=1e-3)


def test_activations_are_those_of_the_drawn_units(trained):
    meta, arrays = reading(trained)
    assert [arrays[f"A{layer}"].shape for layer in range(3)] == [(16,), (16,), (10,)]
    np.testing.assert_array_equal(arrays["A2"], arrays["outputs"])
    for layer, scale in enumerate(meta["activation_scales"]):
        assert np.abs(arrays[f"A{layer}"]).max() <= scale


@pytest.mark.parametrize(
    ("output", "loss", "says"),
    [("softmax", "cross_entropy", "sum to 100"), ("sigmoid", "cross_entropy", "do not sum"),
     ("linear", "mse", "no probabilities")],
)
def test_what_the_numbers_are_is_said(output, loss, says):
    assert says in reading(run_of(output=output, loss=loss))[0]["scale"]


@pytest.mark.parametrize(
    ("outputs", "winner", "runner_up", "doubt"),
    [
        ([0.1, 0.8, 0.1], 1, 2, None),
        ([0.5, 0.35, 0.15], 0, 1, None),
        ([0.49, 0.3, 0.21], 0, 1, "No class reaches 50%."),
        ([0.45, 0.0, 0.55], 2, 0, "The lead is below 15%."),
        ([0.1] * 10, 9, 8, "No class reaches 50%."),
        ([-0.2, -0.1, -0.9], 1, 0, "No class reaches 50%."),
    ],
)
def test_a_flat_answer_is_not_sure(outputs, winner, runner_up, doubt):
    found = verdict(np.array(outputs))
    assert found == {
        "winner": winner, "runner_up": runner_up, "sure": doubt is None, "doubt": doubt,
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "pixels. Received: 'None'"),
        ({"ink": "AAAA", "size": 2}, "4 bytes. Received: 3."),
        ({"ink": "AAAA", "size": 10**9}, "1 to 200 pixels. Received: '1000000000'"),
        ({"ink": "AAAA", "size": -1}, "Received: '-1'"),
        ({"ink": "AAAA", "size": True}, "Received: 'True'"),
        ({"ink": "AAAA", "size": 1.5}, "Received: '1.5'"),
        ({"ink": "not base64!", "size": 2}, "not base64 text"),
        ({"ink": 7, "size": 2}, "not base64 text"),
        ({"ink": None, "size": 2}, "not base64 text"),
        (message(seven()) | {"off": ["everything"]}, "Stages are crop, keep_aspect"),
        (message(seven()) | {"off": [[]]}, "Stages are"),
        (message(seven()) | {"off": "crop"}, "Stages are"),
        (message(seven()) | {"model": 1}, "asked wrongly"),
    ],
)
def test_what_cannot_be_read_is_refused(trained, arguments, complaint):
    with untouched(trained), pytest.raises(RunError, match=re.escape(complaint)):
        answer(trained, "read", arguments)


def test_a_network_that_is_no_longer_finite_reads_nothing(trained):
    run = run_of()
    run.network.parameters[...] = np.nan
    meta, arrays = reading(run)
    assert "no longer finite" in meta["hint"]
    assert arrays == {}


def test_a_test_sample_is_read_as_it_is(trained):
    x, _, labels = trained.split.test
    meta, arrays = wire.unpack(answer(trained, "test_sample", {"number": len(labels) + 3}))
    assert (meta["number"], meta["label"]) == (3, labels[3])
    np.testing.assert_array_equal(arrays["image"], np.rint(x[3].reshape(8, 8) * 255))
    about, found = wire.unpack(answer(trained, "read", {"sample": 3}))
    np.testing.assert_allclose(found["outputs"], trained.network.predict(x[3]), rtol=1e-5)
    np.testing.assert_array_equal(found["seen"], arrays["image"])
    assert "stage_ink" not in found
    assert about["hint"] is None


@pytest.mark.parametrize("number", [-1, 1.5, None, "3", True])
def test_a_sample_that_is_no_number_is_refused(trained, number):
    for question, name in (("test_sample", "number"), ("read", "sample")):
        if question == "read" and number is None:
            continue
        with pytest.raises(RunError, match="named by a whole number"):
            answer(trained, question, {name: number})


def test_a_run_without_images_reads_nothing_and_says_why():
    run = run_of(dataset="xor", output="sigmoid", batch_size=4)
    with pytest.raises(RunError, match="not from images of digits"):
        answer(run, "read", message(seven()))
    with pytest.raises(RunError, match="are no images"):
        answer(run, "test_sample", {"number": 1})
