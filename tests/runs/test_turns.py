"""What runs of different size get of a worker, counted by a clock that only work moves."""

from types import SimpleNamespace

import pytest

from nnviz.runs import limits, turns
from nnviz.runs import worker as worker_module
from nnviz.runs.worker import FrameRequest, Worker


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """Processor time and the time of day, both moved by work alone."""
    made = Clock()
    monkeypatch.setattr(turns, "clock", made)
    monkeypatch.setattr(worker_module, "time", SimpleNamespace(monotonic=made))
    return made


class Work:
    """A run that trains, whose steps and frames take so many seconds; counts what it had."""

    def __init__(self, clock, name, step, frame=0.0, share=1.0):
        self.clock, self.id, self.step, self.frame, self.share = clock, name, step, frame, share
        self.credit = self.last_watched = self.trained = self.shown = 0.0
        self.state, self.version, self.frames = "running", 0, 0

    def due_in(self):
        return 0

    def advance(self, seconds):
        # Steps cannot be cut; the processor may be taken away after a part of the time.
        taken = max(self.step, seconds * self.share // self.step * self.step)
        self.clock.work(taken)
        self.trained += taken
        self.version += 1

    def show(self):
        self.clock.work(self.frame)
        self.shown += self.frame
        self.frames += 1
        return b""

    @property
    def had(self):
        return self.trained + self.shown


class Runs(list):
    """The runs of a shelf without a store."""

    def held(self):
        return list(self)

    def get(self, name):
        return next(run for run in self if run.id == name)


def work(monkeypatch, clock, runs, seconds, watched=True):
    """Have a worker train runs, each with a page that asks again at once; return the worker."""
    made = Worker(SimpleNamespace(poll=lambda patience: False), Runs(runs))
    monkeypatch.setattr(worker_module, "frame", lambda run, quantity: run.show())
    monkeypatch.setattr(made, "_reply", lambda header, payload: None)
    end = clock.now + seconds
    while clock.now < end:
        if watched:
            made._waiting = [FrameRequest(0, run.id, True, -1, "weights") for run in runs]
        made._train_next()
        made._send_due_frames()
    return made


def test_a_heavy_run_with_a_page_takes_one_share_in_all(monkeypatch, clock):
    light = [Work(clock, f"light {number}", 0.0001, 0.001) for number in range(14)]
    heavy = Work(clock, "heavy", 0.008, 0.05)
    work(monkeypatch, clock, [heavy, *light], 60)
    fair = clock.now / 15
    assert min(run.had for run in light) > 0.97 * fair
    assert heavy.had < 1.1 * fair
    # Its frames leave it time to train, and the others have as many as there is room for.
    assert heavy.trained > 0.4 * heavy.had
    assert heavy.frames > 30
    assert min(run.frames for run in light) > 4 * 60


def test_long_steps_and_debts_are_not_held_against_a_run_for_ever(monkeypatch, clock):
    slow, other = Work(clock, "slow", 3.0), Work(clock, "other", 0.001)
    work(monkeypatch, clock, [slow, other], 3.5, watched=False)
    slow.step, before = 0.001, slow.trained
    work(monkeypatch, clock, [slow, other], 1.0, watched=False)
    assert slow.trained > before


def test_what_is_left_of_a_turn_is_had_at_the_next(monkeypatch, clock):
    even = [Work(clock, f"even {number}", 0.0001) for number in range(3)]
    cut_short = Work(clock, "cut short", 0.0001, share=0.6)
    work(monkeypatch, clock, [cut_short, *even], 10, watched=False)
    assert cut_short.had > 0.95 * clock.now / 4


def test_nothing_is_saved_up_beyond_a_slice(clock):
    run = Work(clock, "idle", 0.001)
    for _ in range(10):
        seconds = turns.grant(run, limits.SLICE_SECONDS)
    assert seconds == 2 * limits.SLICE_SECONDS


def test_work_that_fails_is_charged_too(clock):
    run = Work(clock, "faulty", 0.001)

    def fail():
        with turns.charged(run):
            clock.work(0.02)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert run.credit == pytest.approx(-0.02)
    assert turns.grant(run, 0.003) == 0


def test_a_lone_run_shows_as_many_frames_as_before_and_one_of_many_fewer():
    assert turns.frame_interval(0.01, 1) == pytest.approx(0.01 / limits.LONE_FRAME_SHARE)
    assert turns.frame_interval(0.01, 30) == pytest.approx(30 * 0.01 / limits.FRAME_SHARE)
    assert turns.frame_interval(1.0, 30) == limits.LONGEST_FRAME_SECONDS


def test_frames_are_fewer_where_other_processes_take_the_processor():
    slowdown = turns.Slowdown()
    assert slowdown.factor == 1
    for _ in range(300):
        slowdown.add(0.0075, 0.003)
    assert slowdown.factor == pytest.approx(2.5)
    assert turns.frame_interval(0.001, 30, 2.5) == 2.5 * turns.frame_interval(0.001, 30)
