"""What may be done with a run, and that it does exactly that."""

import itertools
import math

import numpy as np
import pytest

from nnviz.runs.actions import ACTIONS
from nnviz.runs.errors import RunError
from nnviz.runs.run import Run
from nnviz.settings import RunConfig
from tests.runs.samples import (
    look,
    parameters,
    run_of,
    steps_in_history,
    take,
    train_to_the_end,
    untouched,
)

SAMPLES = RunConfig().training_samples  # 1438: 44 batches of 32 and one of 30
STEPS_PER_EPOCH = math.ceil(SAMPLES / 32)


def test_ten_steps_one_by_one_equal_one_run_of_ten():
    one_by_one, at_once = take(run_of(), 10), run_of()
    at_once.train(10)
    np.testing.assert_array_equal(parameters(one_by_one), parameters(at_once))
    one, other = (run.history.state()[1]["raw"] for run in (one_by_one, at_once))
    np.testing.assert_array_equal(one, other)


def test_an_epoch_in_slices_equals_its_steps():
    sliced, stepped = run_of(), take(run_of(), STEPS_PER_EPOCH)
    sliced.act("epoch")
    while sliced.state == "running":
        sliced.advance(0.0)  # one step a slice
    np.testing.assert_array_equal(parameters(sliced), parameters(stepped))
    assert steps_in_history(sliced) == steps_in_history(stepped) == STEPS_PER_EPOCH


def test_looking_does_not_change_what_is_learned():
    watched, unwatched = run_of(), take(run_of(), 5)
    for _ in range(5):
        watched.act("step")
        watched.evaluate()
    np.testing.assert_array_equal(parameters(watched), parameters(unwatched))


