"""What is taken away of a run, and brought back as the beginning of another."""

import numpy as np
import pytest

from nnviz import Network
from nnviz.runs import checkpoint, takeaway
from nnviz.runs.errors import RunError
from nnviz.runs.questions import answer
from nnviz.runs.run import GivenWeights, Run
from nnviz.settings import RunConfig
from tests.runs.samples import look, parameters, run_of, take

GIVEN = GivenWeights(np.linspace(-0.2, 0.2, 2410, dtype=np.float32), "a model file")


def record_of(run):
    return takeaway.unpacked(answer(run, "record", {}))


def test_the_record_is_the_run():
    run = take(run_of(scaling="standard"), 30)
    record = record_of(run)
    evaluation = run.evaluate()
    assert (record.config, record.step, record.epoch) == (run.config, 30, run.trainer.epoch)
    np.testing.assert_array_equal(record.parameters, run.network.parameters)
    np.testing.assert_array_equal(record.confusion, evaluation.confusion)
    np.testing.assert_array_equal(record.history, run.history.figures)
    assert len(record.batches) == 30
    assert record.name == "digits-64-32-10-step-30"
    assert record.begin is None


def test_an_earlier_step_looked_at_is_what_is_taken_away():
    run = take(run_of(), 20)
    look(run, 12)
    record = record_of(run)
    assert record.step == 12
    assert record.figures == run.evaluate().figures
    assert record.history[-1, 0] == record.batches[-1, 0] == 12


def test_its_scaling_turns_raw_values_into_the_inputs():
    for scaling in ("unit", "standard", "none"):
        run = run_of(scaling=scaling)
        offset, divisor = record_of(run).input_scaling
        raw = run.dataset.x[:50]
        np.testing.assert_allclose((raw - offset) / divisor, run.split.scale(raw), rtol=1e-6)


def test_mistakes_are_those_of_the_confusion_matrix_the_surest_first():
    record = record_of(take(run_of(), 60))
    mistakes, confusion = record.mistakes, record.confusion
    assert mistakes.count == confusion.sum() - np.trace(confusion)
    assert len(mistakes.true) == len(mistakes.images) == min(24, mistakes.count)
    assert all(
        true != predicted
        for true, predicted in zip(mistakes.true, mistakes.predicted, strict=True)
    )
    surest = record.network().predict(mistakes.images).max(axis=1)
    assert (np.diff(surest) <= 0).all()


def test_a_network_without_mistakes_and_one_output_has_a_record():
    run = run_of(dataset="xor", hidden=((3, "tanh"),), output="sigmoid", batch_size=4,
                 learning_rate=1.0, seed=6)
    record = record_of(take(run, 1500))
    assert record.mistakes.count == 0
    assert record.mistakes.images.shape == (0, 2)
    assert record.confusion.shape == (2, 2)


# ---------------------------------------------------------------- what a run began from


def test_given_weights_are_what_the_run_begins_from_and_goes_back_to():
    run = Run(RunConfig(), given=GIVEN)
    np.testing.assert_array_equal(run.network.parameters, GIVEN.parameters)
    take(run, 5).act("reset")
    np.testing.assert_array_equal(run.network.parameters, GIVEN.parameters)
    assert np.abs(run.initial_parameters - GIVEN.parameters).max() == 0
    run.act("new_weights")
    assert run.given is None
    np.testing.assert_array_equal(parameters(run), parameters(run_of(seed=1)))


def test_given_weights_and_what_changed_survive_a_checkpoint():
    run = take(Run(RunConfig(), given=GIVEN), 5)
    run.act("change", {"learning_rate": 0.3})
    take(run, 3)
    loaded = checkpoint.load("run", checkpoint.save(run))
    assert loaded.given.source == "a model file"
    assert loaded.rewind.changes == {0: (0.1, 32, 0), 5: (0.3, 32, 0)}
    record = record_of(loaded)
    assert (record.begin.step, "model file" in record.begin.reason) == (0, True)
    loaded.act("reset")
    np.testing.assert_array_equal(loaded.network.parameters, GIVEN.parameters)


def test_a_loaded_run_still_follows_from_its_seed():
    run = take(run_of(), 4)
    run.act("change", {"batch_size": 16})
    loaded = checkpoint.load("run", checkpoint.save(take(run, 4)))
    record = record_of(take(loaded, 4))
    assert record.begin is None
    assert record.changes == {0: (0.1, 32), 4: (0.1, 16)}


def test_weights_travel_to_the_worker_as_they_are():
    network = Network((64, 32, 10), ("relu", "softmax"), seed=5)
    packed = takeaway.packed_weights(network, "a model file")
    given = takeaway.given_weights(RunConfig(), packed)
    np.testing.assert_array_equal(given.parameters, network.parameters)
    assert takeaway.given_weights(RunConfig(), None) is None


def test_weights_that_do_not_fit_are_refused():
    network = Network((64, 31, 10), ("relu", "softmax"), seed=5)
    packed = takeaway.packed_weights(network, "a model file")
    with pytest.raises(RunError, match=r"needs 2,410 weights and .*Received: 2,335\."):
        takeaway.given_weights(RunConfig(), packed)


def test_weights_too_large_for_the_lab_are_refused():
    network = Network((64, 32, 10), ("relu", "softmax"), seed=5, dtype="float64")
    network.parameters[7] = 1e300
    packed = takeaway.packed_weights(network, "a model file")
    with pytest.raises(RunError, match="too large for the lab"):
        takeaway.given_weights(RunConfig(), packed)


def test_weights_with_which_nothing_can_be_measured_are_refused():
    """Finite weights whose products are not: the run would have no step to go back to."""
    weights = np.full(2410, 1e30, np.float32)
    weights[::2] *= -1
    with pytest.raises(RunError, match="not finite numbers, and no run can begin"):
        takeaway.check_answers(Run(RunConfig(), given=GivenWeights(weights, "a model file")))
    takeaway.check_answers(Run(RunConfig(), given=GIVEN))
