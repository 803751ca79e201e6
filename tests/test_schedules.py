"""Every schedule of the table against its formula, and in training."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nnviz import schedules
from nnviz.network import Network
from nnviz.schedules import SCHEDULES
from nnviz.training import Trainer
from tests.samples import digits_like

# Factors at epochs 0, 2.5, 5, 10 and 25 with a length of 5, from the formulas.
EXPECTED = {
    "constant": [1, 1, 1, 1, 1],
    "step": [1, 1, 0.5, 0.25, 1 / 32],
    "exponential": [1, math.exp(-0.5), math.exp(-1), math.exp(-2), math.exp(-5)],
    "cosine": [1, 0.5, 0, 0, 0],
    "warm_up": [0.01, 0.505, 1, 1, 1],
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))
def test_factors(schedule):
    five = replace(schedule, epochs=5)
    factors = [five(epoch) for epoch in (0, 2.5, 5, 10, 25)]
    assert factors == pytest.approx(EXPECTED[schedule.id], abs=1e-12)


def test_a_step_uses_the_rate_of_its_epoch():
    x, y = digits_like()
    schedule = replace(schedules.get("exponential"), epochs=0.5)
    run = Trainer(
        Network((6, 3), ("softmax",), seed=0), x, y, batch_size=10, learning_rate=0.4, rng=0,
        schedule=schedule,
    )
    for step in range(7):
        before = run.network.parameters.copy()
        run.step()
        rate = 0.4 * math.exp(-(step / 5) / 0.5)
        np.testing.assert_allclose(
            run.network.parameters, before - rate * run.gradients.vector, rtol=1e-4, atol=1e-6
        )
    assert run.optimizer.learning_rate == 0.4


@pytest.mark.parametrize("epochs", [0, -1, math.inf])
def test_impossible_lengths_are_refused(epochs):
    with pytest.raises(ValueError, match="epochs"):
        replace(SCHEDULES["step"], epochs=epochs)
    with pytest.raises(ValueError, match=r"Unknown schedule\. Received: 'cos'"):
        schedules.get("cos")


@pytest.mark.parametrize("epochs", [1, 25])
def test_cosine_by_its_id_ends_with_the_run(epochs):
    assert schedules.spanning("cosine", epochs)(epochs) == pytest.approx(0)
    assert schedules.spanning("cosine", epochs)(epochs / 2) == pytest.approx(0.5)
    given = replace(SCHEDULES["cosine"], epochs=7)
    assert schedules.spanning(given, epochs) is given
    assert schedules.spanning("step", epochs) is SCHEDULES["step"]


def test_fit_learns_until_the_last_epoch_of_a_cosine():
    x, y = digits_like()

    def fitted(epochs, **options):
        network = Network((6, 3), ("softmax",), seed=0)
        return network.fit(x, y, loss="cross_entropy", epochs=epochs, **options).parameters

    whole = replace(SCHEDULES["cosine"], epochs=30)
    np.testing.assert_array_equal(
        fitted(30, schedule="cosine"), fitted(30, schedule=whole)
    )
    assert not np.array_equal(fitted(30, schedule="cosine"), fitted(10, schedule="cosine"))
    # Where it goes on from 20 epochs before, the end is at 30 too.
    np.testing.assert_array_equal(
        fitted(10, schedule="cosine", epochs_before=20),
        fitted(10, schedule=whole, epochs_before=20),
    )
    np.testing.assert_array_equal(fitted(0, schedule="cosine"), fitted(0))
