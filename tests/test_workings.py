"""What an optimiser works out on the way, held against its paper's formulas in plain NumPy."""

import numpy as np
import pytest

from nnviz import LOSSES, OPTIMIZERS, optimizers
from nnviz.workings import LETTERS, LOSS_TERMS, TERMS, Change

RATE = 0.05
GRADIENTS = np.random.default_rng(5).normal(size=(4, 6))


def by_hand(optimizer, w, gradients):
    """The terms of the last of some steps, as the papers write them, by their LaTeX."""
    m = v = s = np.zeros_like(w)
    t = len(gradients)
    for g in gradients:
        old = {"v": v, "m": m, "s": s}
        v = 0.9 * v - RATE * g
        m = 0.9 * m + 0.1 * g
        beta = {"adagrad": 1.0, "rmsprop": 0.9}.get(optimizer, 0.999)
        s = s + g**2 if beta == 1 else beta * s + (1 - beta) * g**2
    m_hat, s_hat = m / (1 - 0.9**t), s / (1 - 0.999**t)
    epsilon = 1e-10 if optimizer == "adagrad" else 1e-8
    root, root_hat = np.sqrt(s) + epsilon, np.sqrt(s_hat) + epsilon
    return old | {
        r"\eta\, g": RATE * g,
        r"\beta v": 0.9 * old["v"],
        r"v \leftarrow \beta v - \eta\, g": v,
        "looked ahead": 0.9 * v,
        "g^2": g**2,
        r"s \leftarrow s + g^2": s,
        r"s \leftarrow \rho s + (1 - \rho)\, g^2": s,
        r"s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2": s,
        r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g": m,
        r"\sqrt{s} + \epsilon": root,
        r"\frac{\eta}{\sqrt{s} + \epsilon}": RATE / root,
        r"\hat m = \frac{m}{1 - \beta_1^t}": m_hat,
        r"\hat s = \frac{s}{1 - \beta_2^t}": s_hat,
        r"\sqrt{\hat s} + \epsilon": root_hat,
        r"\eta\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}": RATE * m_hat / root_hat,
        r"\eta \lambda\, w": RATE * 0.01 * w,
    }


def change_of(name, steps):
    """The last of some steps of an optimiser, as `Change`, and its update."""
    optimizer, w = optimizers.get(name, RATE), np.linspace(-1, 1, 6)
    for g in GRADIENTS[:steps]:
        before = {memory: optimizer.state().get(memory, np.zeros(6)).copy()
                  for memory in optimizer.memory}
        old = w.copy()
        optimizer.step(w, g)
    after = {memory: optimizer.state()[memory] for memory in optimizer.memory}
    return Change(optimizer, old, g, before, after), optimizer.update


@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_term_is_that_of_plain_numpy(name, steps):
    change, _ = change_of(name, steps)
    expected = by_hand(name, change.w, GRADIENTS[:steps])
    for term in TERMS[name]:
        key = "looked ahead" if "looked ahead" in term.name else term.formula
        np.testing.assert_allclose(term.value(change), expected[key], rtol=1e-9, err_msg=term.name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_terms_lead_to_the_update(name):
    change, update = change_of(name, 3)
    value = {term.name: term.value(change) for term in TERMS[name]}
    own_rate = value.get("the parameter's own rate", 0) * change.g
    taken = {
        "sgd": lambda: value["learning rate times gradient"],
        "momentum": lambda: -value["velocity, after"],
        "nesterov": lambda: value["learning rate times gradient"]
        - value["the velocity looked ahead to"],
        "adagrad": lambda: own_rate,
        "rmsprop": lambda: own_rate,
        "adam": lambda: value["what Adam takes away"],
        "adamw": lambda: value["what Adam takes away"] + value["what the decay takes away"],
    }[name]()
    np.testing.assert_allclose(-taken, update, rtol=1e-7)


def test_the_bias_correction_of_the_first_step_worked_out_on_paper():
    """g = 2: m = 0.1 * 2 = 0.2, m / (1 - 0.9) = 2; s = 0.001 * 4 = 0.004, s / 0.001 = 4; root 2."""
    optimizer, w = optimizers.get("adam", 0.1), np.ones(1)
    optimizer.step(w, np.full(1, 2.0))
    zero = {"mean": np.zeros(1), "squares": np.zeros(1)}
    after = {name: optimizer.state()[name] for name in zero}
    change = Change(optimizer, np.ones(1), np.full(1, 2.0), zero, after)
    value = {term.name: (term.value(change)[0], term.numbers(optimizer)) for term in TERMS["adam"]}
    assert value["mean, corrected for its start at 0"] == (pytest.approx(2), "1 - 0.9^1 = 0.1")
    assert value["squares, corrected for their start at 0"] == (
        pytest.approx(4), "1 - 0.999^1 = 0.001")
    assert value["root of the corrected squares"][0] == pytest.approx(2)
    assert value["what Adam takes away"] == (pytest.approx(0.1), "η = 0.1")
    assert value["mean, after"][1] == "β₁ = 0.9, 1 - β₁ = 0.1"


def test_every_loss_and_optimiser_has_its_terms_and_each_has_one_name():
    assert set(LOSS_TERMS) == set(LOSSES)
    assert set(TERMS) == set(OPTIMIZERS)
    for name, terms in TERMS.items():
        names = [term.name for term in terms]
        assert len(set(names)) == len(names)
        for memory in OPTIMIZERS[name].memory:
            assert {f"{memory}, before", f"{memory}, after"} <= set(names)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_constant_of_an_optimiser_has_the_letter_that_its_formula_calls_it_by(name):
    latex = {"β": r"\beta", "ρ": r"\rho", "β₁": r"\beta_1", "β₂": r"\beta_2", "ε": r"\epsilon",
             "λ": r"\lambda"}
    constants = vars(optimizers.get(name)).keys() - vars(optimizers.get("sgd")).keys()
    assert constants <= LETTERS.keys()
    formulas = OPTIMIZERS[name].formula + "".join(term.formula for term in TERMS[name])
    assert all(latex[LETTERS[constant]] in formulas for constant in constants)
