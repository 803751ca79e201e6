"""The landscape of a run: made beside training, asked for, given up."""

import numpy as np
import pytest

from nnviz.inspection import next_step
from nnviz.landscape import RATES, Terrain
from nnviz.optimizers import OPTIMIZERS
from nnviz.passes import Pass
from nnviz.runs import limits, wire
from nnviz.runs.errors import RunError
from nnviz.runs.questions import answer
from tests.runs.samples import run_of, take, untouched


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    monkeypatch.setattr(limits, "SURFACE_POINTS", 7)


def ask(run, view, begin=False):
    return answer(run, "landscape", {"view": view, "begin": begin})


def made(run, view):
    """A view of the landscape, as a page waits for it; with the shares reported on the way."""
    run.jobs.clear()  # what was made before is not to be had again
    shares = [ask(run, view, begin=True)["progress"]]
    while not isinstance(found := ask(run, view), bytes):
        shares.append(found["progress"])
        run.advance(0.001)
    return *wire.unpack(found), shares


def loss_of(run, parameters):
    x, y, _ = (part[: limits.LANDSCAPE_SAMPLES] for part in run.split.training)
    return Terrain(run.network, x, y, run.trainer.loss).loss_at(parameters)


def test_the_line_is_the_loss_after_steps_with_each_rate():
    run = take(run_of(), 250)
    with untouched(run):
        meta, arrays, shares = made(run, "descent")
    assert shares == sorted(shares)
    assert (meta["step"], meta["rate"], meta["optimizer"]) == (250, 0.1, "SGD")
    assert meta["samples"] == 512
    np.testing.assert_array_equal(arrays["rates"], RATES)
    assert meta["loss_here"] == pytest.approx(loss_of(run, run.network.parameters))
    # A step with the whole sample as its batch lands where the line says.
    x, y, _ = (part[:512] for part in run.split.training)
    gradient = run.network.backward(run.network.forward(x), y, run.trainer.loss).vector
    after = loss_of(run, run.network.parameters - RATES[40] * gradient)
    assert arrays["losses"][40] == pytest.approx(after, rel=1e-4)
    regions = {name: (low, high) for name, low, high in meta["regions"]}
    assert list(regions) == ["too small", "good", "overshooting", "diverging"]
    assert meta["stable_rate"] == pytest.approx(regions["diverging"][0], rel=0.3)


@pytest.mark.parametrize("settings", [
    {},
    {"l1": 0.001, "l2": 0.1, "dropout": 0.3, "clip_norm": 0.05, "schedule": "warm_up"},
    {"loss": "mse", "output": "sigmoid", "augment": "warped"},
])
def test_the_line_of_the_next_step_begins_and_ends_where_plain_sgd_does(settings):
    run = take(run_of(hidden=((16, "tanh"),), **settings), 5)
    with untouched(run):
        meta, _, shares = made(run, "step")
    assert shares == sorted(shares)
    step = next_step(run.trainer)
    assert meta["samples"] == len(step.rows) == 32
    assert meta["loss_here"] == pytest.approx(step.batch_loss + step.penalty, rel=1e-6)
    assert meta["rate"] == pytest.approx(step.optimizer.rate)
    masks, y = step.run.masks, step.y
    run.act("step")
    # The same mini-batch, and the same units left out, after the step.
    after = Pass.allocate(run.network.layer_sizes, len(y), run.network.dtype)
    after.a[0][...], after.masks = run.trainer.x[step.rows], masks
    run.network.forward(after.a[0], into=after)
    loss = run.trainer.loss.value(y, after.a[-1])
    loss += run.trainer.regularization.penalty(run.network)
    assert meta["loss_at_rate"] == pytest.approx(loss, rel=1e-6)
    assert meta["loss_after"] == pytest.approx(loss, rel=1e-6)
    assert meta["loss_after"] != meta["loss_here"]
    assert meta["is_shortened"] == ("clip_norm" in settings)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "sgd"])
