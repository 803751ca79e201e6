"""Teaching a run a misread drawing, undoing it, and a person's own drawings as a test set."""

import json
from base64 import b64decode

import numpy as np
import pytest

from nnviz import drawing
from nnviz.runs import checkpoint, correction, limits
from nnviz.runs.correction import STEPS
from nnviz.runs.errors import RunError
from nnviz.runs.own import own_drawings
from nnviz.runs.questions import answer
from nnviz.runs.run import Run
from tests.runs.drawings import own
from tests.runs.samples import (
    FRAGILE,
    RUINOUS_RATE,
    look,
    parameters,
    run_of,
    steps_in_history,
    take,
    untouched,
)

OTHER = 2  # what the 7 of these tests is said to be


def trained(steps=300, **settings):
    return take(run_of(**settings), steps)


def correct(run, *drawings, **more):
    return answer(run, "correct", {"drawings": list(drawings or [own(OTHER)]), **more})


def same_state(one, other):
    """Whether two states of a trainer are the same, bit for bit."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        if name == "optimizer":
            assert value.keys() == other[name].keys()
            for key, array in value.items():
                np.testing.assert_array_equal(array, other[name][key])
        elif isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, other[name])
        else:
            assert value == other[name], name
    return True


@pytest.mark.parametrize("mix", [True, False])
def test_a_misread_drawing_is_read_as_taught(mix):
    run = trained()
    result = correct(run, mix=mix)
    before, after = result["before"], result["after"]
    assert before["predicted"] != [OTHER]
    assert after["predicted"] == [OTHER]
    assert after["shares"][0] > 0.5 > before["shares"][0]
    assert (before["right"], after["right"]) == (0, 1)
    assert (result["steps"], result["drawings"]) == (STEPS, 1)
    assert len(after["recall"]) == 10
    assert 0 < after["test_accuracy"] <= 1


def test_copies_of_a_drawing_of_thin_strokes_are_whole():
    run = run_of()
    rng = np.random.default_rng(0)
    thin, usual = (
        correction._copies(run, own_drawings(run, [own(OTHER, pen=pen)]), rng)[0].sum(axis=1)
        for pen in (1, 6)
    )
    assert thin.min() > 0.8 * usual.min()


def test_what_is_reported_is_what_the_run_does_then():
    run = trained()
    before = run.evaluate()
    result = correct(run)
    evaluation = run.evaluate()
    assert result["before"]["test_accuracy"] == before.test_accuracy
    assert result["before"]["measured_test"] == result["before"]["test_samples"] == 359
    assert result["after"]["test_accuracy"] == evaluation.test_accuracy
    confusion = evaluation.confusion
    np.testing.assert_allclose(
        result["after"]["recall"], confusion.diagonal() / confusion.sum(axis=1)
    )


def test_training_samples_mixed_in_keep_more_of_what_was_learned():
    taught = [trained(), trained()]
    for run, mix in zip(taught, (True, False), strict=True):
        for _ in range(3):
            correct(run, mix=mix)
    mixed, alone = (run.evaluate().test_accuracy for run in taught)
    assert mixed > alone


def test_steps_of_a_correction_count_as_steps_and_not_as_epochs():
    run = trained(40)
    epoch, version = run.trainer.epoch, run.version
    correct(run)
    assert run.trainer.step_count == 40 + STEPS
    assert run.trainer.epoch == epoch
    assert steps_in_history(run) == run.trainer.step_count
    assert run.version > version
    assert run.state == "paused"
    take(run, 5)
    assert steps_in_history(run) == 45 + STEPS


SETTINGS = [
    {}, {"optimizer": "adam", "learning_rate": 0.01}, {"optimizer": "momentum", "dropout": 0.3},
    {"l2": 0.001, "clip_norm": 1.0, "schedule": "cosine"}, {"loss": "mse", "output": "linear"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_undo_brings_the_former_state_back_bit_for_bit(settings):
    run = trained(60, **settings)
    before, earliest = run.trainer.state(), run.rewind.earliest_step
    correct(run)
    assert not np.array_equal(run.network.parameters, before["parameters"])
    answer(run, "undo_correction", {})
    assert same_state(run.trainer.state(), before)
    assert steps_in_history(run) == 60
    assert run.rewind.earliest_step == earliest
    other = trained(60, **settings)
    np.testing.assert_array_equal(parameters(take(run, 20)), parameters(take(other, 20)))


@pytest.mark.parametrize("settings", SETTINGS)
def test_going_back_step_by_step_ends_at_the_correction(settings):
    run = trained(30, **settings)
    correct(run)
    taught = parameters(run)
    with pytest.raises(RunError, match="first that is known"):
        run.act("back")
    later = parameters(take(run, 3))
    run.act("back")
    run.act("step")
    np.testing.assert_array_equal(parameters(run), later)
    look(run, 1)
    assert run.trainer.step_count == run.rewind.earliest_step == 31 + STEPS
    assert not np.array_equal(parameters(run), taught)


def test_undo_after_more_training_goes_back_before_the_correction():
    run = trained(30)
    before = parameters(run)
    correct(run)
    take(run, 50)
    result = answer(run, "undo_correction", {})
    assert result == {"step": 30, "corrections": 0}
    np.testing.assert_array_equal(parameters(run), before)


def test_corrections_are_undone_one_after_the_other_as_far_as_they_are_kept():
    run = trained(30)
    states = []
    for label in range(limits.CORRECTIONS_KEPT + 1):
        states.append(parameters(run))
        correct(run, own(label))
    for state in states[:0:-1]:
        answer(run, "undo_correction", {})
        np.testing.assert_array_equal(parameters(run), state)
    with pytest.raises(RunError, match="no correction to undo"):
        answer(run, "undo_correction", {})


def test_reset_forgets_corrections():
    run = trained(10)
    correct(run)
    run.act("reset")
    with pytest.raises(RunError, match="no correction to undo"):
        answer(run, "undo_correction", {})


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_saved_run_goes_on_and_can_still_undo(settings):
    run = trained(30, **settings)
    before = run.trainer.state()
    correct(run)
    loaded = checkpoint.load("run", checkpoint.save(run))
    assert same_state(loaded.trainer.state(), run.trainer.state())
    np.testing.assert_array_equal(parameters(take(loaded, 5)), parameters(take(run, 5)))
    loaded = checkpoint.load("run", checkpoint.save(loaded))
    answer(loaded, "undo_correction", {})
    assert same_state(loaded.trainer.state(), before)


def test_a_running_run_is_paused_to_be_taught():
    run = trained(10)
    run.act("run", True)
    correct(run)
    assert run.state == "paused"


def test_an_earlier_step_is_not_taught():
    run = trained(50)
    look(run, 20)
    with pytest.raises(RunError, match="Step 20, an earlier one"):
        correct(run)
    assert run.now == 50


def test_undo_while_an_earlier_step_is_looked_at():
    run = trained(30)
    before = parameters(run)
    correct(run)
    take(run, 20)
    look(run, 30 + STEPS + 5)
    answer(run, "undo_correction", {})
    assert run.now is None
    np.testing.assert_array_equal(parameters(run), before)


def test_steps_that_blow_up_change_nothing():
    run = take(Run(FRAGILE, "run"), 5)
    run.act("change", {"learning_rate": RUINOUS_RATE})
    before = parameters(run)
    with pytest.raises(RunError, match="learning rate is too large"):
        correct(run)
    np.testing.assert_array_equal(parameters(run), before)
    assert np.isfinite(run.evaluate().training_loss)


def test_the_same_correction_of_the_same_run_is_the_same():
    one, other = trained(20), trained(20)
    correct(one)
    correct(other)
    np.testing.assert_array_equal(parameters(one), parameters(other))


def test_own_drawings_are_judged_as_they_are_read():
    # Copies bring the hand of these drawings, without a bar through the 7, within reach.
    run = trained(500, augment="warped", optimizer="adam", learning_rate=0.003, batch_size=64)
    drawings = [own(7), own(OTHER), own(7, pen=9)]
    with untouched(run):
        result = answer(run, "judge", {"drawings": drawings})
    assert result["predicted"] == [7, 7, 7]
    assert result["right"] == 2
    assert np.array(result["confusion"])[7, 7] == 2
    assert np.array(result["confusion"])[OTHER, 7] == 1
    assert np.array(result["confusion"]).sum() == 3
    assert result["version"] == run.version


def test_a_kept_drawing_is_prepared_like_any_other():
    run = trained()
    bits = own(7)
    result = answer(run, "judge", {"drawings": [bits]})
    packed = np.frombuffer(b64decode(bits["bits"]), np.uint8)
    ink = np.unpackbits(packed).reshape(64, 64)
    expected = run.network.predict(drawing.network_input(ink, "digits"))[7]
    assert result["shares"][0] == pytest.approx(expected, rel=1e-5)


BLANK = {"label": 3, "bits": "A" * 683 + "="}


def test_a_drawing_that_cannot_be_read_does_not_keep_others_from_it():
    run = trained()
    result = answer(run, "judge", {"drawings": [BLANK, own(OTHER), BLANK]})
    alone = answer(run, "judge", {"drawings": [own(OTHER)]})
    assert result["predicted"] == [None, *alone["predicted"], None]
    assert {**result, "predicted": alone["predicted"]} == alone
    only = answer(run, "judge", {"drawings": [BLANK]})
    assert (only["predicted"], only["shares"], only["right"]) == ([None], [], 0)
    assert not np.any(only["confusion"])
    taught = correct(run, BLANK, own(OTHER))
    assert taught["drawings"] == 1
    assert taught["after"]["predicted"] == [OTHER]
    with untouched(run), pytest.raises(RunError, match="Nothing is drawn"):
        correct(run, own(OTHER), BLANK)


@pytest.mark.parametrize("question", ["judge", "correct"])
@pytest.mark.parametrize(
    ("drawings", "complaint"),
    [
        ([], "1 to 80 drawings. Received: 0"),
        ([own(1)] * 81, "Received: 81"),
        ("all", "Received: all"),
        ([{}], "Drawing 1 needs a class of 0 to 9. Received: 'None'"),
        ([7], "Drawing 1 needs a class"),
        ([own(1), own(10)], "Drawing 2 needs a class of 0 to 9. Received: '10'"),
        ([own(1) | {"label": True}], "Received: 'True'"),
        ([own(1) | {"bits": "?"}], "Drawing 1 is not base64 text"),
        ([own(1) | {"bits": 5}], "Drawing 1 is not base64 text"),
        ([own(1) | {"bits": "AAAA"}], "is not 64 x 64 pixels. Received: 3 bytes"),
    ],
)
def test_what_is_no_drawing_is_refused_and_changes_nothing(question, drawings, complaint):
    run = trained(5)
    with untouched(run), pytest.raises(RunError, match=complaint):
        answer(run, question, {"drawings": drawings})


def test_mix_is_on_or_off():
    run = trained(5)
    with untouched(run), pytest.raises(RunError, match="mixed in or not"):
        correct(run, mix=1)


def test_a_full_set_fits_into_one_message():
    full = {"drawings": [own(k % 10) for k in range(limits.OWN_DRAWINGS)], "mix": True}
    asked = {"type": "ask", "number": 12345, "question": "correct", "arguments": full}
    assert len(json.dumps(asked)) < limits.LONGEST_QUESTION
