"""Lines of the library's own source, as they stand beside the numbers they computed."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from nnviz.activations import ACTIVATIONS, Activation
from nnviz.losses import LOSSES, Loss
from nnviz.network import Network
from nnviz.optimizers import OPTIMIZERS, Optimizer
from nnviz.regularization import Regularization
from nnviz.training import Trainer


@dataclass(frozen=True)
class Listing:
    """A function to show.

    Attributes
    ----------
    function : callable
    marks : dict of str to str
        What a line computes, and a piece of its text that stands in the function once.
    symbols : dict of str to str
        The quantity that a name in the code stands for; quantities have colours on the page.
    """

    function: Callable
    marks: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)


FUNCTION = {"z": "z", "a": "a", "out": "a"}
DERIVATIVE = {"z": "z", "a": "a", "out": "slope"}
VALUE = {"y_true": "y", "y_pred": "a"}
UPDATE = {"parameters": "W", "gradients": "gradient", "out": "update"}

LISTINGS = {
    "forward": Listing(
        Network.forward,
        {"z": "product(A_1, W_b, Z)", "a": "f(z, a)", "mask": "a *= mask"},
        {"W_b": "W", "A_1": "a", "Z": "z", "z": "z", "a": "a", "mask": "mask"},
    ),
    "output": Listing(
        Network.backpropagate, {"output": "loss.output_delta("},
        {"y_true": "y", "run.z": "z", "run.a": "a", "run.delta": "delta"},
    ),
    "delta": Listing(
        Network.carry_down,
        {
            "upstream": "product(run.D[layer], self._parameters.W[layer].T",
            "mask": "below *= mask", "slope": "f.backward(below",
        },
        {
            "run.D": "delta", "below": "delta", "run.delta": "delta", "run.z": "z", "run.a": "a",
            "a": "a", "self._parameters.W": "W", "mask": "mask",
        },
    ),
    "gradient": Listing(
        Network.gradients, {"gradient": "product(A_1.T, D, dW_b)"},
        {"D": "delta", "run.D": "delta", "run.A_1": "a", "A_1": "a", "dW_b": "gradient"},
    ),
    "activation_backward": Listing(
        Activation.backward, {"slope": "delta *= "}, {"delta": "delta", "z": "z", "a": "a"}
    ),
    "output_delta": Listing(
        Loss.output_delta,
        {"difference": "np.subtract(a, y_true", "mean": "out *= 1 / len(out)",
         "loss": "self.gradient(", "slope": "activation.backward("},
        {"out": "delta", "a": "a", "y_true": "y", "z": "z"},
    ),
    "step": Listing(
        Trainer._update,
        {"loss": "self.loss.value(", "descend": "network.descend(",
         "gradients": "self._step_by_gradients("},
        {"y": "y", "run.a": "a"},
    ),
    "descend": Listing(
        Network.descend, {"update": "W_b, -rate, 1.0)"},
        {"A_1": "a", "run.A_1": "a", "D": "delta", "run.D": "delta", "W_b": "W"},
    ),
    "by_gradients": Listing(
        Trainer._step_by_gradients,
        {
            "penalty": "regularization.add_gradient(",
            "held": "gradients.vector[self._stays] = 0", "clip": "regularization.clip(",
            "update": "self.optimizer.step(",
        },
        {"gradients": "gradient", "gradients.vector": "gradient", "network.parameters": "W"},
    ),
    "penalty": Listing(
        Regularization.add_gradient, {"l1": "dW += self.l1", "l2": "dW += self.l2"},
        {"dW": "gradient", "W": "W"},
    ),
    "clip": Listing(
        Regularization.clip, {"clip": "gradients.vector *="}, {"gradients.vector": "gradient"}
    ),
    "optimizer": Listing(
        Optimizer.step, {"update": "parameters += "},
        {"parameters": "W", "gradients": "gradient", "self.update": "update"},
    ),
}


@cache
def all_listings() -> dict[str, Any]:
    """Return every listing by name, ready for JSON.

    ``title``; ``about``, the first line of its docstring; ``lines`` and their ``numbers`` in the
    file; ``marks`` names lines by their place in ``lines``; ``symbols``; ``helpers``: the listings
    of the functions that it calls.
    """
    chosen = dict(LISTINGS)
    for f in ACTIVATIONS.values():
        chosen[f"f {f.id}"] = Listing(type(f).__call__, symbols=FUNCTION)
        name = "backward" if f.output_only else "derivative"
        chosen[f"slope {f.id}"] = Listing(getattr(type(f), name), symbols=DERIVATIVE)
    for loss in LOSSES.values():
        chosen[f"loss {loss.id}"] = Listing(type(loss).value, symbols=VALUE)
        chosen[f"loss gradient {loss.id}"] = Listing(
            type(loss).gradient, symbols=VALUE | {"out": "upstream"}
        )
    for id, optimizer in OPTIMIZERS.items():
        memory = dict.fromkeys(optimizer.memory, "memory")
        chosen[f"update {id}"] = Listing(optimizer.compute_update, symbols=UPDATE | memory)
    listed: dict[str, Any] = {}
    while chosen:
        name, listing = chosen.popitem()
        listed[name] = _listing(listing)
        for helper in _helpers(listing.function):
            if _helper_name(helper) not in listed:
                chosen[_helper_name(helper)] = Listing(helper)
    return listed


def _helpers(function: Callable) -> list[Callable]:
    """Return the library's functions that a function calls by name, or by ``super()``, in order."""
    found = []
    for call in (node.func for node in ast.walk(_tree(function)) if isinstance(node, ast.Call)):
        if isinstance(call, ast.Name):
            found.append(function.__globals__.get(call.id))
        elif isinstance(call, ast.Attribute) and ast.unparse(call.value) == "super()":
            cls = function.__globals__[function.__qualname__.partition(".")[0]]
            found.append(getattr(super(cls, cls), call.attr))
    return [
        helper for helper in dict.fromkeys(found)
        if inspect.isfunction(helper) and helper.__module__.startswith("nnviz.")
    ]


