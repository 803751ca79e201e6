"""What a step works out on the way, term by term: at the loss, and from gradient to update.

Each term is written as its paper has it; an optimiser itself may take the same numbers in another
order (`optimizers.Adam` divides once where its formula divides three times).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnviz.optimizers import Optimizer


@dataclass(frozen=True)
class Change:
    """Some parameters in one step; all arrays have the same shape.

    Attributes
    ----------
    optimizer : Optimizer
        With the rate and the `step_count` of the step.
    w, g : ndarray
        The parameters before the step, and the gradient that the optimiser gets.
    before, after : mapping of str to ndarray
        What it carries (`Optimizer.memory`), before and after the step.
    """

    optimizer: Optimizer
    w: np.ndarray
    g: np.ndarray
    before: Mapping[str, np.ndarray]
    after: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Term:
    """One line of what is worked out.

    Attributes
    ----------
    name : str
        "squares, before": what it is, in words.
    formula : str
        LaTeX.
    value : callable
        Takes a `Change`, returns an array.
    numbers : callable
        Takes the optimiser, returns what the formula's letters stand for: "η = 0.1".
    is_whole : bool
        Whether it is worth a look for all parameters, and not for a chosen one only.
    """

    name: str
    formula: str
    value: Callable[[Change], np.ndarray]
    numbers: Callable[[Any], str] = lambda optimizer: ""
    is_whole: bool = False


# The letters of the formulas for what an optimiser's constants are called in code.
LETTERS = {
    "momentum": "β", "decay": "ρ", "beta1": "β₁", "beta2": "β₂", "epsilon": "ε",
    "weight_decay": "λ",
}


def _before(memory: str, letter: str) -> Term:
    return Term(f"{memory}, before", letter, lambda at: at.before[memory], is_whole=True)


def _after(memory: str, formula: str, numbers: Callable[[Any], str] = lambda of: "") -> Term:
    return Term(f"{memory}, after", formula, lambda at: at.after[memory], numbers, is_whole=True)


def _kept(name: str) -> Callable[[Any], str]:
    """Return what tells the share that is kept: "β = 0.9"."""
    return lambda optimizer: f"{LETTERS[name]} = {getattr(optimizer, name):g}"


def _shares(name: str) -> Callable[[Any], str]:
    """Return what tells the shares that are kept and taken: "β₁ = 0.9, 1 - β₁ = 0.1"."""
    def tell(optimizer: Any) -> str:
        taken = 1 - getattr(optimizer, name)
        return f"{_kept(name)(optimizer)}, 1 - {LETTERS[name]} = {taken:g}"

    return tell


def _correction(name: str) -> Callable[[Any], str]:
    """Return what tells the divisor that corrects for a start at 0: "1 - 0.9^3 = 0.271"."""
    def tell(optimizer: Any) -> str:
        kept, t = getattr(optimizer, name), optimizer.step_count
        return f"1 - {kept:g}^{t} = {1 - kept**t:.6g}"

    return tell


def _corrected(at: Change, memory: str, beta: str) -> np.ndarray:
    return at.after[memory] / (1 - getattr(at.optimizer, beta) ** at.optimizer.step_count)


def _root(at: Change) -> np.ndarray:
    return np.sqrt(_corrected(at, "squares", "beta2")) + at.optimizer.epsilon


def _plain_root(at: Change) -> np.ndarray:
    return np.sqrt(at.after["squares"]) + at.optimizer.epsilon


def _eta(optimizer: Optimizer) -> str:
    return f"η = {optimizer.rate:g}"


_PUSH = Term("learning rate times gradient", r"\eta\, g", lambda at: at.optimizer.rate * at.g, _eta)
_SQUARE = Term("square of the gradient", "g^2", lambda at: at.g**2)
_VELOCITY = (
    _before("velocity", "v"),
    Term(
        "what is kept of it", r"\beta v",
        lambda at: at.optimizer.momentum * at.before["velocity"], _kept("momentum"),
    ),
    _PUSH,
    _after("velocity", r"v \leftarrow \beta v - \eta\, g"),
)
_OWN_RATE = (
    Term("root of the squares", r"\sqrt{s} + \epsilon", _plain_root, is_whole=True),
    Term(
        "the parameter's own rate", r"\frac{\eta}{\sqrt{s} + \epsilon}",
        lambda at: at.optimizer.rate / _plain_root(at), _eta,
    ),
)
_MOMENTS = (
    _before("mean", "m"),
    _after("mean", r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g", _shares("beta1")),
    Term(
        "mean, corrected for its start at 0", r"\hat m = \frac{m}{1 - \beta_1^t}",
        lambda at: _corrected(at, "mean", "beta1"), _correction("beta1"), is_whole=True,
    ),
    _before("squares", "s"),
    _SQUARE,
    _after("squares", r"s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2", _shares("beta2")),
    Term(
        "squares, corrected for their start at 0", r"\hat s = \frac{s}{1 - \beta_2^t}",
        lambda at: _corrected(at, "squares", "beta2"), _correction("beta2"), is_whole=True,
    ),
    Term("root of the corrected squares", r"\sqrt{\hat s} + \epsilon", _root),
    Term(
        "what Adam takes away", r"\eta\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}",
        lambda at: at.optimizer.rate * _corrected(at, "mean", "beta1") / _root(at), _eta,
    ),
)

# What one of k outputs adds to a sample's loss, before a mean over the outputs where the loss takes
# one; and the slope of the loss of n samples by that output. LaTeX, by the loss's id.
LOSS_TERMS: dict[str, tuple[str, str]] = {
    "mse": (r"(\hat y_j - y_j)^2", r"\frac{2}{n k} (\hat y_j - y_j)"),
    "mae": (r"|\hat y_j - y_j|", r"\frac{1}{n k} \operatorname{sign}(\hat y_j - y_j)"),
    "huber": (r"h(\hat y_j - y_j)", r"\frac{1}{n k} \max(-1, \min(1, \hat y_j - y_j))"),
    "cross_entropy": (r"-y_j \ln \hat y_j", r"-\frac{1}{n} \cdot \frac{y_j}{\hat y_j}"),
    "binary_cross_entropy": (
        r"-y_j \ln \hat y_j - (1 - y_j) \ln(1 - \hat y_j)",
        r"\frac{1}{n} \cdot \frac{\hat y_j - y_j}{\hat y_j (1 - \hat y_j)}",
    ),
}

TERMS: dict[str, tuple[Term, ...]] = {
    "sgd": (_PUSH,),
    "momentum": _VELOCITY,
    "nesterov": (
        *_VELOCITY,
        Term(
            "the velocity looked ahead to", r"\beta v",
            lambda at: at.optimizer.momentum * at.after["velocity"],
            _kept("momentum"), is_whole=True,
        ),
    ),
    "adagrad": (
        _before("squares", "s"), _SQUARE, _after("squares", r"s \leftarrow s + g^2"), *_OWN_RATE,
    ),
    "rmsprop": (
        _before("squares", "s"), _SQUARE,
        _after("squares", r"s \leftarrow \rho s + (1 - \rho)\, g^2", _shares("decay")), *_OWN_RATE,
    ),
    "adam": _MOMENTS,
    "adamw": (
        *_MOMENTS,
        Term(
            "what the decay takes away", r"\eta \lambda\, w",
            lambda at: at.optimizer.rate * at.optimizer.weight_decay * at.w,
            lambda of: f"{_eta(of)}, λ = {of.weight_decay:g}",
        ),
    ),
}
