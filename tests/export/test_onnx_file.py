"""ONNX models, run by onnxruntime where that is installed."""

import numpy as np
import pytest

from nnviz import Network
from nnviz.export import onnx_file
from tests.samples import HIDDEN


def answers(content, x):
    """What onnxruntime makes of a model."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run([onnx_file.OUTPUT], {onnx_file.INPUT: x})[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_runtime_answers_as_the_network_does(hidden, dtype):
    pytest.importorskip("onnx")
    x = np.random.default_rng(1).normal(size=(20, 7)).astype("float32") * 2
    for output in ("softmax", "sigmoid", "linear"):
        network = Network((7, 6, 5, 3), (hidden, hidden, output), seed=3, dtype=dtype)
        found = answers(onnx_file.save(network), x)
        np.testing.assert_allclose(found, network.predict(x), rtol=1e-4, atol=1e-6)


def test_raw_values_are_scaled_by_the_model():
    pytest.importorskip("onnx")
    network = Network((7, 3), ("softmax",), seed=3)
    offset, divisor = np.arange(7, dtype="float32"), np.full(7, 16, "float32")
    raw = np.random.default_rng(1).uniform(0, 16, (20, 7)).astype("float32")
    found = answers(onnx_file.save(network, (offset, divisor)), raw)
    np.testing.assert_allclose(found, network.predict((raw - offset) / divisor), rtol=1e-5)


def test_every_activation_has_its_operators():
    assert set(onnx_file._OPERATORS) == {*HIDDEN, "softmax"}