def _helper_name(function: Callable) -> str:
    return f"helper {function.__module__}.{function.__qualname__}"


def _listing(listing: Listing) -> dict[str, Any]:
    lines, start = inspect.getsourcelines(listing.function)
    source, function = textwrap.dedent("".join(lines)), _tree(listing.function)
    kept = [
        number for number in range(1, len(source.splitlines()) + 1)
        if not _is_docstring(function, number)
    ]
    text = source.splitlines()
    return {
        "title": f"{listing.function.__module__}, {listing.function.__qualname__}",
        "about": (listing.function.__doc__ or "").strip().partition("\n")[0].replace("`", ""),
        "numbers": [start + number - 1 for number in kept],
        "lines": [text[number - 1] for number in kept],
        "marks": {
            name: [kept.index(number) for number in _lines_of(function, source, fragment)]
            for name, fragment in listing.marks.items()
        },
        "symbols": listing.symbols,
        "helpers": [_helper_name(helper) for helper in _helpers(listing.function)],
    }


def _tree(function: Callable) -> ast.FunctionDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    return tree


def _is_docstring(function: ast.FunctionDef, line: int) -> bool:
    """Return whether a line is one of the function's docstring."""
    if ast.get_docstring(function) is None:
        return False
    docstring = function.body[0]
    return docstring.lineno <= line <= docstring.end_lineno


def _lines_of(function: ast.FunctionDef, source: str, fragment: str) -> range:
    """Return the lines of the smallest statement that holds a piece of text.

    Raises
    ------
    LookupError
        If the text does not stand in the function exactly once: it has changed.
    """
    holding = [
        node for node in ast.walk(function)
        if isinstance(node, ast.stmt) and not _is_docstring(function, node.lineno)
        and fragment in " ".join(ast.get_source_segment(source, node).split())
    ]
    smallest = [
        node for node in holding
        if not any(inner is not node and inner in ast.walk(node) for inner in holding)
    ]
    if len(smallest) != 1:
        raise LookupError(f"{fragment!r} stands {len(smallest)} times in {function.name}.")
    return range(smallest[0].lineno, smallest[0].end_lineno + 1)
