"""A network as an ONNX model, by the optional package ``onnx``."""

from importlib.util import find_spec

import numpy as np

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
    from onnx import TensorProto, checker, helper, numpy_helper  # noqa: PLC0415, optional

    nodes, constants = [], []

    def constant(name: str, value: np.ndarray | float) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def node(operator: str, *inputs: str, **attributes: float) -> str:
        name = f"{operator}_{len(nodes)}"
        nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    value = INPUT
    if input_scaling is not None:
        offset, divisor = input_scaling
        value = node("Sub", value, constant("input_offset", offset))
        value = node("Div", value, constant("input_divisor", divisor))
    for k, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        z = value = node("Gemm", value, constant(f"W{k}", W), constant(f"b{k}", b))
        f = network.activations[k - 1]
        for operator, second in _OPERATORS[f.id]:
            inputs = [value]
            if second is not None:
                is_z = second == "z"
                inputs.append(z if is_z else constant(f"number_{len(constants)}", second))
            value = node(operator, *inputs, **_attributes(operator, f))
    nodes.append(helper.make_node("Identity", [value], [OUTPUT]))
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "nnviz",
        [helper.make_tensor_value_info(INPUT, kind, ["n", network.layer_sizes[0]])],
        [helper.make_tensor_value_info(OUTPUT, kind, ["n", network.layer_sizes[-1]])],
        constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="nnviz"
    )
    model.ir_version = IR_VERSION
    checker.check_model(model)
    return model.SerializeToString()


def _attributes(operator: str, activation) -> dict[str, float]:
    if operator == "LeakyRelu":
        return {"alpha": activation.slope}
    return {"axis": 1} if operator == "Softmax" else {}
