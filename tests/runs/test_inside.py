"""What a page is told of the step that a run takes next."""

import time

import numpy as np
import pytest

from nnviz.inspection import next_step
from nnviz.optimizers import OPTIMIZERS
from nnviz.runs import limits, opening, wire
from nnviz.runs.errors import RunError
from nnviz.runs.questions import answer
from nnviz.runs.run import Run
from nnviz.settings import RunConfig
from nnviz.starts import STARTS
from tests.runs.samples import run_of, take, untouched

XOR = STARTS["xor-2-3-1"].config


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch):
    opening._opened.clear()
    monkeypatch.setattr(limits, "OPENING_SECONDS", 60.0)  # at once, on a busy machine too


def asked(run, question, **arguments):
    """The answer as a page gets it: it asks again while the step is being opened."""
    while isinstance(packed := answer(run, question, arguments), dict):
        assert set(packed) == {"progress"}
    return wire.unpack(packed)


def choice(run, layer=0, unit=0, source=0, sample=0):
    return asked(run, "inspect_choice", step=run.trainer.step_count + 1, layer=layer, unit=unit,
                 source=source, sample=sample)


def test_a_small_network_is_shown_whole():
    run = take(run_of(**vars(XOR)), 3)
    step = next_step(run.trainer)
    with untouched(run):
        meta, arrays = asked(run, "inspect_step")
    assert (meta["step"], meta["n"], meta["samples"]) == (4, 4, 4)
    assert meta["batch_loss"] == step.batch_loss
    np.testing.assert_array_equal(arrays["x"], step.run.a[0])
    np.testing.assert_array_equal(arrays["y"], step.y)
    assert meta["labels"] == [int(label) for label in step.y[:, 0]]
    for layer in range(2):
        for name in ("old", "gradient", "clipped", "update", "new"):
            expected = getattr(step, {"gradient": "gradients"}.get(name, name)).layers[layer]
            np.testing.assert_array_equal(arrays[f"{name}/{layer}"], expected)
        np.testing.assert_array_equal(arrays[f"z/{layer}"], step.run.z[layer])
        np.testing.assert_array_equal(arrays[f"a/{layer}"], step.run.a[layer + 1])
        np.testing.assert_array_equal(arrays[f"delta/{layer}"], step.run.delta[layer])
        np.testing.assert_array_equal(arrays[f"derivative/{layer}"], step.derivative(layer))
    np.testing.assert_allclose(arrays["sample_loss"].mean(), step.batch_loss, rtol=1e-6)


def test_a_wide_network_is_shown_as_a_selection_with_the_biases():
    run = run_of(hidden=((128, "relu"), (40, "tanh")))
    step = next_step(run.trainer)
    meta, arrays = asked(run, "inspect_step")
    layer = meta["layers"][1]
    assert len(layer["rows"]) == limits.INSIDE_ROWS
    assert len(layer["columns"]) == limits.INSIDE_UNITS
    expected = step.old.weights[1][np.ix_(layer["rows"], layer["columns"])]
    np.testing.assert_array_equal(arrays["old/1"][:-1], expected)
    np.testing.assert_array_equal(arrays["old/1"][-1], step.old.biases[1][layer["columns"]])


@pytest.mark.parametrize("settings", [
    {}, {"dropout": 0.5, "l2": 0.1, "clip_norm": 0.01, "schedule": "warm_up"},
    {"loss": "mse", "output": "sigmoid", "optimizer": "adam"},
])
def test_the_sums_of_a_choice_close(settings):
    run = take(run_of(hidden=((24, "tanh"), (16, "relu")), **settings), 2)
    for layer, fan_out in enumerate((24, 16, 10)):
        meta, arrays = choice(run, layer, fan_out - 1, 3, 5)
        close = np.testing.assert_allclose
        close(arrays["a"] @ arrays["w"] + meta["b"], meta["z"], rtol=1e-4, atol=1e-5)
        slope = 1 if meta["derivative"] is None else meta["derivative"]
        mask = 1 if meta["mask"] is None else meta["mask"]
        if meta["derivative"] is not None:
            close(meta["upstream"] * mask * slope, meta["delta"], rtol=1e-4, atol=1e-9)
        if layer < 2:
            close(arrays["next_w"] @ arrays["next_delta"], meta["upstream"], rtol=1e-4, atol=1e-7)
        close(meta["f"] * mask, meta["a"], rtol=1e-6)
        close(arrays["batch_a"] @ arrays["batch_delta"], meta["weight"]["gradient"],
              rtol=1e-3, atol=1e-7)
        for changed in (meta["weight"], meta["bias"]):
            close(changed["old"] + changed["update"], changed["new"], rtol=1e-6, atol=1e-9)
    outputs = arrays["output_loss"].sum() / (10 if run.trainer.loss.averages_outputs else 1)
    close(outputs, meta["sample_loss"], rtol=1e-5)


