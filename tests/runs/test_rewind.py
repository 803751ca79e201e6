"""Going back: exactly to what was, whatever happened since."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.optimizers import OPTIMIZERS
from nnviz.runs import limits, rewind
from nnviz.runs.errors import RunError
from nnviz.settings import RunConfig
from tests.runs.samples import parameters, replayed, run_of, steps_in_history, take

SAMPLES = RunConfig().training_samples


def back_and_forth(run):
    """Check that a step taken back and taken again is the same step; returns the run."""
    after = parameters(run)
    gradient = run.trainer.gradients.vector.copy()
    update = run.trainer.update.copy()
    run.act("back")
    run.act("step")
    np.testing.assert_array_equal(parameters(run), after)
    np.testing.assert_array_equal(run.trainer.gradients.vector, gradient)
    np.testing.assert_array_equal(run.trainer.update, update)
    return run


@pytest.mark.parametrize("steps", [1, 2, 44, 45, 46, 90, 91])
def test_a_step_back_and_forward_is_the_same_step(steps):
    run = back_and_forth(take(run_of(), steps))
    assert run.trainer.step_count == steps
    assert run.trainer.samples_seen == replayed(run.config, {}, steps).trainer.samples_seen


@pytest.mark.parametrize("batch_size", [1, 719, SAMPLES])
def test_the_same_for_every_batch_size(batch_size):
    back_and_forth(take(run_of(batch_size=batch_size), 3))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("steps", [1, 2, 6])
def test_the_same_for_every_optimizer(optimizer, steps):
    back_and_forth(take(run_of(optimizer=optimizer, learning_rate=0.01), steps))


def test_back_after_a_long_run():
    run = run_of()
    run.act("run", True)
    for _ in range(40):
        run.advance(0.005)
    run.act("run", False)
    back_and_forth(run)


def test_every_step_back_gives_the_weights_and_the_gradient_of_that_step():
    run, seen = run_of(), []
    for _ in range(50):
        run.act("step")
        seen.append((parameters(run), run.trainer.gradients.vector.copy()))
    for weights, gradient in reversed(seen[:-1]):
        run.act("back")
        np.testing.assert_array_equal(parameters(run), weights)
        np.testing.assert_array_equal(run.trainer.gradients.vector, gradient)
    run.act("back")
    assert (run.state, run.trainer.step_count, run.can_step_back) == ("ready", 0, False)
    np.testing.assert_array_equal(parameters(run), run.initial_parameters)
    assert run.trainer.update is None
    with pytest.raises(RunError, match="Step 0 is the first that is known: nothing to take back"):
        run.act("back")


def test_history_goes_back_too():
    run = take(run_of(), 20)
    run.evaluate()
    run.act("back")
    assert steps_in_history(run) == 19
    assert not len(run.history.figures) or run.history.figures[-1, 0] <= 19
    run.evaluate()
    assert run.history.figures[-1, 0] == 19


def test_a_step_back_keeps_the_settings_of_now():
    run = take(run_of(), 5)
    run.act("change", {"learning_rate": 0.01, "batch_size": 16})
    take(run, 3)
    for _ in range(5):
        run.act("back")
    assert run.trainer.step_count == 3
    assert (run.trainer.optimizer.learning_rate, run.trainer.batch_size) == (0.01, 16)
    reference = replayed(run.config.changed(learning_rate=0.1, batch_size=32), {}, 3)
    np.testing.assert_array_equal(parameters(run), parameters(reference))
    take(run, 4)
    reference = replayed(
        run.config.changed(learning_rate=0.1, batch_size=32), {3: (0.01, 16)}, 7
    )
    np.testing.assert_array_equal(parameters(run), parameters(reference))


def test_back_over_a_change_repeats_each_step_with_its_own_settings():
    run = take(run_of(), 10)
    run.act("change", {"learning_rate": 0.7})
    take(run, 10)
    run.act("change", {"batch_size": 100})
    take(run, 10)
    changes = {10: (0.7, 32), 20: (0.7, 100)}
    for step in range(29, 0, -1):
        run.act("back")
        reference = replayed(RunConfig(), changes, step)
        np.testing.assert_array_equal(parameters(run), parameters(reference), f"step {step}")


def test_changes_are_known_for_longer_than_states(monkeypatch):
    monkeypatch.setattr(rewind, "REMEMBERED_STATES", 4)
    run = take(run_of(), 6)
    run.act("change", {"learning_rate": 0.7})
    take(run, 60)
    assert len(run.rewind.remembered_steps) == 4
    for step in range(65, 0, -1):
        run.act("back")
        if step % 8 == 0 or step < 8:
            reference = replayed(RunConfig(), {6: (0.7, 32)}, step)
            np.testing.assert_array_equal(parameters(run), parameters(reference), f"step {step}")


def test_of_too_many_changes_the_oldest_are_the_end_of_the_way_back(monkeypatch):
    monkeypatch.setattr(rewind, "REMEMBERED_CHANGES", 5)
    run, rates = run_of(), {}
    for step in range(12):
        rates[step] = (0.01 * (step + 1), 32)
        run.act("change", {"learning_rate": rates[step][0]})
        run.act("step")
    while run.can_step_back:
        run.act("back")
        reference = replayed(RunConfig(), rates, run.trainer.step_count)
        np.testing.assert_array_equal(parameters(run), parameters(reference))
    assert 6 <= run.trainer.step_count <= 9


def test_states_take_a_bounded_amount_of_memory():
    def held(run):
        return sum(state["parameters"].nbytes for state in run.rewind._states)

    small, wide = take(run_of(), 100), take(run_of(hidden=((512, "relu"),) * 2), 20)
    assert len(small.rewind.remembered_steps) == limits.REMEMBERED_STATES
    assert 3 < len(wide.rewind.remembered_steps) < 20
    for run in (small, back_and_forth(wide)):
        assert held(run) < limits.REMEMBERED_BYTES


def test_remembered_states_are_dense_near_the_present_and_reach_to_the_beginning():
    run = take(run_of(), 400)
    steps = run.rewind.remembered_steps
    gaps = np.diff(steps)
    assert (steps[0], steps[-1]) == (0, 400)
    assert gaps[-5:].max() <= 2
    assert gaps.max() < 100
    assert gaps[: len(gaps) // 2].mean() > gaps[len(gaps) // 2 :].mean()


ACTIONS = st.one_of(
    st.just(("step", None)),
    st.just(("back", None)),
    st.tuples(st.just("change"), st.fixed_dictionaries({}, optional={
        "learning_rate": st.sampled_from([0.01, 0.1, 0.5]),
        "batch_size": st.sampled_from([16, 32, 500]),
    })),
)


@settings(max_examples=40)
@given(st.lists(ACTIONS, min_size=5, max_size=40))
def test_whatever_was_done_the_weights_are_those_of_the_steps_that_count(actions):
    run = run_of()
    used = []  # the settings of each step that has not been taken back
    for action, value in actions:
        if action == "back" and not used:
            continue
        run.act(action, value)
        if action == "step":
            used.append((run.config.learning_rate, run.config.batch_size))
        if action == "back":
            used.pop()
    reference = replayed(RunConfig(), dict(enumerate(used)), len(used))
    np.testing.assert_array_equal(parameters(run), parameters(reference))
    assert run.trainer.samples_seen == reference.trainer.samples_seen
    assert steps_in_history(run) == len(used)
