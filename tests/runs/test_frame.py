"""Frames: documented shapes, numbers of one step, and bounds on their size."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.runs import frame as frames
from nnviz.runs import wire
from nnviz.runs.frame import (
    BINS,
    frame,
    histogram,
    nice_ceiling,
    selection,
    steady_scale,
)
from nnviz.runs.quantities import QUANTITIES
from nnviz.runs.run import Run
from nnviz.settings import HIDDEN_ACTIVATIONS, RunConfig, output_choices
from tests.runs.samples import FRAGILE, run_of, take

NETWORKS = {
    "default": RunConfig(),
    "no hidden layer": RunConfig(hidden=()),
    "one unit": RunConfig(hidden=((1, "tanh"),)),
    "wide": RunConfig(hidden=((512, "relu"),) * 6),
    "mse": RunConfig(loss="mse", output="linear", scaling="standard"),
    "zeros": RunConfig(initializer="zeros"),
    "few test samples": RunConfig(test_share=0.05),
    "few training samples": RunConfig(test_share=0.9),
    **{id: RunConfig(hidden=((20, id),) * 2) for id in HIDDEN_ACTIVATIONS},
}


def unpacked(run, quantity="weights"):
    return wire.unpack(frame(run, quantity))


def expected_shapes(meta):
    """Shape and dtype of every array, from the meta alone, as the browser has it."""
    units = meta["diagram"]["units"]
    shapes = {"confusion": ((10, 10), "<i4")}
    for index, layer in enumerate(meta["layers"]):
        rows, columns = len(layer["rows"]), len(layer["columns"])
        shapes[f"W{index}"] = ((rows, columns), "<f4")
        shapes[f"b{index}"] = ((columns,), "<f4")
        shapes[f"D{index}"] = ((len(units[index]), len(units[index + 1])), "<f4")
        shapes[f"e{index}"] = ((len(units[index + 1]),), "<f4")
        shapes[f"m{index}"] = ((len(units[index + 1]),), "<f4")
        shapes[f"activations{index}"] = ((BINS,), "<i4")
        shapes[f"gradients{index}"] = ((BINS,), "<i4")
    return shapes


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        *((name, "weights") for name in NETWORKS),
        *(("default", other) for other in QUANTITIES if other != "weights"),
    ],
)
def test_every_array_has_its_documented_shape(name, quantity):
    run = Run(NETWORKS[name], "run")
    for steps in (0, 2):
        meta, arrays = unpacked(take(run, steps), quantity)
        curves = {key: arrays.pop(key) for key in ("history", "batch")}
        found = {key: (array.shape, array.dtype.str) for key, array in arrays.items()}
        assert found == expected_shapes(meta)
        assert curves["history"].shape == (1 + (steps > 0), 5)
        assert curves["batch"].shape == (steps, 3)
        for array in (*arrays.values(), *curves.values()):
            assert np.isfinite(array).all()


def test_the_meta_says_what_the_run_is():
    run = take(Run(RunConfig(seed=3), "run"), 46)
    run.act("stops", {"epochs": 9, "accuracy": 0.9})
    run.act("speed", 30)
    meta, arrays = unpacked(run)
    evaluation = run.evaluate()
    assert meta["metrics"] == {
        "training_loss": evaluation.training_loss,
        "test_loss": evaluation.test_loss,
        "training_accuracy": evaluation.training_accuracy,
        "test_accuracy": evaluation.test_accuracy,
    }
    expected = {
        "warning": None, "version": run.version, "step": 46, "state": "paused", "notice": None,
        "speed": 30, "steps_per_second": 0.0, "stop_epochs": 9, "stop_accuracy": 0.9,
        "can_step_back": True, "seed": 3, "learning_rate": 0.1, "batch_size": 32,
        "loss": "cross_entropy", "loss_label": "cross-entropy, mean over samples",
        "training_samples": 1438, "test_samples": 359, "distribution_samples": 256,
        "classes": list("0123456789"), "layer_sizes": [64, 32, 10], "parameters": 2410,
        "quantity": "weights", "quantity_available": True,
    }
    assert {name: meta[name] for name in expected} == expected
    assert meta["epoch"] == pytest.approx(1 + 32 / 1438)
    first, second = meta["layers"]
    assert first["image_shape"] == [8, 8]
    assert second["image_shape"] is None
    assert [layer["activation"] for layer in meta["layers"]] == ["relu", "softmax"]
    assert [(layer["fan_in"], layer["fan_out"]) for layer in meta["layers"]] == [(64, 32), (32, 10)]
    assert arrays["confusion"].sum() == 359


def test_all_numbers_are_of_the_same_step():
    run = run_of()
    run.act("run", True)
    run.act("speed", 1000)  # above 400 steps the curve of mini-batches has not every one
    for _ in range(10):
        run.train(7)  # not for some time: past the points of a curve, it is thinned
        meta, arrays = unpacked(run)
        step = run.trainer.step_count
        assert meta["step"] == arrays["history"][-1, 0] == arrays["batch"][-1, 0] == step
        figures = list(meta["metrics"].values())
        np.testing.assert_array_equal(arrays["history"][-1, 1:], figures)
        accuracy = np.trace(arrays["confusion"]) / arrays["confusion"].sum()
        assert accuracy == pytest.approx(meta["metrics"]["test_accuracy"])
        np.testing.assert_array_equal(arrays["W1"], run.network.weights[1])
        np.testing.assert_array_equal(arrays["D1"][:, :10], run.network.weights[1][
            np.array(meta["diagram"]["units"][1])])
        assert meta["epoch"] == run.trainer.samples_seen / 1438


def test_a_frame_of_a_run_that_has_blown_up_is_of_the_last_finite_step():
    run = Run(FRAGILE.changed(learning_rate=10.0), "run")
    run.act("run", True)
    while run.state != "diverged":
        run.advance(0.002)
        meta, arrays = unpacked(run, "gradient")
        assert all(np.isfinite(array).all() for array in arrays.values())
        assert meta["step"] == run.trainer.step_count == arrays["history"][-1, 0]
        assert (meta["state"], meta["version"]) == (run.state, run.version)
    assert meta["state"] == "diverged"


def test_quantities_are_what_they_are_called():
    run = run_of(learning_rate=0.5)
    before = [W.copy() for W in take(run, 5).network.weights]
    take(run, 1)
    run.act("compare", True)
    shown = {quantity: unpacked(run, quantity) for quantity in QUANTITIES}
    for index, W in enumerate(run.network.weights):
        layers = {quantity: arrays[f"W{index}"] for quantity, (_, arrays) in shown.items()}
        np.testing.assert_array_equal(layers["weights"], W)
        np.testing.assert_allclose(layers["update"], W - before[index], atol=1e-7)
        np.testing.assert_allclose(layers["update"], -0.5 * layers["gradient"], rtol=1e-6)
        first = run_of().network.weights[index]
        np.testing.assert_array_equal(layers["change"], W - first)
    for meta, arrays in shown.values():
        assert meta["quantity_available"]
        np.testing.assert_array_equal(arrays["D0"], run.network.weights[0][
            np.ix_(meta["diagram"]["units"][0], meta["diagram"]["units"][1])])


@pytest.mark.parametrize("quantity", ["update", "gradient"])
def test_before_the_first_step_there_is_no_update_and_no_gradient(quantity):
    for run in (run_of(), take(run_of(), 1)):
        if run.trainer.step_count:
            run.act("back")
        meta, arrays = unpacked(run, quantity)
        assert not meta["quantity_available"]
        assert not arrays["W0"].any()
        assert not arrays["gradients0"].any()
        assert unpacked(run, "weights")[0]["quantity_available"]
    assert unpacked(take(run, 1), quantity)[0]["quantity_available"]


def test_a_wide_network_is_shown_by_a_selection_in_less_than_a_megabyte():
    run = take(Run(NETWORKS["wide"], "run"), 2)
    packed = frame(run)
    assert len(packed) < 1_000_000
    meta, arrays = wire.unpack(packed)
    assert meta["parameters"] == 65 * 512 + 5 * 513 * 512 + 513 * 10
    for index, (layer, W, b) in enumerate(
        zip(meta["layers"], run.network.weights, run.network.biases, strict=True)
    ):
        rows, columns = layer["rows"], layer["columns"]
        assert len(rows) <= 64
        assert len(columns) <= 64
        assert (rows[0], rows[-1]) == (0, layer["fan_in"] - 1)
        assert (columns[0], columns[-1]) == (0, layer["fan_out"] - 1)
        np.testing.assert_array_equal(arrays[f"W{index}"], W[np.ix_(rows, columns)])
        np.testing.assert_array_equal(arrays[f"b{index}"], b[columns])
        # The scale is that of all weights, not of those shown alone.
        assert layer["scale"] >= np.abs(W).max()
    assert all(len(units) <= 16 for units in meta["diagram"]["units"])


def test_a_long_run_stays_a_small_frame():
    run = run_of()
    for _ in range(450):
        run.evaluate()
        run.train(1)
    meta, arrays = unpacked(run)
    assert meta["step"] == 450
    assert 200 <= len(arrays["history"]) <= 400
    assert 200 <= len(arrays["batch"]) <= 400
    assert (arrays["history"][0, 0], arrays["history"][-1, 0]) == (0, 450)
    assert len(frame(run)) < 100_000


def test_dead_and_saturated_units_are_counted():
    run = run_of(hidden=((8, "relu"), (6, "sigmoid"), (5, "tanh")))
    relu, sigmoid, tanh = run.network.biases[:3]
    relu[:3] = -1e3
    sigmoid[:2] = (-100, 100)
    tanh[1:5] = 50
    layers = unpacked(run)[0]["layers"]
    assert [layer["dead"] for layer in layers] == [3, 0, 0, 0]
    assert [layer["saturated"] for layer in layers] == [0, 2, 4, 0]


@pytest.mark.parametrize("name", ["default", "mse", *HIDDEN_ACTIVATIONS])
def test_histograms_count_every_value(name):
    run = take(Run(NETWORKS[name], "run"), 3)
    meta, arrays = unpacked(run)
    for index, layer in enumerate(meta["layers"]):
        assert arrays[f"activations{index}"].sum() == 256 * layer["fan_out"]
        counted = arrays[f"gradients{index}"].sum() + layer["zero_gradients"]
        assert counted == layer["fan_in"] * layer["fan_out"]
        assert layer["activation_edges"][0] <= 0 < layer["activation_edges"][1]


@pytest.mark.parametrize("size", [1e-45, 1e-42, 1e-30, 1.0, 1e30])
def test_a_histogram_of_any_size_has_its_values_where_they_belong(size):
    """A network that its penalty has shrunk to nothing is shown too."""
    values = np.float32(size) * np.array([0, 1, 2, 4], np.float32)
    counts = histogram(values, (0.0, float(values[-1])))
    assert counts.sum() == 4
    assert (counts[0], counts[len(counts) // 4], counts[-1]) == (1, 1, 1)


def test_gradients_that_are_all_zero_are_told():
    run = take(run_of(initializer="zeros"), 1)
    layers = unpacked(run)[0]["layers"]
    assert layers[0]["zero_gradients"] == 64 * 32


@pytest.mark.parametrize(("loss", "output"), [
    (loss, output) for loss in ("cross_entropy", "mse") for output in output_choices(loss, "digits")
])
def test_every_loss_and_output_has_frames(loss, output):
    meta, _ = unpacked(take(run_of(loss=loss, output=output), 2))
    assert meta["loss"] == loss
    assert meta["layers"][-1]["activation"] == output


def test_scales_do_not_flicker_while_training():
    run = run_of()
    changes = 0
    scales = [layer["scale"] for layer in unpacked(run)[0]["layers"]]
    for _ in range(100):
        meta, arrays = unpacked(take(run, 3), "weights")
        now = [layer["scale"] for layer in meta["layers"]]
        changes += now != scales
        scales = now
        for index, scale in enumerate(scales):
            assert np.abs(arrays[f"W{index}"]).max() <= scale
    assert changes <= 3


@given(st.integers(1, 2000), st.integers(2, 64))
def test_a_selection_is_even_ordered_and_has_both_ends(count, limit):
    chosen = selection(count, limit)
    assert len(chosen) == min(count, limit)
    assert (chosen[0], chosen[-1]) == (0, count - 1)
    gaps = np.diff(chosen)
    assert (gaps >= 1).all()
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


@given(st.floats(1e-300, 1e300))
def test_a_nice_ceiling_is_the_next_of_1_2_5(value):
    ceiling = nice_ceiling(value)
    assert value <= ceiling <= value * 2.5 * (1 + 1e-9)
    mantissa = ceiling / 10.0 ** math.floor(math.log10(ceiling * (1 + 1e-9)))
    assert min(abs(mantissa - nice) for nice in (1, 2, 5)) < 1e-6


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_the_scale_of_nothing_is_1(value):
    assert nice_ceiling(value) == 1.0


@given(st.lists(st.just(0.0) | st.floats(1e-45, 1e38), min_size=1, max_size=30))
def test_a_steady_scale_holds_every_value_and_shrinks_late(values):
    scales = {}
    drawn = [steady_scale(scales, "W0", value) for value in values]
    for value, scale in zip(values, drawn, strict=True):
        assert value <= scale
    for (before, now), value in zip(itertools.pairwise(drawn), values[1:], strict=True):
        if now < before:
            assert value < before / 4
        if value <= before and value >= before / 4:
            assert now == before


def test_a_steady_scale_is_remembered_by_name():
    scales = {}
    assert steady_scale(scales, "a", 30) == 50
    assert steady_scale(scales, "b", 0.3) == 0.5
    assert steady_scale(scales, "a", 13) == 50
    assert steady_scale(scales, "a", 12) == 20
    assert steady_scale(scales, "a", 0) == 20


@given(st.lists(st.floats(-100, 100, width=32), max_size=50))
def test_a_histogram_counts_what_is_outside_at_its_ends(values):
    counts = histogram(np.array(values, np.float32), (-1.0, 1.0))
    assert counts.shape == (frames.BINS,)
    assert counts.sum() == len(values)
    assert counts[-1] >= sum(value >= 1 for value in values)
    assert counts[0] >= sum(value <= -1 for value in values)


def test_a_value_falls_into_its_bin():
    counts = histogram(np.array([0.01, 0.49, 0.51, 0.99]), (0.0, 1.0))
    assert [int(number) for number in np.flatnonzero(counts)] == [0, 11, 12, 23]