def test_all_samples_of_a_large_batch_can_be_looked_at_in_turn():
    run = run_of(batch_size=70)
    step = next_step(run.trainer)
    for first, count in ((0, 32), (32, 32), (64, 6)):
        meta, arrays = asked(run, "inspect_step", first=first)
        assert (meta["n"], meta["first"], meta["samples"]) == (70, first, count)
        part = slice(first, first + count)
        assert meta["rows"] == step.rows[part].tolist()
        np.testing.assert_array_equal(arrays["x"], step.run.a[0][part])
        np.testing.assert_array_equal(arrays["a/1"], step.run.a[2][part])
        np.testing.assert_array_equal(arrays["y"], step.y[part])
        np.testing.assert_array_equal(meta["labels"], step.y[part].argmax(axis=1))
        assert len(arrays["sample_loss"]) == 32
        assert arrays["sample_loss"][0] == step.sample_loss(0)
    assert asked(run, "inspect_step", first=1000)[0]["first"] == 64
    # Of the step that was taken too, whose page has it still open.
    take(run, 1)
    assert asked(run, "inspect_step", first=32, step=1)[0]["step"] == 1
    with pytest.raises(RunError, match="Sample is a whole number"):
        answer(run, "inspect_step", {"first": -1})
    with pytest.raises(RunError, match="moved on"):
        answer(run, "inspect_step", {"step": 0})


def test_a_whole_array_comes_in_parts(monkeypatch):
    monkeypatch.setattr(limits, "INSIDE_NUMBERS", 1000)
    run = run_of(hidden=((90, "relu"),))
    step = next_step(run.trainer)
    parts, total = [], 1
    while sum(map(len, parts)) < total:
        meta, arrays = asked(run, "inspect_array", step=1, quantity="gradient", layer=0,
                             start=sum(map(len, parts)))
        total = meta["rows"]
        parts.append(arrays["array"])
    assert len(parts) == 6
    np.testing.assert_array_equal(np.concatenate(parts), step.gradients.layers[0])


def test_the_step_that_was_opened_is_the_one_that_is_taken():
    run = run_of(optimizer="adam", dropout=0.2)
    for number in range(1, 4):
        asked(run, "inspect_step")
        take(run, 1)
        outcome = answer(run, "inspect_outcome", {"step": number})
        assert outcome == {"step": number, "parameters": 2410, "different": 0, "largest": 0.0}
        # What was taken can still be looked at.
        meta, _ = asked(run, "inspect_choice", step=number, layer=0, unit=0, source=0, sample=0)
        assert meta["weight"]["new"] == run.network.weights[0][0, 0]


def test_what_came_of_a_step_is_told_while_another_page_has_opened_the_next():
    run = run_of()
    asked(run, "inspect_step")
    take(run, 1)
    assert asked(run, "inspect_step")[0]["step"] == 2
    assert answer(run, "inspect_outcome", {"step": 1})["different"] == 0
    take(run, 1)
    with pytest.raises(RunError, match="moved on"):
        answer(run, "inspect_outcome", {"step": 1})


def test_a_step_that_did_something_else_is_told():
    run = run_of()
    asked(run, "inspect_step")
    take(run, 1)
    run.network.weights[1][3, 4] += 0.5
    outcome = answer(run, "inspect_outcome", {"step": 1})
    assert outcome["different"] == 1
    assert outcome["largest"] == pytest.approx(0.5, rel=1e-6)


def test_another_learning_rate_opens_another_step():
    run = run_of()
    _, before = asked(run, "inspect_step")
    run.act("change", {"learning_rate": 0.5})
    meta, after = asked(run, "inspect_step")
    assert meta["learning_rate"] == 0.5
    np.testing.assert_allclose(after["update/0"], 5 * before["update/0"], rtol=1e-5)