@pytest.mark.parametrize("batch_size", [1, 32, 719, SAMPLES])
@pytest.mark.parametrize("earlier", [0, 1, 7])
def test_an_epoch_ends_exactly_where_it_ends(batch_size, earlier):
    run = take(run_of(batch_size=batch_size), earlier)
    expected = (run.trainer.samples_seen // SAMPLES + 1) * SAMPLES
    run.act("epoch")
    assert run.state == "running"
    train_to_the_end(run)
    assert run.state == "paused"
    assert run.trainer.samples_seen == expected
    assert run.pace.steps_per_second == 0


def test_the_next_epoch_starts_where_the_last_ended():
    run = run_of()
    for number in (1, 2, 3):
        run.act("epoch")
        train_to_the_end(run)
        assert run.trainer.epoch == number


def test_an_epoch_goes_at_full_speed():
    run = run_of()
    run.act("speed", 1)
    run.act("epoch")
    assert run.due_in() == 0
    train_to_the_end(run)
    assert run.trainer.epoch == 1


def test_run_takes_an_epoch_asked_for_beyond_its_end():
    run = run_of()
    run.act("epoch")
    run.act("run", True)
    while run.trainer.epoch <= 1.5:
        run.advance(0.001)
    assert run.state == "running"


def test_the_states_of_a_run():
    run = run_of()
    states = [run.state]
    for action in (("step",), ("run", True), ("run", False), ("back",), ("reset",)):
        run.act(*action)
        if run.state == "running":
            run.advance(0.001)
        states.append(run.state)
    assert states == ["ready", "paused", "running", "paused", "paused", "ready"]


def test_a_step_pauses_a_run_that_is_running():
    run = run_of()
    run.act("run", True)
    run.advance(0.001)
    before = run.trainer.step_count
    run.act("step")
    assert (run.state, run.trainer.step_count, run.due_in()) == ("paused", before + 1, None)


def test_reset_gives_the_same_first_weights_and_the_same_training():
    run = run_of()
    first = parameters(run)
    trained = parameters(take(run, 50))
    run.act("reset")
    np.testing.assert_array_equal(parameters(run), first)
    assert (run.state, run.trainer.step_count, steps_in_history(run)) == ("ready", 0, 0)
    assert len(run.history.figures) == 0
    np.testing.assert_array_equal(parameters(take(run, 50)), trained)


def test_reset_keeps_what_was_changed_since():
    run = take(run_of(), 3)
    run.act("change", {"learning_rate": 0.03, "batch_size": 8})
    run.act("stops", {"epochs": 4, "accuracy": None})
    run.act("speed", 30)
    run.act("reset")
    assert (run.trainer.optimizer.learning_rate, run.trainer.batch_size) == (0.03, 8)
    assert (run.stop_epochs, run.speed) == (4, 30)
    fresh = take(run_of(learning_rate=0.03, batch_size=8), 20)
    np.testing.assert_array_equal(parameters(take(run, 20)), parameters(fresh))


def test_new_weights_are_those_of_the_next_seed():
    run = take(run_of(seed=4), 3)
    run.act("new_weights")
    assert (run.config.seed, run.trainer.step_count) == (5, 0)
    np.testing.assert_array_equal(parameters(run), parameters(run_of(seed=5)))


def test_after_the_highest_seed_comes_the_first():
    run = run_of(seed=2**31 - 1)
    run.act("new_weights")
    assert run.config.seed == 0


def test_live_settings_count_from_the_next_step():
    run = take(run_of(), 3)
    before = parameters(run)
    run.act("change", {"learning_rate": 1e-5})
    run.act("step")
    assert 0 < np.abs(parameters(run) - before).max() < 1e-4
    run.act("change", {"batch_size": 100})
    seen = run.trainer.samples_seen
    run.act("step")
    assert run.trainer.samples_seen - seen == 100
    assert (run.config.learning_rate, run.config.batch_size) == (1e-5, 100)


@pytest.mark.parametrize(
    ("action", "value", "message"),
    [
        ("fly", None, "Unknown action 'fly'. Known: step, epoch"),
        ([1], None, "Unknown action"),
        ({}, None, "Unknown action"),
        (None, None, "Unknown action 'None'"),
        ("run", "yes", "Run is on or off. Received: 'yes'"),
        ("run", 1, "Run is on or off"),
        ("speed", 2, "Give one of 1, 3, 10"),
        ("speed", True, "Give one of 1, 3, 10"),
        ("speed", [1], "Give one of 1, 3, 10"),
        ("speed", float("nan"), "Give one of 1, 3, 10"),
        ("stops", {"epochs": 0}, "Give a whole number from 1 to 1,000,000"),
        ("stops", {"epochs": 2.5}, "Give a whole number from 1 to 1,000,000"),
        ("stops", {"epochs": 10**400}, "Give a whole number from 1 to 1,000,000"),
        ("stops", {"epochs": "3"}, "Stop after epochs cannot be"),
        ("stops", {"accuracy": 1.01}, "Stop at test accuracy cannot be"),
        ("stops", {"accuracy": float("nan")}, "Stop at test accuracy cannot be"),
        ("stops", {"epochs": 3, "accuracy": -1}, "Stop at test accuracy cannot be"),
        ("stops", {"patience": 0}, "Give a whole number from 1 to 1,000,000"),
        ("stops", [3], "Stops are epochs, accuracy and patience"),
        ("change", {"seed": 3}, "Only the learning rate and the batch size change"),
        ("change", {"hidden": []}, "Only the learning rate and the batch size change"),
        ("change", {"speed": 3}, "Only the learning rate and the batch size change"),
        ("change", 0.1, "Only the learning rate and the batch size change"),
        ("change", {"learning_rate": 0}, "Learning rate cannot be 0"),
        ("change", {"learning_rate": float("inf")}, "Learning rate cannot be inf"),
        ("change", {"learning_rate": 10**400}, "Learning rate cannot be 1000"),
        ("change", {"batch_size": SAMPLES + 1}, f"there are {SAMPLES:,} training samples"),
        ("change", {"learning_rate": 0.5, "batch_size": 0}, "Batch size cannot be 0"),
        ("back", None, "Step 0 is the first that is known"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(action, value, message):
    run = run_of()
    with untouched(run), pytest.raises(RunError) as caught:
        run.act(action, value)
    assert str(caught.value).startswith(message) or message in str(caught.value)


def test_every_action_is_a_change_that_pages_see():
    values = {"run": True, "speed": 10, "stops": {}, "change": {}, "look": {"step": 1},
              "compare": True, "switch": {"layer": 0, "unit": 0, "off": True},
              "freeze": {"layer": 0, "on": True},
              "set": {"layer": 0, "row": 0, "unit": 0, "value": 1.0}}
    run = run_of()
    # Not of every run: see test_divergence and test_editing.
    for action in sorted(ACTIONS.keys() - {"recover", "renew", "undo"}):
        take(run, 2)
        if action == "continue":
            look(run, run.trainer.step_count - 1)
        version = run.version
        run.act(action, values.get(action))
        assert run.version > version


def test_ids_cannot_be_guessed():
    ids = {Run(RunConfig(batch_size=1)).id for _ in range(5)}
    assert len(ids) == 5
    assert all(len(id) >= 20 for id in ids)


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("batch_size", [32, 1000])
def test_the_stop_after_epochs_holds_exactly(epochs, batch_size):
    run = run_of(batch_size=batch_size)
    run.act("stops", {"epochs": epochs, "accuracy": None})
    run.act("run", True)
    train_to_the_end(run)
    assert run.state == "stopped"
    assert run.trainer.samples_seen == epochs * SAMPLES
    assert run.trainer.step_count == epochs * math.ceil(SAMPLES / batch_size)
    assert run.notice["text"].startswith(f"Stopped after epoch {epochs}:")
    assert steps_in_history(run) == run.trainer.step_count


def test_one_stop_is_chosen_without_a_word_of_the_others():
    run = run_of()
    for stops in ({"epochs": 40}, {"accuracy": 0.9}, {"patience": 5}, {"accuracy": None}):
        run.act("stops", stops)
    assert (run.stop_epochs, run.stop_accuracy, run.stop_patience) == (40, None, 5)


def test_the_stop_at_an_accuracy_is_at_the_first_epoch_that_reaches_it():
    measured = run_of()
    accuracies = [0.0]
    while accuracies[-1] < 0.9:
        take(measured, STEPS_PER_EPOCH)
        accuracies.append(measured.evaluate().test_accuracy)
    run = run_of()
    run.act("stops", {"epochs": None, "accuracy": 0.9})
    run.act("run", True)
    train_to_the_end(run)
    assert run.state == "stopped"
    assert run.trainer.epoch == len(accuracies) - 1
    assert run.evaluate().test_accuracy == accuracies[-1]
    assert f"{accuracies[-1]:.3f} has reached 0.9" in run.notice["text"]


def test_the_stop_without_gain_waits_for_so_many_epochs_after_the_best():
    measured = run_of(learning_rate=1.0)
    losses = [measured.evaluate().test_loss]
    while len(losses) - 1 - int(np.argmin(losses)) < 3:
        take(measured, STEPS_PER_EPOCH)
        losses.append(measured.evaluate().test_loss)
    run = run_of(learning_rate=1.0)
    run.act("stops", {"patience": 3})
    run.evaluate()
    run.act("run", True)
    train_to_the_end(run)
    assert run.state == "stopped"
    assert run.trainer.epoch == len(losses) - 1
    best = int(np.argmin(losses)) * STEPS_PER_EPOCH
    assert f"not fallen for 3 epochs. It was lowest after step {best:,}." in run.notice["text"]


def test_a_stopped_run_can_go_on():
    run = run_of()
    run.act("stops", {"epochs": 1, "accuracy": None})
    run.act("run", True)
    train_to_the_end(run)
    run.act("stops", {"epochs": 2, "accuracy": None})
    run.act("run", True)
    assert run.notice is None
    train_to_the_end(run)
    assert (run.state, run.trainer.epoch) == ("stopped", 2)


def test_a_stop_that_was_reached_does_not_end_the_next_run():
    run = run_of()
    run.act("stops", {"epochs": 1, "accuracy": None, "patience": 900})
    run.act("run", True)
    train_to_the_end(run)
    run.act("run", True)
    assert (run.stop_epochs, run.stop_patience) == (None, 900)
    while run.trainer.epoch < 2.5:
        run.advance(0.01)
    assert run.state == "running"


def test_figures_are_measured_after_each_of_the_first_epochs():
    run = run_of(batch_size=SAMPLES)
    run.act("stops", {"epochs": 140, "accuracy": None})
    run.act("run", True)
    train_to_the_end(run)
    steps = run.history.figures[:, 0]
    np.testing.assert_array_equal(steps[:16], np.arange(1, 17))
    np.testing.assert_array_equal(np.diff(steps[15:24]), 2)
    np.testing.assert_array_equal(np.diff(steps[24:32]), [4] * 7)


def test_any_order_of_actions_keeps_history_and_steps_together():
    values = {"run": True, "speed": 1000, "stops": {"epochs": 1}, "change": {"batch_size": 7}}
    for actions in itertools.permutations(("run", "step", "back", "epoch", "change"), 3):
        run = take(run_of(), 2)
        for action in actions:
            run.act(action, values.get(action))
            if run.state == "running":
                run.advance(0.0)
            assert steps_in_history(run) == run.trainer.step_count
            assert run.evaluate().confusion.sum() == 359
            assert run.history.figures[-1, 0] == run.trainer.step_count
