"""The gradient check of a run, and training with a mistake, asked for as a page does."""

import numpy as np
import pytest

from nnviz.mistakes import MISTAKES
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.questions import answer
from nnviz.starts import STARTS
from tests.runs.samples import run_of, take, untouched


def asked(run, question, **arguments):
    """The result, and the shares done that were told before it."""
    shares = []
    run.jobs.clear()  # what was worked out before is not to be had again
    given = answer(run, question, {"begin": True, **arguments})
    while isinstance(given, dict):
        shares.append(given["progress"])
        given = answer(run, question, arguments)
    assert shares == sorted(shares)
    assert all(job.is_done for job in run.jobs.values())
    return wire.unpack(given)


def test_a_right_gradient_is_told_as_good_part_by_part():
    run = take(run_of(), 3)
    with untouched(run):
        meta, _ = asked(run, "check_gradient")
    assert (meta["step"], meta["samples"]) == (4, 32)
    assert [(part["layer"], part["kind"]) for part in meta["parts"]] == [
        (0, "weights"), (0, "biases"), (1, "weights"), (1, "biases"),
    ]
    assert all(part["verdict"] == "good" and part["error"] < 1e-6 for part in meta["parts"])
    assert meta["parts"][0]["checked"] == limits.CHECKED_PARAMETERS
    assert meta["parts"][3]["checked"] == meta["parts"][3]["total"] == 10
    assert meta["complaint"] is None


def test_a_mistake_is_told_with_where_it_is():
    run = take(run_of(**vars(STARTS["xor-2-3-1"].config)), 1)
    meta, _ = asked(run, "check_gradient", mistake="no_bias")
    wrong = {(part["layer"], part["kind"]) for part in meta["parts"]
             if part["verdict"] == "wrong"}
    assert wrong == {(0, "biases"), (1, "biases")}
    assert not meta["is_silent"]
    worst = next(part["worst"] for part in meta["parts"] if part["verdict"] == "wrong")
    assert worst["source"] is None
    assert worst["backward"] == 0 != worst["numeric"]


def test_one_layer_and_one_weight():
    run = run_of()
    meta, _ = asked(run, "check_gradient", layer=1)
    assert {part["layer"] for part in meta["parts"]} == {1}
    meta, _ = asked(run, "check_gradient", mistake="not_transposed", layer=0, weight=[20, 3])
    (part,) = meta["parts"]
    assert (part["checked"], part["worst"]["source"], part["worst"]["unit"]) == (1, 20, 3)
    assert meta["complaint"] == "shapes (32,10) and (32,10) not aligned: 10 (dim 1) != 32 (dim 0)"


def test_warped_copies_are_among_the_samples_that_both_train_on(monkeypatch):
    monkeypatch.setattr(limits, "COMPARED_STEPS", 20)
    run = run_of(augment="warped", batch_size=100)
    meta, _ = asked(run, "compare_training", mistake="last_batch_dropped")
    assert meta["training"] == len(run.trainer.x) > len(run.split.training[0])
    assert meta["left_out"] == meta["training"] % 100
    assert meta["epochs"] == pytest.approx(20 * 100 / meta["training"])


def test_a_mistake_that_changes_nothing_here_is_silent():
    meta, _ = asked(run_of(), "check_gradient", mistake="derivative_of_output")
    assert meta["is_silent"]
    assert {part["verdict"] for part in meta["parts"]} == {"good"}


def test_step_sizes():
    meta, arrays = asked(run_of(), "compare_steps")
    assert meta["parameters"] <= limits.CHECKED_STEPS
    assert arrays["float64"].min() < 1e-7 < arrays["float64"][-1]
    assert (arrays["float32"][-1], len(arrays["steps"])) == (1, len(arrays["float64"]))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_training_with_a_mistake_beside_training_without(mistake, monkeypatch):
    monkeypatch.setattr(limits, "COMPARED_STEPS", 150)
    run = take(run_of(), 2)
    with untouched(run):
        meta, arrays = asked(run, "compare_training", mistake=mistake)
    assert meta["steps"] == arrays["steps"][-1] == 150
    assert arrays["right accuracy"][-1] > 0.8
    assert arrays["wrong loss"][0] == arrays["right loss"][0]
    same = np.array_equal(arrays["wrong loss"], arrays["right loss"])
    assert same == (mistake == "derivative_of_output")  # ReLU does not mind
    assert meta["left_out"] == (30 if mistake == "last_batch_dropped" else 0)


@pytest.mark.parametrize("augment", ["none", "warped"])
def test_the_right_course_is_the_run_s_own(monkeypatch, augment):
    monkeypatch.setattr(limits, "COMPARED_STEPS", 60)
    run = run_of(optimizer="adam", learning_rate=0.01, dropout=0.1, augment=augment)
    _, arrays = asked(run, "compare_training", mistake="no_bias")
    take(run, 60)
    assert arrays["right loss"][-1] == pytest.approx(run.evaluate().test_loss, rel=1e-6)


