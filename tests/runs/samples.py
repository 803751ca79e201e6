"""Runs for tests, and what is compared of them."""

import contextlib
import json
import sqlite3
import time

import numpy as np

from nnviz.runs.run import Run
from nnviz.settings import RunConfig

# Learns for as long as one likes at the default rate, and blows up within a few steps at 10.
FRAGILE = RunConfig(hidden=((32, "relu"),) * 4)
RUINOUS_RATE = 10.0
PATIENCE = 60  # seconds: the machine may be busy with something else


def run_of(**settings):
    """A run with some settings changed, and a name."""
    return Run(RunConfig(**settings), "run")


def take(run, steps):
    """Let a run train so many steps, as a person does with Step; returns the run."""
    for _ in range(steps):
        run.act("step")
    return run


def look(run, step):
    """Look at exactly this step, as the timeline does, and wait until it is shown; returns the run.

    The steps to it are repeated for some milliseconds at once, and the rest in parts.
    """
    run.act("look", {"step": step, "exact": True})
    while "seek" in run.jobs:
        run.advance(0.01)
    return run


def train_to_the_end(run, slices=10_000):
    """Let a running run go on until it stops by itself; returns the run."""
    for _ in range(slices):
        if run.state != "running":
            return run
        run.advance(0.01)
    raise AssertionError(f"The run is still running, at step {run.trainer.step_count}.")


def blown_up(run, slices=200):
    """Train, measuring as pages do, until a run has diverged; returns the run."""
    run.act("run", True)
    for _ in range(slices):
        run.advance(0.01)
        run.evaluate()
        if run.state == "diverged":
            return run
    raise AssertionError(f"The run has not diverged, at step {run.trainer.step_count}.")


def parameters(run):
    """A copy of a run's weights and biases."""
    return run.network.parameters.copy()


def replayed(config, changes, steps):
    """Parameters after so many steps of a bare trainer, settings changing at given steps.

    `changes` holds (learning rate, batch size) by the step after which they came into force.
    """
    run = Run(config)
    with np.errstate(all="ignore"):
        for step in range(steps):
            if step in changes:
                run.trainer.optimizer.learning_rate, run.trainer.batch_size = changes[step]
            run.trainer.step()
    return run


def wait_for_saved_step(path, run, least=1):
    """Wait until an SQLite store has a run at this step or a later one; returns the step."""
    deadline, step = time.monotonic() + PATIENCE, 0
    while step < least:
        assert time.monotonic() < deadline, f"Saved at step {step}."
        time.sleep(0.05)
        with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
            found = connection.execute("SELECT summary FROM runs WHERE id = ?", (run,)).fetchone()
        step = json.loads(found[0]).get("step", 0) if found else 0
    return step


def steps_in_history(run):
    """How many mini-batch losses a run's history holds."""
    values, arrays = run.history.state()
    return len(arrays["mean"]) * run.history.stride + len(values["open"])


@contextlib.contextmanager
def untouched(run):
    """Check that what happens inside leaves a run as it was."""
    before = (parameters(run), run.config, run.state, run.speed, run.stop_epochs,
              run.stop_accuracy, run.trainer.step_count, steps_in_history(run))
    yield
    after = (run.config, run.state, run.speed, run.stop_epochs, run.stop_accuracy,
             run.trainer.step_count, steps_in_history(run))
    np.testing.assert_array_equal(run.network.parameters, before[0])
    assert after == before[1:]