def test_where_another_optimiser_s_own_step_leads_is_told_beside_its_line(optimizer):
    run = take(run_of(optimizer=optimizer, learning_rate=0.01), 3)
    meta, _, _ = made(run, "step")
    rows = run.trainer.next_rows()
    x, y = run.trainer.x[rows], run.trainer.y[rows]
    gradient = run.network.backward(run.network.forward(x), y, run.trainer.loss).vector
    on_the_line = run.network.copy()
    on_the_line.parameters[...] -= 0.01 * gradient
    at_rate = run.trainer.loss.value(y, on_the_line.predict(x))
    assert meta["loss_at_rate"] == pytest.approx(at_rate, rel=1e-5)
    run.act("step")
    after = run.trainer.loss.value(y, run.network.predict(x))
    assert meta["loss_after"] == pytest.approx(after, rel=1e-5)
    assert meta["loss_after"] != pytest.approx(at_rate, rel=1e-3)


def test_of_a_large_network_fewer_samples_are_taken():
    run = run_of(hidden=((512, "relu"),) * 3)
    wanted = limits.LANDSCAPE_WORK // run.network.parameters.size
    assert made(run, "descent")[0]["samples"] == wanted < limits.LANDSCAPE_SAMPLES
    assert limits.samples_within(512, 100, 1000) == limits.SAMPLES_AT_LEAST


def test_the_surface_along_gradient_and_a_random_direction():
    run = take(run_of(), 10)
    with untouched(run):
        meta, arrays, _ = made(run, "gradient")
    assert arrays["losses"].shape == (7, 7)
    assert arrays["losses"][3, 3] == pytest.approx(meta["loss_here"])
    assert arrays["losses"][3, 4] < meta["loss_here"] < arrays["losses"][3, 2]
    np.testing.assert_allclose(arrays["path"][-1], 0, atol=1e-9)
    again, arrays_again, _ = made(run, "gradient")
    assert again == meta
    np.testing.assert_array_equal(arrays_again["losses"], arrays["losses"])


def test_the_surface_along_the_way_so_far_holds_all_of_it():
    run = take(run_of(), 30)
    meta, arrays, _ = made(run, "path")
    u, v = arrays["path"].T
    assert u.min() > arrays["u"][0]
    assert u.max() < arrays["u"][-1]
    assert v.min() > arrays["v"][0]
    assert v.max() < arrays["v"][-1]
    assert 0.8 < sum(meta["shares"]) <= 1
    assert arrays["path_losses"][0] == pytest.approx(loss_of(run, run.initial_parameters))
    assert arrays["path_losses"][-1] == pytest.approx(meta["loss_here"])


@pytest.mark.parametrize("view", ["descent", "step"])
def test_it_is_of_the_moment_it_was_asked_for_while_training_goes_on(view):
    run = take(run_of(), 10)
    meta, arrays, _ = made(run, view)
    run.jobs.clear()
    ask(run, view, begin=True)
    run.act("run", True)
    while isinstance(found := ask(run, view), dict):
        run.advance(0.002)
    assert run.trainer.step_count > 10
    later_meta, later = wire.unpack(found)
    assert later_meta == meta
    np.testing.assert_array_equal(later["losses"], arrays["losses"])


def test_a_run_at_rest_has_work_only_while_a_view_is_made():
    run = take(run_of(), 5)
    assert run.due_in() is None
    ask(run, "gradient", begin=True)
    assert run.due_in() == 0
    version = run.version
    while run.due_in() == 0:
        run.advance(0.001)
    assert run.version == version
    assert isinstance(ask(run, "gradient"), bytes)


def test_a_view_that_nobody_asks_for_any_more_is_given_up(monkeypatch):
    run = take(run_of(), 5)
    ask(run, "gradient", begin=True)
    monkeypatch.setattr(limits, "JOB_PATIENCE_SECONDS", -1.0)
    run.advance(0.001)
    assert run.due_in() is None
    with pytest.raises(RunError, match="no longer being made"):
        ask(run, "gradient")