@pytest.mark.parametrize(("question", "arguments", "said"), [
    ("check_gradient", {"mistake": "typo"}, "A mistake is one of no_derivative, .* 'typo'"),
    ("check_gradient", {"layer": 2}, "Layer is a whole number from 0 to 1"),
    ("check_gradient", {"layer": 0, "weight": [64, 0]}, "Input is a whole number from 0 to 63"),
    ("check_gradient", {"layer": 0, "weight": 3}, "A weight is an input and a unit. Received: 3."),
    ("check_gradient", {"begin": 1}, "Begin is true or false"),
    ("compare_training", {"mistake": None}, "A mistake is one of"),
])
def test_a_wrong_question_is_answered_in_a_sentence(question, arguments, said):
    run = run_of()
    with pytest.raises(RunError, match=said):
        asked(run, question, **arguments)
    assert not run.jobs


def test_what_was_given_up_is_to_be_asked_for_again():
    with pytest.raises(RunError, match="no longer being worked out"):
        answer(run_of(), "check_gradient", {})


def test_numbers_that_overflow_are_told_as_such():
    run = run_of(loss="mse", output="linear", hidden=())
    run.network.parameters[...] = 1e200 if run.network.dtype == np.float64 else 3e38
    meta, _ = asked(run, "check_gradient")
    assert "good" not in {part["verdict"] for part in meta["parts"]}
    assert {part["error32"] for part in meta["parts"]} == {None}


@pytest.mark.parametrize("settings", [{}, {"dataset": "xor", "output": "sigmoid", "batch_size": 4,
                                           "scaling": "none", "hidden": ((3, "tanh"),)}])
def test_where_the_loss_is_cut_off_the_check_says_that_it_can_say_nothing(settings):
    run = run_of(**settings)
    assert asked(run, "check_gradient")[0]["is_measurable"]
    run.network.parameters[...] *= 1e6
    run.network.biases[-1][0] = -1e9
    assert not asked(run, "check_gradient")[0]["is_measurable"]


LEARNED = {
    "dataset": "xor", "scaling": "none", "loss": "mae", "output": "linear", "batch_size": 4,
    "hidden": ((3, "tanh"),), "schedule": "exponential", "schedule_epochs": 300.0,
}


def test_the_right_code_is_never_called_wrong_where_the_absolute_error_is_learned():
    run = run_of(**LEARNED)
    run.train(4000)  # every output is within a millionth of its target
    meta, _ = asked(run, "check_gradient")
    assert run.trainer.batch_loss < 1e-5
    assert not {part["verdict"] for part in meta["parts"]} & {"wrong"}
    assert sum(part["kinks"] for part in meta["parts"]) > 5
    meta, arrays = asked(run, "compare_steps")
    assert np.isfinite(arrays["float64"]).all()


def test_a_network_gone_far_off_is_not_called_wrong():
    """The two losses, of 1e40, differ by less than their rounding."""
    run = run_of(dataset="xor", loss="mse", output="linear", hidden=((1, "linear"),), batch_size=4)
    run.network.parameters[...] = 1e10
    meta, _ = asked(run, "check_gradient")
    assert meta["is_measurable"]
    assert {part["verdict"] for part in meta["parts"]} <= {"unclear", "good"}


def test_a_bias_at_a_kink_is_told_as_not_checked():
    """With the input 0, 0 a ReLU's z is its bias, and that is 0 before the first step."""
    run = run_of(dataset="xor", scaling="none", loss="mse", output="linear", batch_size=4,
                 hidden=((3, "relu"),))
    meta, _ = asked(run, "check_gradient")
    biases = meta["parts"][1]
    assert (biases["verdict"], biases["checked"], biases["kinks"]) == ("unchecked", 0, 3)
    assert asked(run, "compare_steps")[1]["float64"].min() < 1e-8


def test_two_pages_that_check_different_things_get_each_its_own(monkeypatch):
    """The right code was called wrong where another page had just broken its own."""
    monkeypatch.setattr(limits, "PROOF_SECONDS", 0.0)
    run = run_of()
    questions = [{}, {"mistake": "no_bias"}, {"layer": 1}, {}]
    answers = [answer(run, "check_gradient", {"begin": True, **each}) for each in questions]
    while any(isinstance(given, dict) for given in answers):
        answers = [
            answer(run, "check_gradient", each) if isinstance(given, dict) else given
            for each, given in zip(questions, answers, strict=True)
        ]
    right, broken, layer, again = (wire.unpack(given)[0]["parts"] for given in answers)
    assert {part["verdict"] for part in right} == {"good"}
    assert "wrong" in {part["verdict"] for part in broken}
    assert [part["layer"] for part in layer] == [1, 1]
    assert again == right
