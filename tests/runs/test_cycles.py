"""A schedule that ends at 0: training stops there, and begins it anew when it is to go on."""

import numpy as np
import pytest

from nnviz.runs import checkpoint, cycles
from nnviz.runs.correction import correct, undo_correction
from nnviz.runs.frame import frame
from nnviz.runs.takeaway import record, unpacked
from nnviz.runs.wire import unpack
from tests.runs.drawings import own
from tests.runs.samples import look, parameters, run_of, take, train_to_the_end


def ended(**settings):
    """A run whose schedule of two epochs has ended."""
    run = run_of(schedule="cosine", schedule_epochs=2, batch_size=100, **settings)
    run.act("run", True)
    return train_to_the_end(run)


def meta_of(run):
    return unpack(frame(run))[0]


def test_training_stops_where_the_schedule_ends_and_says_so():
    run = ended()
    assert (run.state, run.trainer.epoch) == ("stopped", 2)
    assert run.notice["text"] == (
        "Stopped after epoch 2: the cosine schedule has ended at a learning rate of 0. Run begins "
        "it anew."
    )
    meta = meta_of(run)
    assert (meta["schedule_start"], meta["schedule_end"]) == (0, 2)


def test_a_step_beyond_the_end_changes_nothing_and_says_so():
    run = ended()
    before = parameters(run)
    run.act("step")
    np.testing.assert_array_equal(parameters(run), before)
    assert run.notice["text"].startswith("This step changes nothing: the cosine schedule has ended")


@pytest.mark.parametrize(("action", "value"), [("run", True), ("epoch", None)])
def test_it_begins_anew_where_training_is_to_go_on(action, value):
    run = ended()
    before = parameters(run)
    run.act(action, value)
    run.advance(0.0)  # a step
    assert run.trainer.optimizer.factor == 1
    assert (parameters(run) != before).any()
    meta = meta_of(run)
    assert (meta["schedule_start"], meta["schedule_end"]) == (2, 4)
    train_to_the_end(run)
    if action == "run":
        assert (run.state, run.trainer.epoch) == ("stopped", 4)
        run.act("run", True)
        assert cycles.end(run) == 6


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "warm_up"])
def test_others_never_end(schedule):
    run = run_of(schedule=schedule, schedule_epochs=0.5, batch_size=200)
    run.act("stops", {"epochs": 3})
    run.act("run", True)
    train_to_the_end(run)
    assert run.trainer.epoch == 3
    assert meta_of(run)["schedule_end"] is None


def test_the_second_time_repeats_bit_for_bit_and_can_be_gone_back_over():
    run = ended()
    at_end, parameters_at_end = run.trainer.step_count, parameters(run)
    run.act("run", True)
    seen = {}
    for _ in range(12):
        run.advance(0.0)
        seen[run.trainer.step_count] = parameters(run)
    run.act("run", False)
    for step in (at_end + 7, at_end + 2):
        look(run, step)
        np.testing.assert_array_equal(parameters(run), seen[step])
    look(run, at_end - 1)
    run.act("continue")
    assert cycles.end(run) == 2
    run.act("run", True)
    train_to_the_end(run)
    np.testing.assert_array_equal(parameters(run), parameters_at_end)
    run.act("run", True)
    for step in range(at_end + 1, at_end + 5):
        run.advance(0.0)
        np.testing.assert_array_equal(parameters(run), seen[step])


def test_a_saved_run_goes_on_where_it_was_in_the_schedule():
    run = ended(dropout=0.2)
    run.act("run", True)
    for _ in range(5):
        run.advance(0.0)
    run.act("run", False)
    loaded = checkpoint.load("run", checkpoint.save(run))
    assert cycles.end(loaded) == 4
    np.testing.assert_array_equal(parameters(take(loaded, 9)), parameters(take(run, 9)))


def test_a_correction_before_it_began_anew_is_undone():
    run = ended()
    before = parameters(run)
    correct(run, [own(2)])
    run.act("run", True)
    run.advance(0.0)
    for each in (run, checkpoint.load("run", checkpoint.save(run))):
        undo_correction(each)
        np.testing.assert_array_equal(parameters(each), before)
        assert cycles.end(each) == 2


def test_the_script_of_such_a_run_begins_where_it_is_now():
    run = ended()
    assert unpacked(record(run)).begin is None
    run.act("run", True)
    run.advance(0.0)
    run.act("run", False)
    begin = unpacked(record(run)).begin
    assert begin.step == run.trainer.step_count
    assert "schedule was begun anew" in begin.reason
