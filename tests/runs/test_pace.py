"""The chosen speed is kept, and the speed that is shown is what a run gets."""

import pytest

from nnviz.timing import SPEEDS
from tests.runs.samples import run_of


class Clock:
    """Time that passes only when told to, and by `tick` whenever somebody looks."""

    def __init__(self):
        self.now, self.tick = 1000.0, 0.0

    def perf_counter(self):
        self.now += self.tick
        return self.now

    monotonic = perf_counter


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    for module in ("pace", "run"):
        monkeypatch.setattr(f"nnviz.runs.{module}.time", made)
    return made


def serve(run, clock, seconds, tick):
    """Do as the worker does: advance when a step is due, for some seconds."""
    end = clock.now + seconds
    while clock.now < end:
        if run.due_in() == 0:
            run.advance(0.003)
        clock.now += tick


@pytest.mark.parametrize("speed", [speed for speed in SPEEDS if speed])
@pytest.mark.parametrize("tick", [0.0004, 0.03])
def test_the_chosen_speed_is_kept(clock, speed, tick):
    run = run_of()
    run.act("speed", speed)
    run.act("run", True)
    serve(run, clock, 4.0, tick)
    # The first step comes at once; the last tick may not have come any more.
    assert 4 * speed - 1 - tick * speed <= run.trainer.step_count <= 4 * speed + 1
    assert run.pace.steps_per_second == pytest.approx(speed, rel=0.2)


def test_the_first_step_comes_at_once_and_the_next_when_it_is_due(clock):
    run = run_of()
    run.act("speed", 1)
    run.act("run", True)
    assert run.due_in() == 0
    run.advance(0.003)
    assert (run.trainer.step_count, run.due_in()) == (1, 1.0)
    clock.now += 0.75
    assert run.due_in() == pytest.approx(0.25)


def test_a_slice_before_a_step_is_due_takes_none(clock):
    run = run_of()
    run.act("speed", 10)
    run.act("run", True)
    run.advance(0.003)
    clock.now += 0.01
    run.advance(0.003)
    assert (run.trainer.step_count, run.state) == (1, "running")


def test_after_a_delay_steps_do_not_come_in_a_flood(clock):
    run = run_of()
    run.act("speed", 100)
    run.act("run", True)
    clock.now += 60
    run.advance(0.003)
    assert run.trainer.step_count == 25


def test_a_new_speed_counts_at_once(clock):
    run = run_of()
    run.act("speed", 1000)
    run.act("run", True)
    serve(run, clock, 1.0, 0.01)
    before = run.trainer.step_count
    run.act("speed", 1)
    serve(run, clock, 3.05, 0.01)
    assert run.trainer.step_count == before + 3
    assert run.pace.steps_per_second == pytest.approx(1, rel=0.1)


def test_the_measured_speed_is_what_the_run_gets(clock):
    clock.tick = 0.0001  # a step takes so long
    run = run_of()
    run.act("run", True)
    for _ in range(300):
        run.advance(0.002)
        clock.now += 0.01  # the turns of others
    started, before = clock.now, run.trainer.step_count
    for _ in range(50):
        run.advance(0.002)
        clock.now += 0.01
    measured = (run.trainer.step_count - before) / (clock.now - started)
    assert run.pace.steps_per_second == pytest.approx(measured, rel=0.05)
