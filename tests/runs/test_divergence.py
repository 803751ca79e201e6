"""Training that blows up stops at the last finite step and says so."""

import re

import numpy as np
import pytest

from nnviz.history import History
from nnviz.runs import limits, wire
from nnviz.runs.divergence import last_good_step, parameters_are_finite
from nnviz.runs.errors import RunError
from nnviz.runs.frame import frame
from nnviz.runs.quantities import QUANTITIES
from nnviz.runs.run import Run
from nnviz.settings import RunConfig
from tests.runs.samples import (
    FRAGILE,
    RUINOUS_RATE,
    blown_up,
    parameters,
    replayed,
    steps_in_history,
    take,
    train_to_the_end,
)

RUINOUS = {
    "relu": FRAGILE.changed(learning_rate=RUINOUS_RATE),
    "unscaled linear": RunConfig(
        hidden=((32, "linear"),) * 2, loss="mse", output="linear", scaling="none",
        learning_rate=RUINOUS_RATE,
    ),
    # One step an epoch: the end of an epoch is where it blows up.
    "whole batches": FRAGILE.changed(
        learning_rate=RUINOUS_RATE, batch_size=FRAGILE.training_samples
    ),
    # Loses its losses, which are squares, steps before its weights.
    "unscaled whole batches": RunConfig(
        hidden=((32, "linear"),) * 2, loss="mse", output="linear", scaling="none",
        learning_rate=RUINOUS_RATE, batch_size=FRAGILE.training_samples,
    ),
    "single samples": FRAGILE.changed(learning_rate=RUINOUS_RATE, batch_size=1),
}


def is_sound(run):
    """Whether weights, biases and both losses are finite, measured with a run's own tools."""
    with np.errstate(all="ignore"):
        evaluation = run.evaluator()
        return parameters_are_finite(run.network) and bool(np.isfinite(evaluation.figures).all())


@pytest.fixture(params=RUINOUS)
def run(request):
    return blown_up(Run(RUINOUS[request.param], "run"))


def test_it_stops_at_the_last_step_that_is_finite(run):
    step = run.trainer.step_count
    reference = replayed(run.config, {}, step)
    np.testing.assert_array_equal(parameters(run), parameters(reference))
    assert is_sound(reference)
    with np.errstate(all="ignore"):
        reference.trainer.step()
    assert not is_sound(reference)


def test_everything_about_it_is_finite_and_of_that_step(run):
    assert is_sound(run)
    assert steps_in_history(run) == run.trainer.step_count
    assert run.history.figures[-1, 0] == run.trainer.step_count
    assert np.isfinite(run.history.figures).all()
    assert np.isfinite(run.history.batch_curve(400)).all()
    assert (run.state, run.pace.steps_per_second, run.due_in()) == ("diverged", 0, None)


def test_no_frame_of_it_contains_anything_that_is_not_finite(run):
    for quantity in QUANTITIES:
        meta, arrays = wire.unpack(frame(run, quantity))
        assert (meta["state"], meta["step"]) == ("diverged", run.trainer.step_count)
        assert all(np.isfinite(array).all() for array in arrays.values())


def test_the_message_names_the_step_the_layer_and_what_to_try(run):
    text = run.notice["text"]
    step, layer = re.search(r"blew up at step ([\d,]+): the numbers of layer (\d+)", text).groups()
    assert int(step.replace(",", "")) == run.trainer.step_count + 1
    assert 1 <= int(layer) <= len(run.network.weights)
    (button,) = run.notice["actions"]
    assert button["action"] == "recover"
    assert re.fullmatch(r"Back to step [\d,]+ with learning rate \S+", button["label"])
    assert run.notice["level"] == "error"


def test_a_change_of_the_learning_rate_that_ruins_it_is_found_out_exactly():
    run = take(Run(FRAGILE, "run"), 60)
    run.act("change", {"learning_rate": RUINOUS_RATE})
    blown_up(run)
    step = run.trainer.step_count
    assert step >= 60
    reference = replayed(FRAGILE, {60: (RUINOUS_RATE, 32)}, step)
    np.testing.assert_array_equal(parameters(run), parameters(reference))
    with np.errstate(all="ignore"):
        reference.trainer.step()
    assert not is_sound(reference)


