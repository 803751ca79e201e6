"""The PyTorch script, run for every activation: it asserts equal answers itself."""

import runpy

import numpy as np
import pytest

from nnviz import Network, save_model
from nnviz.export import torch_code
from tests.samples import HIDDEN


def run(folder, network):
    """Run the script beside the network's model file."""
    examples = np.random.default_rng(1).normal(size=(20, network.layer_sizes[0])) * 2
    (folder / "model.npz").write_bytes(save_model(network, examples=examples))
    path = folder / "network.py"
    path.write_text(torch_code.script(network, "model.npz"), encoding="utf-8")
    return runpy.run_path(str(path), run_name="__main__")


@pytest.mark.parametrize("hidden", HIDDEN)
def test_pytorch_answers_as_the_network_does(tmp_path, capsys, hidden):
    pytest.importorskip("torch")
    for output in ("softmax", "sigmoid", "linear"):
        run(tmp_path, Network((7, 6, 5, 3), (hidden, hidden, output), seed=3))
        assert "answers as nnviz does for 20 test samples" in capsys.readouterr().out


def test_a_network_without_hidden_layers_and_with_one_output(tmp_path):
    pytest.importorskip("torch")
    run(tmp_path, Network((4, 1), ("sigmoid",), seed=3))


def test_another_network_fails_its_check(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    script = torch_code.script
    monkeypatch.setattr(
        torch_code, "script", lambda *args: script(*args).replace("nn.Tanh()", "nn.ReLU()")
    )
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        run(tmp_path, Network((7, 6, 3), ("tanh", "softmax"), seed=3))


def test_the_script_is_a_lesson_without_nnviz():
    network = Network((64, 32, 10), ("leaky_relu", "softmax"), seed=0)
    script = torch_code.script(network, "model.npz")
    assert "nn.Linear(64, 32), nn.LeakyReLU(0.01),\n    nn.Linear(32, 10), nn.Softmax" in script
    assert "import nnviz" not in script
    assert len(script.splitlines()) < 50
