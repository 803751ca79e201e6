"""A network as an ONNX model, by the optional package ``onnx``."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from nnviz.activations import Activation
from nnviz.network import Network

# Old enough for the runtimes of the last years.
OPSET = 17
IR_VERSION = 8
INPUT, OUTPUT = "input", "output"
# The operators of each activation, one after the other, with their second inputs: a number, or
# the pre-activation z. The first input is what the operator before gives, at first z.
_OPERATORS: dict[str, tuple[tuple[str, float | str | None], ...]] = {
    "relu": (("Relu", None),),
    "leaky_relu": (("LeakyRelu", None),),
    "elu": (("Elu", None),),
    "gelu": (("Mul", 0.5**0.5), ("Erf", None), ("Add", 1.0), ("Mul", 0.5), ("Mul", "z")),
    "silu": (("Sigmoid", None), ("Mul", "z")),
    "softplus": (("Softplus", None),),
    "sigmoid": (("Sigmoid", None),),
    "tanh": (("Tanh", None),),
    "linear": (("Identity", None),),
    "softmax": (("Softmax", None),),
}


def is_available() -> bool:
    """Return whether ``onnx`` is installed."""
    return find_spec("onnx") is not None


def save(network: Network, input_scaling: tuple[np.ndarray, np.ndarray] | None = None) -> bytes:
    """Return a network as the content of an ``.onnx`` file.

    Parameters
    ----------
    network : Network
    input_scaling : tuple of ndarray, (inputs,), optional
        Offset and divisor; with them the model takes raw values and scales them itself.

    Returns
    -------
    bytes
        A model from `INPUT`, (n, inputs), to `OUTPUT`, (n, outputs), in float32: runtimes lack
        operators in float64.

    Raises
    ------
    ImportError
        If ``onnx`` is not installed.
    """
    graph = _Graph()
    value = INPUT
    if input_scaling is not None:
        offset, divisor = input_scaling
        value = graph.node("Sub", value, graph.constant("input_offset", offset))
        value = graph.node("Div", value, graph.constant("input_divisor", divisor))
    layers = zip(network.weights, network.biases, network.activations, strict=True)
    for k, (W, b, f) in enumerate(layers, start=1):
        z = graph.node("Gemm", value, graph.constant(f"W{k}", W), graph.constant(f"b{k}", b))
        value = _activated(graph, z, f)
    return graph.model(value, network.layer_sizes[0], network.layer_sizes[-1])


def _activated(graph: "_Graph", z: str, f: Activation) -> str:
    """Put an activation's operators onto a pre-activation; return the name of the outcome."""
    value = z
    for operator, second in _OPERATORS[f.id]:
        inputs = [value]
        if second is not None:
            inputs.append(z if second == "z" else graph.constant(None, second))
        value = graph.node(operator, *inputs, **_attributes(operator, f))
    return value


def _attributes(operator: str, f: Activation) -> dict[str, float]:
    if operator == "LeakyRelu":
        return {"alpha": f.slope}
    return {"axis": 1} if operator == "Softmax" else {}


class _Graph:
    """Operators and constants of a model in the making, each under a name of its own."""

    def __init__(self):
        import onnx  # noqa: PLC0415, optional

        self._onnx = onnx
        self._nodes, self._constants = [], []

    def constant(self, name: str | None, value: np.ndarray | float) -> str:
        """Keep a value, in float32, under a name or one that is made here; return the name."""
        name = name or f"number_{len(self._constants)}"
        array = np.asarray(value, np.float32)
        self._constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: float) -> str:
        """Apply an operator to what has these names; return the name of what it gives."""
        name = f"{operator}_{len(self._nodes)}"
        self._add(operator, inputs, name, attributes)
        return name

    def _add(
        self, operator: str, inputs: Sequence[str], output: str, attributes: dict[str, float]
    ) -> None:
        node = self._onnx.helper.make_node(operator, inputs, [output], **attributes)
        self._nodes.append(node)

    def model(self, value: str, inputs: int, outputs: int) -> bytes:
        """Return the model from `INPUT` to `OUTPUT`, which is to be `value`; it is checked."""
        helper, kind = self._onnx.helper, self._onnx.TensorProto.FLOAT
        self._add("Identity", [value], OUTPUT, {})
        graph = helper.make_graph(
            self._nodes, "nnviz",
            [helper.make_tensor_value_info(INPUT, kind, ["n", inputs])],
            [helper.make_tensor_value_info(OUTPUT, kind, ["n", outputs])],
            self._constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="nnviz"
        )
        model.ir_version = IR_VERSION
        self._onnx.checker.check_model(model)
        return model.SerializeToString()
