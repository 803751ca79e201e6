"""A network as a PyTorch script that builds it from its model file and compares the answers."""

from itertools import pairwise

from nnviz.activations import ACTIVATIONS
from nnviz.export import snippets
from nnviz.export.filling import filled
from nnviz.network import Network

# PyTorch sums in another order: so far apart may its float32 answers be.
RELATIVE, ABSOLUTE = 1e-4, 1e-5

_TEMPLATE = '''\
"""Build the network of a run of nnviz in PyTorch, and compare what it answers.

Needs torch and numpy, and $model beside this file.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

with np.load(Path(__file__).resolve().parent / "$model") as file:
    saved = dict(file)

network = nn.Sequential(
    $layers
)

# nn.Linear holds its weights the other way round than z = a W + b: (outputs, inputs).
linear_layers = [layer for layer in network if isinstance(layer, nn.Linear)]
with torch.no_grad():
    for number, layer in enumerate(linear_layers, start=1):
        layer.weight.copy_(torch.from_numpy(saved[f"W{number}"].T))
        layer.bias.copy_(torch.from_numpy(saved[f"b{number}"]))

# Raw values would be scaled first: (raw - saved["input_offset"]) / saved["input_divisor"].
x = torch.from_numpy(saved["example_inputs"])
with torch.no_grad():
    answers = network(x).numpy()
np.testing.assert_allclose(answers, saved["example_outputs"], rtol=$relative, atol=$absolute)
print(f"PyTorch answers as nnviz does for {len(x)} test samples.")
'''


def script(network: Network, model: str) -> str:
    """Return the script; the model file `model`, which holds examples, is to lie beside it."""
    lines = [
        f"nn.Linear({fan_in}, {fan_out}), "
        f"{snippets.ACTIVATIONS[f.id].torch.format(**vars(ACTIVATIONS[f.id]))},"
        for (fan_in, fan_out), f in zip(
            pairwise(network.layer_sizes), network.activations, strict=True
        )
    ]
    return filled(_TEMPLATE, {
        "model": model,
        "layers": "\n".join(lines),
        "relative": str(RELATIVE),
        "absolute": str(ABSOLUTE),
    })