def test_it_can_go_on_with_a_smaller_rate():
    run = take(Run(FRAGILE, "run"), 60)
    run.act("change", {"learning_rate": RUINOUS_RATE})
    blown_up(run)
    while run.trainer.step_count > 55:
        run.act("back")
    assert (run.state, run.notice) == ("paused", None)
    run.act("change", {"learning_rate": 0.1})
    run.act("epoch")
    train_to_the_end(run)
    assert run.state == "paused"
    reference = replayed(FRAGILE, {}, run.trainer.step_count)
    np.testing.assert_array_equal(parameters(run), parameters(reference))


@pytest.mark.parametrize("action", [("run", True), ("step",), ("epoch",)])
def test_going_on_as_before_ends_in_the_same_place(action):
    run = blown_up(Run(RUINOUS["relu"], "run"))
    step, kept = run.trainer.step_count, parameters(run)
    run.act(*action)
    if run.state == "running":
        train_to_the_end(run)
    run.evaluate()
    assert (run.state, run.trainer.step_count) == ("diverged", step)
    np.testing.assert_array_equal(parameters(run), kept)


def test_single_steps_end_in_the_same_place_as_a_run():
    ran, stepped = blown_up(Run(RUINOUS["relu"], "run")), Run(RUINOUS["relu"], "run")
    for _ in range(200):
        stepped.act("step")
        stepped.evaluate()
        if stepped.state == "diverged":
            break
    assert stepped.trainer.step_count == ran.trainer.step_count
    assert stepped.notice == ran.notice
    assert steps_in_history(stepped) == stepped.trainer.step_count


def test_pages_see_the_divergence_as_a_change():
    run = Run(RUINOUS["relu"], "run")
    with np.errstate(all="ignore"):
        while is_sound(run):
            run.act("step")
    version = run.version
    run.evaluate()
    assert run.state == "diverged"
    assert run.version > version


@pytest.mark.parametrize(
    ("name", "stops"),
    [(name, {"accuracy": 1.0}) for name in RUINOUS] + [("relu", {"epochs": 2})],
)
def test_a_stop_does_not_hide_it(name, stops):
    run = Run(RUINOUS[name], "run")
    run.act("stops", stops)
    run.act("run", True)
    train_to_the_end(run, 500)
    run.evaluate()
    assert run.state == "diverged"
    assert is_sound(run)
    assert steps_in_history(run) == run.trainer.step_count


def test_the_layer_named_is_the_first_whose_numbers_broke(run):
    layer = int(re.search(r"layer (\d+)", run.notice["text"])[1])
    reference = replayed(run.config, {}, run.trainer.step_count + 1)
    with np.errstate(all="ignore"):
        z = reference.evaluator().training_pass.z

    def broken(arrays):
        return [number for number, array in enumerate(arrays, 1) if not np.isfinite(array).all()]

    backwards = broken(reference.trainer.gradients.weights)
    forwards = broken(reference.network.weights) or broken(z) or [len(z)]
    assert layer == (backwards[-1] if backwards else forwards[0])


def test_reset_after_it_begins_again():
    run = blown_up(Run(RUINOUS["relu"], "run"))
    run.act("reset")
    assert (run.state, run.notice, run.trainer.step_count) == ("ready", None, 0)
    np.testing.assert_array_equal(parameters(run), parameters(Run(RUINOUS["relu"])))