def test_a_view_can_be_cancelled():
    run = take(run_of(), 5)
    ask(run, "gradient", begin=True)
    assert answer(run, "cancel_landscape", {"view": "gradient"}) == {"was_made": True}
    assert answer(run, "cancel_landscape", {"view": "gradient"}) == {"was_made": False}
    assert run.due_in() is None


def test_a_way_that_is_too_short_is_explained():
    with pytest.raises(RunError, match="too short for a plane: train some steps"):
        ask(run_of(), "path", begin=True)


@pytest.mark.parametrize(("view", "begin"), [("sideways", True), (None, True), ([], False),
                                             ("descent", 1)])
def test_an_unknown_view_is_refused(view, begin):
    with pytest.raises(RunError, match="A view is one of step, descent, gradient, path"):
        ask(run_of(), view, begin)


def test_work_that_fails_is_gone():
    run = take(run_of(), 5)
    ask(run, "descent", begin=True)

    def failing():
        yield 0.0
        raise ZeroDivisionError

    run.jobs["descent"]._parts = failing()
    with pytest.raises(ZeroDivisionError):
        run.advance(0.001)
    assert run.due_in() is None


@pytest.mark.parametrize("view", ["step", "descent"])
@pytest.mark.parametrize("size", [1e8, 1e30])
def test_a_line_of_weights_that_overflow_is_made_without_numbers_that_are_not_finite(view, size):
    run = run_of(hidden=((8, "relu"),) * 4, loss="mse", output="linear")
    run.network.parameters[...] *= size
    with np.errstate(all="ignore"):
        meta, _, _ = made(run, view)
    assert meta["loss_here"] is None or meta["loss_here"] > 1
    assert (meta["regions"] == []) == (meta["loss_here"] is None)


def waited_for(run, views):
    """What pages get that ask in turn, each for its own view; all began before any had it."""
    found = dict.fromkeys(range(len(views)))
    for view in views:
        ask(run, view, begin=True)
    while None in found.values():
        run.advance(0.001)
        for page, view in enumerate(views):
            if found[page] is None and isinstance(answered := ask(run, view), bytes):
                found[page] = wire.unpack(answered)
    return list(found.values())


def test_two_pages_that_ask_for_one_view_both_get_it():
    """The one that came second was told that its page had been away."""
    run = take(run_of(), 5)
    (meta, arrays), (other_meta, others) = waited_for(run, ["descent", "descent"])
    assert meta == other_meta
    np.testing.assert_array_equal(arrays["losses"], others["losses"])


def test_each_page_gets_the_plane_that_it_asked_for():
    """The other's took its place, and stood under its titles."""
    run = take(run_of(), 5)
    gradient, path = waited_for(run, ["gradient", "path"])
    assert (gradient[0]["view"], path[0]["view"]) == ("gradient", "path")


def test_a_page_that_joins_begins_nothing_anew_unless_the_run_has_moved(monkeypatch):
    monkeypatch.setattr(limits, "JOB_SECONDS", 0.0)  # a part of the work in each turn
    run = take(run_of(), 3)
    ask(run, "gradient", begin=True)
    for _ in range(4):
        run.advance(0.001)
    done = ask(run, "gradient")["progress"]
    assert ask(run, "gradient", begin=True)["progress"] == done > 0
    take(run, 1)
    assert ask(run, "gradient", begin=True)["progress"] == 0


def test_what_nobody_asks_for_any_more_is_forgotten(monkeypatch):
    run = take(run_of(), 3)
    made(run, "descent")
    monkeypatch.setattr(limits, "JOB_PATIENCE_SECONDS", -1.0)
    ask(run, "step", begin=True)
    assert list(run.jobs) == ["step"]