@pytest.mark.parametrize(("arguments", "said"), [
    ({"layer": 2}, "Layer is a whole number from 0 to 1. Received: 2."),
    ({"unit": 32}, "Unit is a whole number from 0 to 31"),
    ({"unit": True}, "Unit is a whole number"),
    ({"source": -1}, "Input is a whole number from 0 to 63. Received: -1."),
    ({"sample": "x" * 500}, "0 to 31. Received: xxxxxxxxxxxxxxxxxxxx."),
    ({"sample": None}, "Sample is a whole number"),
    ({"step": 7}, "The run has moved on"),
    ({"step": "1"}, "The run has moved on"),
    ({"nonsense": 1}, "asked wrongly"),
])
def test_a_wrong_question_is_answered_in_a_sentence(arguments, said):
    run = run_of()
    asked_for = {"step": 1, "layer": 0, "unit": 0, "source": 0, "sample": 0, **arguments}
    with pytest.raises(RunError) as refused:
        answer(run, "inspect_choice", asked_for)
    assert said in str(refused.value)


@pytest.mark.parametrize(("arguments", "said"), [
    ({"quantity": "parameters"}, "no array 'parameters'"),
    ({"quantity": 3}, "no array '3'"),
    ({"start": 65}, "Row is a whole number from 0 to 64"),
])
def test_a_wrong_array_is_answered_in_a_sentence(arguments, said):
    with pytest.raises(RunError, match=said):
        answer(run_of(), "inspect_array", {"step": 1, "quantity": "old", "layer": 0, **arguments})


def test_a_run_that_trains_is_to_be_paused_first():
    run = run_of()
    run.act("run", True)
    with pytest.raises(RunError, match="pause it to open a step"):
        answer(run, "inspect_step", {})


def test_a_mini_batch_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "INSIDE_BATCH_NUMBERS", 106 * 100)
    run = run_of(batch_size=101)
    with pytest.raises(RunError, match=r"mini-batch of 101 samples .* Choose a batch size of 100"):
        answer(run, "inspect_step", {})
    run.act("change", {"batch_size": 100})
    assert asked(run, "inspect_step")[0]["n"] == 100


def test_steps_of_few_runs_are_kept_open():
    runs = [Run(RunConfig(), f"run {number}") for number in range(limits.INSIDE_STEPS + 3)]
    for run in runs:
        asked(run, "inspect_step")
    assert len(opening._opened) == limits.INSIDE_STEPS
    take(runs[0], 1)
    with pytest.raises(RunError, match="moved on"):
        answer(runs[0], "inspect_outcome", {"step": 1})


def test_a_run_that_comes_back_from_the_store_has_nothing_open():
    asked(run_of(seed=1), "inspect_step")
    _, arrays = asked(run_of(seed=2), "inspect_step")
    np.testing.assert_array_equal(arrays["old/0"][:-1], run_of(seed=2).network.weights[0])


def test_numbers_that_overflow_are_told_as_such():
    run = run_of(loss="mse", output="linear", hidden=())
    run.network.parameters[...] = 1e30
    meta, arrays = asked(run, "inspect_step")
    assert meta["batch_loss"] is None
    assert np.isinf(arrays["sample_loss"]).all()


def test_opening_is_quick_and_no_message_is_over_a_megabyte():
    """64-32-10 with a batch of 32; and the largest network there may be, with every extra."""
    run = run_of()
    answer(run, "inspect_step", {})
    started = time.process_time()
    for _ in range(5):
        opening._opened.clear()
        answer(run, "inspect_step", {})
    assert (time.process_time() - started) / 5 < 0.05
    largest = run_of(hidden=((512, "relu"),) * 6, optimizer="adamw", dropout=0.1, l2=0.1,
                     clip_norm=1.0, batch_size=64)
    packed = answer(largest, "inspect_step", {})
    assert len(packed) < 1_000_000 - 32 * 720 * 4  # with 784 inputs there are so many more
    for quantity in ("old", "mean, before", "z"):
        packed = answer(largest, "inspect_array", {"step": 1, "quantity": quantity, "layer": 1})
        assert len(packed) < 1_000_000