def test_one_click_leads_back_to_before_the_loss_grew_with_a_smaller_rate():
    run = take(Run(FRAGILE, "run"), 60)
    run.act("change", {"learning_rate": RUINOUS_RATE})
    blown_up(run)
    found = run.divergence
    assert 55 <= found.sound_step <= 61
    assert found.rate <= RUINOUS_RATE / 10
    sound = replayed(FRAGILE, {60: (RUINOUS_RATE, 32)}, found.sound_step)
    run.act("recover")
    assert (run.state, run.notice, run.divergence) == ("paused", None, None)
    assert run.trainer.step_count == found.sound_step
    assert run.trainer.optimizer.learning_rate == run.config.learning_rate == found.rate
    np.testing.assert_array_equal(parameters(run), parameters(sound))
    run.act("epoch")
    train_to_the_end(run)
    assert run.state == "paused"
    assert run.evaluate().training_loss < run.history.figures[0, 1]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_the_smaller_rate_does_not_blow_up_again(optimizer):
    """A tenth was still too large for the velocity, and so it was with the penalty's curvature."""
    run = Run(RunConfig(hidden=(), loss="mse", output="linear", optimizer=optimizer, l2=1.0,
                        learning_rate=RUINOUS_RATE, batch_size=600), "run")
    run.act("run", True)
    while run.state == "running":
        run.advance(0.01)
        run.evaluate()
    run.act("recover")
    first = run.evaluate().training_loss
    run.train(300)
    assert run.state != "diverged"
    assert run.evaluate().training_loss < first


def test_without_a_blow_up_there_is_nothing_to_recover_from():
    with pytest.raises(RunError, match="nothing to recover from"):
        take(Run(FRAGILE, "run"), 3).act("recover")


def test_the_norms_before_it_are_those_of_each_step():
    run = take(Run(FRAGILE, "run"), 100)
    run.act("change", {"learning_rate": RUINOUS_RATE})
    blown_up(run)
    norms = run.divergence.norms
    assert len(norms) == limits.NORM_STEPS
    assert norms[-1, 0] == run.trainer.step_count
    assert norms[-1, 1] > 1e3 * norms[0, 1]
    for step, gradient, weights in norms[::17]:
        at = replayed(FRAGILE, {100: (RUINOUS_RATE, 32)}, int(step))
        vectors = (at.trainer.gradients.vector, at.network.parameters)
        lengths = [np.linalg.norm(vector.astype(float)) for vector in vectors]
        np.testing.assert_allclose([gradient, weights], lengths, rtol=1e-6)
    arrays = wire.unpack(frame(run))[1]
    np.testing.assert_array_equal(arrays["norms"], norms)


def test_the_unit_named_is_one_that_broke(run):
    found = re.search(r"layer (\d+) went first \(unit ([\d,]+)", run.notice["text"])
    layer, unit = (int(number.replace(",", "")) for number in found.groups())
    reference = replayed(run.config, {}, run.trainer.step_count + 1)
    with np.errstate(all="ignore"):
        z = reference.evaluator().training_pass.z[layer - 1]
    parts = (reference.trainer.gradients.layers[layer - 1], reference.network.weights[layer - 1], z)
    largest = np.abs(z).max(axis=0).argmax()  # where the loss alone overflowed
    assert any(not np.isfinite(part[:, unit]).all() for part in parts) or unit == largest


@pytest.mark.parametrize(
    ("losses", "step"),
    [
        ([2.0, 1.0, 0.5, 0.4, 0.4, 9.0, 99.0], 4),
        ([2.0, 5.0, 70.0], 0),
        ([], 0),
        ([1.0] * 300, 299),
        ([1.0] * 10 + [30.0, 1.0, 1.0, 500.0, 9e5], 9),
    ],
)
def test_the_loss_began_to_grow_after_the_last_sound_step(losses, step):
    history = History()
    history.add_batch_losses(losses)
    assert last_good_step(history) == step


def test_weights_that_grow_absurdly_but_stay_finite_are_warned_of_once():
    run = take(Run(FRAGILE, "run"), 20)
    run.act("run", True)
    run.network.weights[0][...] *= 5000
    run.evaluate()
    assert run.notice["level"] == "warning"
    assert "times their first length" in run.notice["text"]
    assert run.state == "running"
    notice = run.notice
    run.advance(0.001)
    assert run.notice is notice
    run.act("recover")
    assert (run.state, run.notice) == ("paused", None)
    assert np.linalg.norm(run.network.parameters) < 100


def test_a_layer_that_has_died_is_warned_of():
    run = take(Run(FRAGILE, "run"), 20)
    run.act("run", True)
    run.network.biases[1][...] = -1000
    run.evaluate()
    assert run.notice["text"].startswith("All units of layer 2 are dead")
    run.act("recover")
    assert run.notice is None
    assert run.network.biases[1].min() > -10
