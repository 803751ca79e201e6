"""A saved run goes on as if it had never stopped."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.optimizers import OPTIMIZERS
from nnviz.runs import checkpoint, limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.run import Run
from nnviz.settings import SETTINGS, RunConfig
from tests.runs.samples import (
    FRAGILE,
    RUINOUS_RATE,
    look,
    parameters,
    run_of,
    steps_in_history,
    take,
    train_to_the_end,
)


def copied(run):
    """The run that comes back from the store."""
    return checkpoint.load(run.id, checkpoint.save(run))


@pytest.mark.parametrize(
    ("steps", "batch_size"), [(0, 32), (1, 32), (44, 32), (45, 32), (46, 32), (100, 32), (3, 1438)]
)
def test_training_after_loading_equals_uninterrupted_training(steps, batch_size):
    run = take(run_of(batch_size=batch_size), steps)
    loaded = copied(run)
    assert loaded.trainer.step_count == steps
    take(run, 50)
    take(loaded, 50)
    np.testing.assert_array_equal(parameters(loaded), parameters(run))
    assert loaded.trainer.samples_seen == run.trainer.samples_seen
    for name, array in run.history.state()[1].items():
        np.testing.assert_array_equal(loaded.history.state()[1][name], array)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 3])
def test_the_same_with_every_optimizer(optimizer, steps):
    run = take(run_of(optimizer=optimizer, learning_rate=0.01), steps)
    loaded = take(copied(run), 5)
    np.testing.assert_array_equal(parameters(loaded), parameters(take(run, 5)))


@pytest.mark.parametrize("schedule", SETTINGS["schedule"].choices)
def test_the_same_with_every_schedule_and_while_units_drop_out(schedule):
    # Saved within an epoch and after one: rate, masks and order of the samples go on.
    run = run_of(
        schedule=schedule, schedule_epochs=0.8, dropout=0.3, optimizer="adam", learning_rate=0.01,
        hidden=((16, "relu"), (8, "tanh")), clip_norm=1.0, l2=0.001,
    )
    for steps in (20, 30):
        loaded = copied(take(run, steps))
        np.testing.assert_array_equal(parameters(take(loaded, 40)), parameters(take(run, 40)))
        assert loaded.trainer.optimizer.factor == run.trainer.optimizer.factor


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from([0.01, 0.3]), st.sampled_from([16, 500]),
                          st.integers(1, 30)), max_size=4))
def test_the_same_after_changes_and_saving_each_time(parts):
    run, straight = run_of(), run_of()
    for rate, batch_size, steps in parts:
        for each in (run, straight):
            each.act("change", {"learning_rate": rate, "batch_size": batch_size})
            take(each, steps)
        run = copied(run)
    np.testing.assert_array_equal(parameters(run), parameters(straight))
    assert run.config == straight.config


def test_everything_that_was_chosen_comes_back():
    config = RunConfig(
        hidden=((20, "tanh"), (5, "sigmoid")), loss="mse", output="sigmoid", seed=9,
        initializer="glorot_normal", scaling="standard", test_share=0.5,
    )
    run = take(Run(config, "run"), 3)
    run.act("speed", 30)
    run.act("stops", {"epochs": 7, "accuracy": 0.9})
    run.act("change", {"learning_rate": 0.3, "batch_size": 11})
    run.act("run", True)
    loaded = copied(run)
    for name in ("id", "config", "speed", "stop_epochs", "stop_accuracy", "state", "notice"):
        assert getattr(loaded, name) == getattr(run, name), name
    np.testing.assert_array_equal(loaded.initial_parameters, run.initial_parameters)
    assert loaded.evaluate().figures == run.evaluate().figures


def test_an_epoch_that_was_asked_for_still_ends():
    run = run_of()
    run.act("epoch")
    run.advance(0.0)
    loaded = copied(run)
    assert loaded.state == "running"
    train_to_the_end(loaded)
    assert (loaded.state, loaded.trainer.epoch) == ("paused", 1)


OPTIMISERS = [("sgd", 0.1), ("adam", 0.003)]


@pytest.mark.parametrize(("optimizer", "rate"), OPTIMISERS)
def test_a_loaded_run_goes_back_to_any_step_bit_for_bit(optimizer, rate):
    run = run_of(optimizer=optimizer, learning_rate=rate, dropout=0.2)
    seen = [parameters(run)]
    for step in range(60):
        if step == 20:
            run.act("change", {"learning_rate": 3 * rate, "batch_size": 50})
        seen.append(parameters(take(run, 1)))
    loaded = copied(copied(run))  # also what was saved twice
    assert loaded.rewind.earliest_step == 0
    assert len(loaded.rewind.moments) > 4
    loaded.act("back")
    np.testing.assert_array_equal(parameters(loaded), seen[59])
    for step in (45, 20, 21, 1, 0):
        look(loaded, step)
        assert loaded.trainer.step_count == step
        np.testing.assert_array_equal(parameters(loaded), seen[step])
    loaded.act("now")
    np.testing.assert_array_equal(parameters(take(loaded, 1)), seen[60])


def test_a_run_saved_in_mid_training_or_while_an_earlier_step_is_shown_goes_back_too():
    run = take(run_of(), 30)
    run.train(5)  # further than the last state remembered
    moving = copied(run)
    assert moving.rewind.remembered_steps[-1] == 35
    run.pause()
    look(run, 3)
    shown = copied(run)
    for loaded in (moving, shown):
        assert loaded.trainer.step_count == loaded.present_step
        look(loaded, 3)
        np.testing.assert_array_equal(parameters(loaded), parameters(take(run_of(), 3)))


def test_nothing_before_what_was_set_by_hand_is_gone_back_to():
    run = take(run_of(), 10)
    run.act("set", {"layer": 0, "row": 3, "unit": 2, "value": 1.5})
    after = [parameters(take(run, 1)) for _ in range(5)]
    loaded = copied(run)
    assert loaded.rewind.remembered_steps[0] == 10
    look(loaded, 0)  # the nearest that is known
    assert loaded.trainer.step_count == 11
    np.testing.assert_array_equal(parameters(loaded), after[0])


def test_few_states_are_saved_and_none_of_a_large_network():
    run = take(run_of(), 200)
    assert len(run.rewind.remembered_steps) > limits.SAVED_STATES
    saved = run.rewind.to_save()
    assert len(saved) == limits.SAVED_STATES
    assert (saved[0]["step_count"], saved[-1]["step_count"]) == (0, 199)
    large = take(run_of(hidden=((512, "relu"), (128, "relu"))), 3)
    assert large.rewind.to_save() == []
    loaded = copied(large)
    assert not loaded.can_step_back
    with pytest.raises(RunError, match="Step 3 is the first that is known"):
        loaded.act("back")


def test_a_run_saved_without_earlier_states_is_loaded():
    run = take(run_of(), 20)
    meta, arrays = wire.unpack(checkpoint.save(run))
    del meta["past"]
    kept = {name: array for name, array in arrays.items() if not name.startswith("past/")}
    loaded = checkpoint.load("run", wire.pack(meta, kept))
    assert not loaded.can_step_back
    seen = [parameters(take(loaded, 1)) for _ in range(4)]
    for step in (2, 1, 0):
        loaded.act("back")
        np.testing.assert_array_equal(parameters(loaded), seen[step])
    assert not loaded.can_step_back


def test_a_run_that_has_blown_up_is_saved_at_its_last_finite_step():
    run = Run(FRAGILE.changed(learning_rate=RUINOUS_RATE), "run")
    run.act("run", True)
    with np.errstate(all="ignore"):
        while run.evaluator().is_finite():
            run.advance(0.0)
    loaded = copied(run)
    assert loaded.state == run.state == "diverged"
    # The way back that the notice offers is not saved.
    assert loaded.notice == {"level": "error", "text": run.notice["text"]}
    assert np.isfinite(loaded.evaluate().figures).all()
    loaded.act("run", True)
    train_to_the_end(loaded)
    loaded.evaluate()
    np.testing.assert_array_equal(parameters(loaded), parameters(run))
    assert steps_in_history(loaded) == loaded.trainer.step_count


def test_a_run_loaded_just_before_it_blows_up_stays_there():
    run = Run(FRAGILE.changed(learning_rate=RUINOUS_RATE), "run")
    while run.state != "diverged":
        before = checkpoint.save(run)
        run.act("step")
        run.evaluate()
    loaded = checkpoint.load("run", before)
    loaded.act("step")
    loaded.evaluate()
    assert (loaded.state, loaded.trainer.step_count) == ("diverged", run.trainer.step_count)
    np.testing.assert_array_equal(parameters(loaded), parameters(run))


@pytest.fixture(scope="module")
def saved():
    return checkpoint.save(take(run_of(), 5))


@pytest.mark.parametrize("kept", [0, 0.0001, 0.01, 0.05, 0.1, 0.5, 0.9, 0.99, 0.999])
def test_a_checkpoint_cut_short_is_an_error(saved, kept):
    with pytest.raises(ValueError, match="Damaged message"):
        checkpoint.load("run", saved[: int(len(saved) * kept)])


def parts(saved, missing):
    """Every way to leave out one entry of a header, as (path, header)."""
    for name, value in missing.items():
        yield name, {key: other for key, other in missing.items() if key != name}
        if isinstance(value, dict):
            for path, part in parts(saved, value):
                yield f"{name}.{path}", missing | {name: part}


def test_a_checkpoint_that_lacks_something_is_an_error_or_takes_the_default(saved):
    meta, arrays = wire.unpack(saved)
    for path, header in parts(saved, meta):
        if path.startswith("config."):
            # Missing settings take their default: that is how a link may be short.
            assert checkpoint.load("run", wire.pack(header, arrays)).trainer.step_count == 5
        elif path in (
            "changes", "given", "was_edited", "edits", "past", "trainer.frozen",
            "trainer.epochs_before",
        ):
            # Of a run saved before these were: where it can be repeated from is not known.
            loaded = checkpoint.load("run", wire.pack(header, arrays))
            assert path != "changes" or list(loaded.rewind.changes) == [5]
            assert path != "past" or loaded.rewind.remembered_steps == [5]
            assert (loaded.edits, loaded.was_edited) == ([], False)
        elif not path.startswith(("trainer.rng.", "trainer.mask_rng")):
            with pytest.raises(ValueError, match="Saved run"):
                checkpoint.load("run", wire.pack(header, arrays))
    for name in arrays:
        fewer = {key: array for key, array in arrays.items() if key != name}
        with pytest.raises(ValueError, match="Saved run lacks something"):
            checkpoint.load("run", wire.pack(meta, fewer))


def test_arrays_of_another_network_are_an_error(saved):
    meta, arrays = wire.unpack(saved)
    with pytest.raises(ValueError, match="broadcast"):
        checkpoint.load("run", wire.pack(meta, arrays | {"parameters": np.zeros(7, np.float32)}))


def test_a_later_version_is_refused(saved):
    meta, arrays = wire.unpack(saved)
    with pytest.raises(ValueError, match="format version 99; this nnviz reads 1"):
        checkpoint.load("run", wire.pack(meta | {"version": 99}, arrays))


def test_settings_out_of_range_are_refused(saved):
    meta, arrays = wire.unpack(saved)
    meta["config"]["hidden"] = [[10**9, "relu"]]
    with pytest.raises(ValueError, match="Hidden layers cannot be"):
        checkpoint.load("run", wire.pack(meta, arrays))


def test_a_checkpoint_is_small_and_plain(saved):
    assert len(saved) < 80_000  # with five earlier states
    meta, _ = wire.unpack(saved)
    assert json.loads(json.dumps(meta)) == meta
