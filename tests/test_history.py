"""The history of a run: nothing is lost that counts, and memory stays bounded."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nnviz.history import History


class SmallHistory(History):
    """Full after a few entries, so that thinning happens in a short test."""

    CAPACITY = 16


def steps_of(history):
    """How many mini-batch losses a history has been told."""
    return len(history.state()[1]["mean"]) * history.stride + len(history.state()[0]["open"])


def filled(steps, kind=History):
    """A history of so many steps, the loss of step n being 1/n, told ten at a time."""
    history = kind()
    for first in range(0, steps, 10):
        numbers = range(first + 1, min(first + 10, steps) + 1)
        history.add_batch_losses([1 / number for number in numbers])
        history.add_figures(numbers[-1], (1 / numbers[-1], 2 / numbers[-1], 0.5, 0.25))
    return history


class HistoryMachine(RuleBasedStateMachine):
    """Any order of adding, going back, and saving."""

    def __init__(self):
        super().__init__()
        self.history = SmallHistory()
        self.losses = []
        self.extremes = [np.inf, -np.inf]

    @rule(losses=st.lists(st.floats(0, 1000, width=32), min_size=1, max_size=150))
    def add(self, losses):
        self.history.add_batch_losses(losses)
        self.losses += losses
        # Of all ever told: a mean that going back has cut into still holds what was forgotten.
        low, high = self.extremes
        self.extremes = [min(low, *losses), max(high, *losses)]

    @rule(loss=st.floats(0, 10))
    def measure(self, loss):
        self.history.add_figures(len(self.losses), (loss, loss, 0.5, 0.5))

    @precondition(lambda self: self.losses)
    @rule(data=st.data())
    def go_back(self, data):
        step = data.draw(st.integers(0, len(self.losses)))
        self.history.truncate(step)
        del self.losses[step:]

    @rule()
    def save_and_load(self):
        values, arrays = self.history.state()
        self.history = SmallHistory.from_state(json.loads(json.dumps(values)), arrays)

    @invariant()
    def every_step_is_counted(self):
        assert steps_of(self.history) == len(self.losses)

    @invariant()
    def memory_is_bounded(self):
        values, arrays = self.history.state()
        assert len(arrays["mean"]) == len(arrays["raw"]) < SmallHistory.CAPACITY
        assert len(values["open"]) < self.history.stride
        assert len(arrays["figures"]) <= SmallHistory.CAPACITY

    @invariant()
    def figures_are_in_order_and_none_is_of_later(self):
        steps = self.history.figures[:, 0]
        assert (np.diff(steps) > 0).all()
        assert len(steps) == 0 or steps[-1] <= len(self.losses)

    @invariant()
    def the_curve_is_short_and_between_the_extremes(self):
        curve = self.history.batch_curve(8)
        assert len(curve) <= 8
        assert (np.diff(curve[:, 0]) > 0).all()
        low, high = self.extremes
        assert (curve[:, 1:] >= low - abs(low) * 1e-4).all()
        assert (curve[:, 1:] <= high + abs(high) * 1e-4).all()


TestHistory = HistoryMachine.TestCase
TestHistory.settings = settings(max_examples=40, stateful_step_count=20)


def test_losses_are_kept_one_by_one_as_long_as_there_is_room():
    history = filled(100)
    curve = history.batch_curve(400)
    assert history.stride == 1
    np.testing.assert_array_equal(curve[:, 0], np.arange(1, 101))
    np.testing.assert_allclose(curve[:, 1], 1 / np.arange(1, 101), rtol=1e-6)


def test_then_neighbours_share_an_entry_with_the_first_loss_and_the_mean():
    history = filled(40, SmallHistory)
    assert history.stride == 4
    arrays = history.state()[1]
    losses = (1 / np.arange(1, 41)).reshape(10, 4)
    np.testing.assert_allclose(arrays["raw"], losses[:, 0], rtol=1e-6)
    np.testing.assert_allclose(arrays["mean"], losses.mean(axis=1), rtol=1e-6)


@given(st.integers(1, 400), st.integers(4, 60))
def test_the_means_lose_nothing(steps, at_once):
    history = SmallHistory()
    losses = [float(number % 7) for number in range(steps)]
    for first in range(0, steps, at_once):
        history.add_batch_losses(losses[first : first + at_once])
    values, arrays = history.state()
    total = arrays["mean"].sum(dtype=np.float64) * history.stride + sum(values["open"])
    assert total == pytest.approx(sum(losses), rel=1e-4, abs=1e-6)


@settings(max_examples=40)
@given(st.integers(0, 3000), st.integers(2, 500))
def test_thinning_keeps_the_first_and_the_last_and_the_limit(rows, limit):
    history = History()
    for step in range(rows):
        history.add_figures(step * 3, (1.0, 1.0, 0.0, 0.0))
    curve = history.figure_curve(limit)
    assert len(curve) <= limit
    if rows:
        assert (curve[0, 0], curve[-1, 0]) == (0, (rows - 1) * 3)
        assert len(curve) >= min(rows, limit // 2)


def test_a_point_once_drawn_stays_where_it_is():
    few, more = filled(5_000), filled(5_100)
    drawn, later = (set(history.figure_curve(100)[:-1, 0]) for history in (few, more))
    assert drawn <= later


def test_figures_measured_twice_count_once():
    history = History()
    history.add_figures(5, (1.0, 2.0, 0.1, 0.2))
    history.add_figures(5, (9.0, 9.0, 0.9, 0.9))
    np.testing.assert_array_equal(history.figures, [[5, 1.0, 2.0, 0.1, 0.2]])


def test_old_figures_make_room_for_new_ones_after_loading_too():
    history = History()
    for step in range(10_000):
        history.add_figures(step, (1.0, 1.0, 0.5, 0.5))
    loaded = History.from_state(*history.state())
    for step in range(10_000, 40_000):
        loaded.add_figures(step, (1.0, 1.0, 0.5, 0.5))
    steps = loaded.figures[:, 0]
    assert History.CAPACITY // 2 < len(steps) <= History.CAPACITY
    assert (steps[0], steps[-1]) == (0, 39_999)
    assert (np.diff(steps) > 0).all()
    assert (loaded.figures[:, 1:] == (1.0, 1.0, 0.5, 0.5)).all()


def test_going_back_forgets_what_came_later():
    history = filled(100)
    history.truncate(35)
    assert steps_of(history) == 35
    assert history.figures[-1, 0] == 30
    assert history.batch_curve(400)[-1, 0] == 35


def test_going_back_to_the_beginning_leaves_nothing_to_draw():
    history = filled(100, SmallHistory)
    history.truncate(0)
    assert history.batch_curve(400).shape == (0, 3)
    assert history.figure_curve(400).shape == (0, 5)


def test_the_smoothed_loss_starts_at_the_first_and_follows_the_mean():
    history = History()
    history.add_batch_losses([4.0] * 50 + [2.0] * 50)
    smoothed = history.batch_curve(400)[:, 2]
    np.testing.assert_allclose(smoothed[:50], 4.0)
    assert (np.diff(smoothed[49:]) <= 1e-12).all()
    assert smoothed[60] < 2.5
    assert smoothed[-1] == pytest.approx(2.0, abs=1e-3)


def test_huge_losses_stay_finite():
    history = SmallHistory()
    history.add_batch_losses([3e38] * 100)
    assert np.isfinite(history.batch_curve(4)).all()


def test_a_loaded_history_goes_on_as_the_saved_one():
    history = filled(137, SmallHistory)
    values, arrays = history.state()
    loaded = SmallHistory.from_state(json.loads(json.dumps(values)), arrays)
    for each in (history, loaded):
        each.add_batch_losses([0.5] * 77)
        each.add_figures(214, (1.0, 1.0, 0.5, 0.5))
    for name, array in history.state()[1].items():
        np.testing.assert_array_equal(loaded.state()[1][name], array)


def test_a_saved_state_is_a_copy():
    history = filled(20)
    saved = history.state()[1]["mean"].copy()
    state = history.state()
    history.truncate(0)
    history.add_batch_losses([9.0] * 20)
    np.testing.assert_array_equal(state[1]["mean"], saved)
