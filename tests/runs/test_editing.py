"""Cutting: at once, for good while training goes on, repeatable, and undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnviz.optimizers import OPTIMIZERS
from nnviz.runs import checkpoint, limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.frame import frame
from nnviz.runs.takeaway import record, unpacked
from tests.runs.samples import parameters, run_of, take
from tests.runs.test_moments import look

DEEP = {"hidden": ((6, "relu"), (5, "tanh"))}


def shown(run):
    return wire.unpack(frame(run))[0]


def switch(run, layer, unit, off):
    run.act("switch", {"layer": layer, "unit": unit, "off": off})
    return run


def test_a_unit_that_is_off_passes_nothing_on_and_figures_change_at_once():
    run = take(run_of(**DEEP), 40)
    before = shown(run)
    kept = parameters(run)
    x, *_ = run.split.test
    a = run.network.forward(x[:5]).a[1].copy()
    switch(run, 0, 2, off=True)
    after = shown(run)
    assert after["step"] == before["step"]
    assert after["version"] > before["version"]
    assert after["metrics"] != before["metrics"]
    assert after["surgery"] == {"cut": [[0, 2]], "frozen": [], "undo": "unit 2 of layer 1 off"}
    # What the layer above gets is what it would get from an activation of 0.
    a[:, 2] = 0
    expected = a @ kept[65 * 6 : 65 * 6 + 30].reshape(6, 5)
    np.testing.assert_allclose(
        run.network.forward(x[:5]).a[1] @ run.network.weights[1], expected, atol=1e-6
    )
    assert run.history.figures[-1, 1] == after["metrics"]["training_loss"]
    run.act("undo")
    assert shown(run)["metrics"] == before["metrics"]
    assert shown(run)["surgery"] == {"cut": [], "frozen": [], "undo": None}
    np.testing.assert_array_equal(parameters(run), kept)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_cut_unit_stays_off_and_a_frozen_layer_does_not_move(optimizer):
    run = take(run_of(optimizer=optimizer, learning_rate=0.01, l2=0.1, dropout=0.2, **DEEP), 5)
    switch(run, 0, 3, off=True)
    run.act("freeze", {"layer": 2, "on": True})
    frozen, moving = run.network.weights[2].copy(), run.network.weights[1].copy()
    take(run, 20)
    np.testing.assert_array_equal(run.network.weights[1][3], 0)
    np.testing.assert_array_equal(run.network.weights[2], frozen)
    others = [0, 1, 2, 4, 5]
    assert (run.network.weights[1][others] != moving[others]).any()
    update = run.trainer.update[run.trainer._stays]
    np.testing.assert_array_equal(update, 0)
    run.act("freeze", {"layer": 2, "on": False})
    take(run, 3)
    assert (run.network.weights[2] != frozen).any()


def test_a_unit_switched_on_again_has_the_weights_it_had():
    run = take(run_of(hidden=((6, "tanh"), (5, "tanh"))), 10)
    row = run.network.weights[1][4].copy()
    take(switch(run, 0, 4, off=True), 10)
    switch(run, 0, 4, off=False)
    np.testing.assert_array_equal(run.network.weights[1][4], row)
    assert run.trainer.held.cut == {}
    take(run, 1)
    assert (run.network.weights[1][4] != row).any()


def test_weights_and_biases_are_set_by_hand():
    run = take(run_of(**DEEP), 5)
    old = run.network.weights[1][2, 3]
    run.act("set", {"layer": 1, "row": 2, "unit": 3, "value": -1.5})
    run.act("set", {"layer": 1, "row": 6, "unit": 0, "value": 2})
    assert (run.network.weights[1][2, 3], run.network.biases[1][0]) == (-1.5, 2)
    assert shown(run)["surgery"]["undo"] == "b[0] of layer 2 set to 2"
    run.act("undo")
    run.act("undo")
    assert run.network.weights[1][2, 3] == old


def test_dead_and_saturated_units_get_new_weights():
    run = take(run_of(hidden=((8, "relu"), (6, "sigmoid"))), 3)
    run.network.biases[0][[1, 5]] = -100  # never active
    run.network.biases[1][2] = 50  # always at 1
    run._evaluated_step = -1
    assert [layer["idle"] for layer in shown(run)["layers"]] == [2, 1, 0]
    others = run.network.weights[0][:, 0].copy()
    run.act("renew", {"layer": 0})
    run.act("renew", {"layer": 1})
    layers = shown(run)["layers"]
    assert [layer["idle"] for layer in layers] == [0, 0, 0]
    np.testing.assert_array_equal(run.network.biases[0][[1, 5]], 0)
    np.testing.assert_array_equal(run.network.weights[0][:, 0], others)
    with pytest.raises(RunError, match="no dead or saturated units"):
        run.act("renew", {"layer": 0})
    run.act("undo")
    run.act("undo")
    assert run.network.biases[0][1] == -100


@pytest.mark.parametrize(
    ("action", "value", "message"),
    [
        ("switch", {"layer": 2, "unit": 0, "off": True}, "Output units cannot be switched off"),
        ("switch", {"layer": 3, "unit": 0, "off": True}, "There are 3 layers"),
        ("switch", {"layer": -1, "unit": 0, "off": True}, "There are 3 layers"),
        ("switch", {"layer": 0, "unit": 6, "off": True}, "Layer 1 has 6 units. Received: unit 6"),
        ("switch", {"layer": 0, "unit": 1.0, "off": True}, "Layer 1 has 6 units"),
        ("switch", {"layer": 0, "unit": 1, "off": False}, "It is on already"),
        ("switch", {"layer": 0, "unit": 1}, "This takes layer, unit, off"),
        ("switch", None, "This takes layer, unit, off"),
        ("freeze", {"layer": 0, "on": 1}, "Freeze a layer or let it go"),
        ("freeze", {"layer": "0", "on": True}, "There are 3 layers"),
        ("set", {"layer": 0, "row": 65, "unit": 0, "value": 1}, "There is no input 65 to layer 1"),
        ("set", {"layer": 0, "row": 0, "unit": 0, "value": 1e9}, "from -1000 to 1000. Received"),
        ("set", {"layer": 0, "row": 0, "unit": 0, "value": float("nan")}, "Received: nan"),
        ("set", {"layer": 0, "row": 0, "unit": 0, "value": "1"}, "A weight set by hand is"),
        ("renew", {"layer": 9}, "There are 3 layers"),
        ("undo", None, "There is no edit to undo"),
    ],
)
def test_an_impossible_edit_is_explained_and_changes_nothing(action, value, message):
    run = take(run_of(**DEEP), 2)
    before = parameters(run)
    with pytest.raises(RunError) as caught:
        run.act(action, value)
    assert message in str(caught.value)
    np.testing.assert_array_equal(parameters(run), before)


def test_a_weight_out_of_a_unit_that_is_off_is_not_set():
    run = switch(take(run_of(**DEEP), 2), 0, 1, off=True)
    with pytest.raises(RunError, match="Unit 1 of layer 1 is off: switch it on first"):
        run.act("set", {"layer": 1, "row": 1, "unit": 0, "value": 1})


def test_an_edit_that_makes_the_loss_infinite_is_refused():
    run = take(run_of(hidden=((4, "linear"),) * 6, loss="mse", output="linear"), 2)
    with np.errstate(over="ignore"):
        for layer in range(1, 6):
            run.network.weights[layer][...] *= 1e6
        before = parameters(run)
        with pytest.raises(RunError, match=r"no longer be finite\. Nothing was changed"):
            run.act("set", {"layer": 0, "row": 64, "unit": 0, "value": 1000})
    np.testing.assert_array_equal(parameters(run), before)


def test_an_earlier_step_is_not_edited():
    run = look(take(run_of(), 6), 3)
    with pytest.raises(RunError, match="Step 3 is looked at, not the present"):
        switch(run, 0, 1, off=True)


def test_going_back_over_a_cut_is_going_back_to_before_it():
    run = take(run_of(**DEEP), 10)
    seen = {10: parameters(run)}
    switch(run, 0, 1, off=True)
    for step in range(11, 16):
        seen[step] = parameters(take(run, 1))
    for step in (12, 15, 9, 14):
        look(run, step)
        if step in seen:
            np.testing.assert_array_equal(parameters(run), seen[step], f"step {step}")
        assert bool(run.trainer.held.cut) == (step >= 10)
        assert shown(run)["surgery"]["cut"] == ([[0, 1]] if step >= 10 else [])
    look(run, 9).act("continue")
    assert (run.trainer.held.cut, run.edits) == ({}, [])
    np.testing.assert_array_equal(parameters(take(run, 1)), seen[10])


def test_a_cut_run_is_saved_and_goes_on_the_same():
    run = take(run_of(optimizer="adam", learning_rate=0.01, **DEEP), 10)
    switch(run, 0, 1, off=True)
    run.act("freeze", {"layer": 0, "on": True})
    run.act("set", {"layer": 1, "row": 0, "unit": 0, "value": 0.25})
    loaded = checkpoint.load("run", checkpoint.save(run))
    assert shown(loaded)["surgery"] == shown(run)["surgery"]
    np.testing.assert_array_equal(parameters(take(loaded, 8)), parameters(take(run, 8)))
    for each in (run, loaded):
        for _ in range(3):
            each.act("undo")
    np.testing.assert_array_equal(parameters(loaded), parameters(run))
    assert loaded.trainer.held.frozen == frozenset()


def test_what_is_taken_away_of_a_cut_run_begins_at_the_present():
    run = switch(take(run_of(**DEEP), 10), 0, 1, off=True)
    take(run, 5)
    begin = unpacked(record(run)).begin
    assert "by hand" in str(begin)
    assert run.was_edited


def test_the_number_of_edits_that_can_be_undone_is_bounded():
    run = take(run_of(**DEEP), 1)
    for value in range(limits.EDITS_KEPT + 5):
        run.act("set", {"layer": 0, "row": 0, "unit": 0, "value": value})
    assert len(run.edits) == limits.EDITS_KEPT


WISHES = st.one_of(
    st.just(("step", None)), st.just(("step", None)), st.just(("back", None)),
    st.just(("undo", None)),
    st.tuples(st.just("switch"), st.fixed_dictionaries({
        "layer": st.integers(0, 1), "unit": st.integers(0, 2), "off": st.booleans()})),
    st.tuples(st.just("freeze"), st.fixed_dictionaries({
        "layer": st.integers(0, 2), "on": st.booleans()})),
    st.tuples(st.just("set"), st.fixed_dictionaries({
        "layer": st.just(0), "row": st.integers(0, 64), "unit": st.integers(0, 2),
        "value": st.floats(-2, 2)})),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(WISHES, min_size=5, max_size=40))
def test_whatever_was_cut_the_steps_can_be_repeated(wishes):
    run = run_of(hidden=((3, "relu"), (3, "tanh")))
    seen = {}  # parameters by step, as they were when the step was left
    for action, value in wishes:
        if (action == "back" and not run.can_step_back) or (action == "undo" and not run.edits):
            continue
        try:
            run.act(action, value)
        except RunError:
            continue
        seen[run.trainer.step_count] = parameters(run)
        seen = {step: kept for step, kept in seen.items() if step <= run.trainer.step_count}
    for step, kept in seen.items():
        if step >= run.rewind.earliest_step:
            look(run, step)
            np.testing.assert_array_equal(parameters(run), kept, f"step {step}")