def test_the_configuration_is_told():
    meta, _ = asked(run_of(optimizer="momentum", schedule="warm_up", l1=0.25), "inspect_step")
    assert [term["name"] for term in meta["optimizer"]["terms"]] == [
        "velocity, before", "what is kept of it", "learning rate times gradient", "velocity, after",
    ]
    # 0.1, of which warm-up leaves 1 %
    assert meta["optimizer"]["terms"][2]["numbers"] == "η = 0.001"
    assert meta["optimizer"]["constants"] == {"β": 0.9}
    assert (meta["learning_rate"], meta["factor"], meta["l1"]) == (0.1, 0.01, 0.25)
    assert meta["loss"]["is_canonical"]
    assert meta["layers"][0]["formula"] == r"f(z) = \max(0, z)"


def test_a_step_is_opened_in_pieces_between_the_turns_of_others(monkeypatch):
    monkeypatch.setattr(limits, "OPENING_SECONDS", 0.0)
    monkeypatch.setattr(limits, "JOB_SECONDS", 0.0)
    run = run_of(hidden=((64, "relu"),) * 4, optimizer="adam")
    shares = [answer(run, "inspect_step", {})["progress"]]
    with untouched(run):
        while run.due_in() == 0:  # as the worker goes on with it between two questions
            run.advance(0.0)
            shares.append(next(iter(run.jobs.values())).progress)
    assert shares == sorted(set(shares))
    assert len(shares) == 8
    meta, arrays = wire.unpack(answer(run, "inspect_step", {}))
    assert meta["step"] == 1
    np.testing.assert_array_equal(arrays["new/4"][-1], next_step(run.trainer).new.biases[4])
    assert not run.jobs


def test_what_changes_while_a_step_is_being_opened_is_in_it(monkeypatch):
    monkeypatch.setattr(limits, "OPENING_SECONDS", 0.0)
    run = run_of()
    assert answer(run, "inspect_step", {})["progress"] < 1
    run.act("change", {"learning_rate": 0.5})
    meta, _ = asked(run, "inspect_step")
    assert meta["learning_rate"] == 0.5
    assert not run.jobs


def test_open_steps_are_forgotten_by_their_memory(monkeypatch):
    runs = [Run(RunConfig(), f"run {number}") for number in range(3)]
    asked(runs[0], "inspect_step")
    size = opening._opened["run 0", 1].step.nbytes
    assert 2410 * 4 * 5 < size < 2410 * 4 * 7 + 100_000
    monkeypatch.setattr(limits, "INSIDE_BYTES", 2 * size)
    for run in runs[1:]:
        asked(run, "inspect_step")
    assert list(opening._opened) == [("run 1", 1), ("run 2", 1)]
    monkeypatch.setattr(limits, "INSIDE_BYTES", 1)
    asked(runs[0], "inspect_step")
    assert list(opening._opened) == [("run 0", 1)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_the_optimiser_works_out_leads_from_the_gradient_to_the_update(optimizer):
    run = take(run_of(optimizer=optimizer, learning_rate=0.01, l2=0.1), 2)
    meta, arrays = asked(run, "inspect_step")
    names = [term["name"] for term in meta["optimizer"]["terms"]]
    weight = choice(run, 0, 5, 20)[0]["weight"]
    for term in meta["optimizer"]["terms"]:
        name = term["name"]
        whole = asked(run, "inspect_array", step=3, quantity=name, layer=0)[1]["array"]
        assert whole[20, 5] == pytest.approx(weight[name], rel=1e-6)
        assert (f"{name}/0" in arrays) == term["is_whole"]
        if term["is_whole"]:
            np.testing.assert_array_equal(whole, arrays[f"{name}/0"])
    taken = {
        "sgd": lambda: weight["learning rate times gradient"],
        "momentum": lambda: -weight["velocity, after"],
        "nesterov": lambda: weight["learning rate times gradient"]
        - weight["the velocity looked ahead to"],
        "adagrad": lambda: weight["the parameter's own rate"] * weight["clipped"],
        "rmsprop": lambda: weight["the parameter's own rate"] * weight["clipped"],
        "adam": lambda: weight["what Adam takes away"],
        "adamw": lambda: weight["what Adam takes away"] + weight["what the decay takes away"],
    }[optimizer]()
    assert weight["update"] == pytest.approx(-taken, rel=1e-4)
    assert len(set(names)) == len(names)
