"""Looking at earlier moments, going on from one of them, comparing two."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.optimizers import OPTIMIZERS
from nnviz.runs import checkpoint, limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.frame import frame
from nnviz.settings import RunConfig
from tests.runs.samples import parameters, replayed, run_of, steps_in_history, take


def look(run, step, exact=True):
    """Look at a step and wait until it is shown; returns the run."""
    run.act("look", {"step": step, "exact": exact})
    return settled(run)


def settled(run):
    """Let work that is done in parts come to its end; returns the run."""
    while run.jobs:
        run.advance(0.01)
    return run


def shown(run, quantity="weights"):
    return wire.unpack(frame(run, quantity))


def test_everything_shown_is_of_the_step_looked_at_and_nothing_is_lost():
    run, seen = run_of(), {}
    for step in range(1, 61):
        take(run, 1)
        seen[step] = (*shown(run, "gradient"), parameters(run))
    for step in (1, 30, 17, 59, 2):
        meta, arrays = shown(look(run, step), "gradient")
        then, arrays_then, parameters_then = seen[step]
        assert (meta["step"], meta["metrics"]) == (step, then["metrics"])
        assert meta["timeline"]["is_looking"]
        assert meta["timeline"]["now"] == 60
        for name in ("W0", "W1", "b1", "confusion", "D0", "gradients1"):
            np.testing.assert_array_equal(arrays[name], arrays_then[name])
        np.testing.assert_array_equal(arrays["moment"][0], [step, *meta["metrics"].values()])
        np.testing.assert_array_equal(parameters(run), parameters_then)
        assert steps_in_history(run) == 60
        assert arrays["history"][-1, 0] == 60
    run.act("now")
    meta, arrays = shown(settled(run), "gradient")
    assert not meta["timeline"]["is_looking"]
    assert "moment" not in arrays
    np.testing.assert_array_equal(parameters(run), seen[60][2])
    np.testing.assert_array_equal(arrays["W0"], seen[60][1]["W0"])


def test_looking_at_the_present_or_past_the_ends_is_no_harm():
    run = take(run_of(), 10)
    look(run, 10**9)
    assert (run.now, run.trainer.step_count) == (None, 10)
    look(run, -5)
    assert (run.now, run.trainer.step_count) == (10, 0)
    meta, _ = shown(run, "gradient")
    assert (meta["quantity_available"], meta["can_step_back"]) == (False, False)
    with pytest.raises(RunError, match="Step 0 is the first that is known"):
        run.act("back")
    look(run, 10)
    assert run.now is None


@pytest.mark.parametrize("value", [None, 7, "7", {}, {"step": 1.5}, {"step": True}, [],
                                   {"step": 3, "exact": 1}, {"step": float("nan")}])
def test_an_impossible_moment_is_refused(value):
    with pytest.raises(RunError, match="Look at a step, a whole number"):
        take(run_of(), 3).act("look", value)


def test_a_look_that_is_not_exact_repeats_one_step_at_most():
    run = take(run_of(), 400)
    for step in range(0, 401, 7):
        near = look(run, step, exact=False).trainer.step_count
        assert near in (0, 400) or near - 1 in run.rewind.remembered_steps
        gaps = [abs(moment + 1 - step) for moment in run.rewind.remembered_steps[:-1]]
        assert abs(near - step) <= min([*gaps, step, 400 - step])


def test_looking_pauses_and_running_goes_on_from_now():
    run = run_of()
    run.act("run", True)
    for _ in range(20):
        run.advance(0.003)
    now = run.trainer.step_count
    look(run, 3)
    assert (run.state, run.due_in()) == ("paused", None)
    run.act("run", True)
    assert (run.now, run.trainer.step_count) == (None, now)
    run.act("run", False)
    take(run, 3)
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, now + 3)))


def test_an_epoch_asked_for_while_looking_is_that_of_now():
    run = look(take(run_of(), 50), 3)
    run.act("epoch")
    while run.state == "running":
        run.advance(0.01)
    assert run.trainer.step_count == 90
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, 90)))


def test_step_and_back_move_what_is_looked_at():
    run = look(take(run_of(), 12), 5)
    for action, step in (("step", 6), ("step", 7), ("back", 6), ("back", 5), ("back", 4)):
        run.act(action)
        settled(run)
        assert (run.now, run.trainer.step_count) == (12, step)
        reference = replayed(run.config, {}, step)
        np.testing.assert_array_equal(parameters(run), parameters(reference))
        np.testing.assert_array_equal(
            run.trainer.gradients.vector, reference.trainer.gradients.vector
        )
    look(run, 11)
    run.act("step")
    assert (settled(run).now, run.trainer.step_count) == (None, 12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dropout", [0, 0.3])
def test_continuing_is_training_from_exactly_those_weights(optimizer, dropout):
    run = run_of(optimizer=optimizer, learning_rate=0.01, dropout=dropout)
    look(take(run, 30), 12)
    run.act("continue")
    assert (run.now, run.trainer.step_count, run.state) == (None, 12, "paused")
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, 12)))
    take(run, 30)
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, 42)))


def test_a_branch_with_another_rate_goes_its_own_way_and_can_be_looked_back_over():
    run = look(take(run_of(), 40), 20)
    run.act("change", {"learning_rate": 0.5})
    np.testing.assert_array_equal(parameters(run), parameters(replayed(RunConfig(), {}, 20)))
    run.act("continue")
    take(run, 10)
    changes = {20: (0.5, 32)}
    for step in (30, 25, 21, 20, 8):
        look(run, step)
        reference = replayed(RunConfig(), changes, step)
        np.testing.assert_array_equal(parameters(run), parameters(reference), f"step {step}")


def test_a_change_while_looking_counts_from_now_on():
    run = look(take(run_of(), 10), 4)
    run.act("change", {"learning_rate": 0.5, "batch_size": 16})
    run.act("now")
    take(settled(run), 5)
    reference = replayed(RunConfig(), {10: (0.5, 16)}, 15)
    np.testing.assert_array_equal(parameters(run), parameters(reference))


def test_the_line_that_was_left_is_kept_faint_and_their_number_is_bounded():
    run = run_of()
    for fork in range(1, run.history.LINES + 3):
        for _ in range(6):
            take(run, 1).evaluate()
        left = run.history.figures[fork - 1 :, :2].copy()
        look(run, fork).act("continue")
        np.testing.assert_array_equal(run.history.lines[-1], left)
        assert len(run.history.lines) == min(fork, run.history.LINES)
        assert run.history.figures[-1, 0] == fork
    _, arrays = shown(run)
    np.testing.assert_array_equal(arrays["line3"], left)


def test_continuing_needs_a_moment():
    with pytest.raises(RunError, match="choose it on the timeline first"):
        take(run_of(), 3).act("continue")


def test_the_difference_of_two_moments():
    run = take(run_of(), 20)
    assert not shown(run, "difference")[0]["quantity_available"]
    look(run, 5).act("compare", True)
    np.testing.assert_array_equal(shown(run, "difference")[1]["W0"], 0)
    look(run, 15)
    meta, arrays = shown(run, "difference")
    assert (meta["timeline"]["compared"], meta["step"]) == (5, 15)
    earlier, later = (replayed(run.config, {}, step).network.weights[0] for step in (5, 15))
    np.testing.assert_array_equal(arrays["W0"], later - earlier)
    run.act("compare", False)
    assert not shown(run, "difference")[0]["quantity_available"]
    with pytest.raises(RunError, match="Compare is on or off"):
        run.act("compare", 5)


def test_a_far_moment_is_reached_in_parts_and_another_choice_takes_its_place(monkeypatch):
    monkeypatch.setattr(limits, "SEEK_SECONDS", 0.0)
    run = take(run_of(), 200)
    run.act("look", {"step": 140, "exact": True})
    target = run.rewind.remembered_steps
    far = next(b - 1 for a, b in itertools.pairwise(target) if b - a > 3)
    run.act("look", {"step": far, "exact": True})
    assert 0 < shown(run)[0]["timeline"]["seeking"] < 1
    with pytest.raises(RunError, match="still being worked out"):
        run.act("continue")
    version = run.version
    settled(run)
    assert run.version > version
    assert shown(run)[0]["timeline"]["seeking"] is None
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, far)))


def test_what_is_saved_while_looking_is_the_present():
    run = look(take(run_of(), 30), 8)
    loaded = checkpoint.load("run", checkpoint.save(run))
    assert (loaded.now, loaded.trainer.step_count) == (None, 30)
    assert run.trainer.step_count == 8
    np.testing.assert_array_equal(parameters(loaded), parameters(replayed(run.config, {}, 30)))


def test_lines_that_were_left_are_saved():
    run = run_of()
    for _ in range(12):
        take(run, 1).evaluate()
    look(run, 5).act("continue")
    loaded = checkpoint.load("run", checkpoint.save(run))
    np.testing.assert_array_equal(loaded.history.lines[0], run.history.lines[0])


def test_reset_ends_looking():
    run = look(take(run_of(), 30), 8)
    run.act("compare", True)
    run.act("reset")
    assert (run.now, run.compared, run.trainer.step_count, run.state) == (None, None, 0, "ready")


WISHES = st.one_of(
    st.just(("step", None)), st.just(("step", None)),
    st.just(("back", None)),
    st.just(("now", None)),
    st.just(("continue", None)),
    st.tuples(st.just("look"), st.fixed_dictionaries({
        "step": st.integers(0, 40), "exact": st.booleans()})),
    st.tuples(st.just("change"), st.fixed_dictionaries({
        "learning_rate": st.sampled_from([0.01, 0.1, 0.5])})),
)


@settings(max_examples=60)
@given(st.lists(WISHES, min_size=5, max_size=50))
def test_whatever_was_looked_at_the_weights_are_those_of_the_step_shown(wishes):
    run = run_of()
    rates = []  # of each step of the present line
    for action, value in wishes:
        looking, shown_step = run.now is not None, run.trainer.step_count
        if (action == "back" and not run.can_step_back) or (action == "continue" and not looking):
            continue
        run.act(action, value)
        settled(run)
        if not looking and action == "step":
            rates.append(run.config.learning_rate)
        if (not looking and action == "back") or action == "continue":
            del rates[shown_step - (action == "back"):]
        assert run.present_step == len(rates)
        step = run.trainer.step_count
        reference = replayed(RunConfig(), {n: (rate, 32) for n, rate in enumerate(rates)}, step)
        np.testing.assert_array_equal(parameters(run), parameters(reference))
    assert steps_in_history(run) == len(rates)


@pytest.mark.parametrize(("action", "present"), [("step", 31), ("back", 29)])
def test_a_button_pressed_on_the_way_to_the_present_means_the_present(
    monkeypatch, action, present
):
    monkeypatch.setattr(limits, "SEEK_SECONDS", 0.0)
    run = look(take(run_of(), 30), 5)
    run.act("now")
    assert "seek" in run.jobs
    run.act(action)
    assert (run.now, run.trainer.step_count) == (None, present)
    np.testing.assert_array_equal(parameters(run), parameters(replayed(run.config, {}, present)))


@pytest.mark.parametrize(("action", "shown"), [("step", 21), ("back", 19)])
def test_a_button_pressed_on_the_way_to_an_earlier_step_means_that_one(
    monkeypatch, action, shown
):
    monkeypatch.setattr(limits, "SEEK_SECONDS", 0.0)
    run = take(run_of(), 30)
    run.act("look", {"step": 20, "exact": True})
    assert "seek" in run.jobs
    run.act(action)
    assert (run.now, settled(run).trainer.step_count) == (30, shown)
