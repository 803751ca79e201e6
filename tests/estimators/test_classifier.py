"""One class for each sample: labels, partial fits, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from nnviz import SCHEDULES, Momentum
from nnviz.estimators import NetworkClassifier

DIGITS = load_digits(return_X_y=True)


def test_partial_fit_learns_on_from_call_to_call():
    X, y = DIGITS[0] / 16, DIGITS[1]
    model = NetworkClassifier((32,), random_state=0)
    for _ in range(10):
        for start in range(0, len(X), 600):
            part = slice(start, start + 600)
            model.partial_fit(X[part], y[part], classes=np.arange(10))
    assert model.score(X, y) > 0.93
    assert model.n_iter_ == len(model.loss_curve_) == 30
    assert model.loss_curve_[-1] < model.loss_curve_[0] / 4


def test_partial_fit_of_all_samples_equals_fit():
    X, y = DIGITS[0][:200] / 16, DIGITS[1][:200]
    whole = NetworkClassifier((8,), epochs=4, schedule="step", random_state=3).fit(X, y)
    parts = NetworkClassifier((8,), schedule="step", random_state=3)
    for _ in range(4):
        parts.partial_fit(X, y, classes=np.unique(y))
    np.testing.assert_array_equal(whole.network_.parameters, parts.network_.parameters)


def test_labels_may_be_words():
    X, y = DIGITS[0][:300] / 16, np.array(["even", "odd"])[DIGITS[1][:300] % 2]
    model = NetworkClassifier((16,), epochs=50, random_state=0).fit(X, y)
    assert set(model.predict(X)) == {"even", "odd"}
    assert model.score(X, y) > 0.95
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


def test_the_network_computes_in_the_dtype_of_the_samples():
    X, y = DIGITS[0][:100], DIGITS[1][:100]
    for dtype in (np.float32, np.float64):
        model = NetworkClassifier((4,), epochs=1).fit(X.astype(dtype), y)
        assert model.network_.dtype == model.predict_proba(X.astype(dtype)).dtype == dtype


def test_early_stopping_holds_samples_back():
    X, y = DIGITS[0] / 16, DIGITS[1]
    model = NetworkClassifier(
        (32,), epochs=500, learning_rate=0.01, early_stopping=True, patience=3, random_state=0
    ).fit(X, y)
    assert model.n_iter_ < 500
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"batch_size": 0}, {"hidden_layers": (0,)}, {"activation": "rleu"},
        {"optimizer": "adma"}, {"learning_rate": -1}, {"dropout": 1}, {"l2": -1},
        {"schedule": "cos"}, {"patience": 0, "early_stopping": True},
        {"validation_fraction": 1.5, "early_stopping": True}, {"initializer": "xavier"},
    ],
)
def test_impossible_parameters_are_refused_by_fit(wrong):
    model = clone(NetworkClassifier((3,), epochs=1).set_params(**wrong))
    with pytest.raises(ValueError, match="Received: "):
        model.fit(*DIGITS)


def test_partial_fit_refuses_labels_it_was_not_told_of():
    X, y = DIGITS[0][:50], DIGITS[1][:50]
    with pytest.raises(ValueError, match="first call of partial_fit needs classes"):
        NetworkClassifier().partial_fit(X, y)
    model = NetworkClassifier((3,)).partial_fit(X, y, classes=np.arange(10))
    with pytest.raises(ValueError, match=r"not among the classes. Received: \[11\]"):
        model.partial_fit(X, np.full(50, 11))
    with pytest.raises(ValueError, match="classes must stay the same"):
        model.partial_fit(X, y, classes=np.arange(11))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hidden_layers": 5}, "hidden_layers must be a sequence"),
        ({"hidden_layers": None}, "hidden_layers must be a sequence"),
        ({"hidden_layers": "5"}, "hidden_layers must be a sequence"),
        ({"hidden_layers": {5, 4}}, "hidden_layers must be a sequence"),
        ({"hidden_layers": (5, 2.5)}, "hidden_layers must be a whole number .* Received: 2.5"),
        ({"early_stopping": True, "validation_fraction": 0}, "validation_fraction must be above 0"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_by_its_name(wrong, said):
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
    with pytest.raises((TypeError, ValueError), match=said):
        NetworkClassifier(**wrong).fit(x, y)


def test_a_fit_that_diverges_raises_instead_of_predicting_one_class():
    x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    model = NetworkClassifier((5,), optimizer="sgd", learning_rate=1e20, random_state=0)
    with pytest.raises(FloatingPointError, match="diverged"):
        model.fit(x, y)


def test_a_first_partial_fit_that_fails_can_be_repeated():
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
    model = NetworkClassifier((5,), optimizer="sdg", random_state=0)
    with pytest.raises(ValueError, match="Unknown optimizer"):
        model.partial_fit(x, y, classes=[0, 1])
    model.set_params(optimizer="sgd").partial_fit(x, y, classes=[0, 1])
    assert model.n_iter_ == 1


def test_labels_of_two_kinds_are_refused():
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.array(["a", 1] * 10, object)
    with pytest.raises(ValueError, match=r"of one kind, numbers or words. Received: int and str"):
        NetworkClassifier((5,), epochs=1).fit(x, y)
    with pytest.raises(ValueError, match="of one kind"):
        NetworkClassifier((5,)).partial_fit(x, y, classes=[0, 1])


def test_a_word_and_a_number_are_two_labels():
    x, y = np.arange(40.0).reshape(20, 2) / 40, np.arange(20) % 2
    with pytest.raises(ValueError, match=r"Received: \[0, 1\]; classes: \['0', '1'\]"):
        NetworkClassifier((5,)).partial_fit(x, y, classes=["0", "1"])


def test_decisions_are_log_odds_and_still_differ_where_probabilities_are_1():
    x, y = DIGITS[0][:300] / 16, DIGITS[1][:300]
    several = NetworkClassifier((8,), epochs=20, random_state=0).fit(x, y)
    odds, p = several.decision_function(x), several.predict_proba(x)
    np.testing.assert_allclose(odds, np.log(p / (1 - p)), rtol=1e-9)
    far = several.decision_function(1e3 * x)
    assert np.isfinite(far).all()
    np.testing.assert_array_equal(far.argmax(axis=1), several.predict(1e3 * x))
    assert len(set(far.max(axis=1))) == 300 > len(set(several.predict_proba(1e3 * x).max(axis=1)))
    two = NetworkClassifier((8,), epochs=20, random_state=0).fit(x, y % 2)
    odds = two.decision_function(x)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), two.predict_proba(x)[:, 1])
    far = two.decision_function(1e3 * x)
    assert len(set(two.predict_proba(1e3 * x)[:, 1])) < len(set(far)) == 300


def test_a_cosine_by_its_id_ends_with_the_epochs():
    x, y = DIGITS[0][:200] / 16, DIGITS[1][:200]
    whole = replace(SCHEDULES["cosine"], epochs=20)
    by_id, by_length, parts = (
        NetworkClassifier((8,), epochs=20, schedule=schedule, random_state=0)
        for schedule in ("cosine", whole, "cosine")
    )
    for _ in range(20):
        parts.partial_fit(x, y, classes=np.arange(10))
    expected = by_length.fit(x, y).network_.parameters
    np.testing.assert_array_equal(by_id.fit(x, y).network_.parameters, expected)
    np.testing.assert_array_equal(parts.network_.parameters, expected)


def test_an_optimizer_with_numbers_of_its_own_is_copied_for_each_fit():
    x, y = DIGITS[0][:200] / 16, DIGITS[1][:200]
    given = Momentum(0.05, momentum=0.5)
    model = clone(NetworkClassifier((8,), epochs=5, optimizer=given, random_state=0))
    first = model.fit(x, y).network_.parameters
    np.testing.assert_array_equal(model.fit(x, y).network_.parameters, first)
    assert given.step_count == model.optimizer.step_count == 0
    search = GridSearchCV(model, {"optimizer": ["sgd", Momentum(0.05), given]}, cv=2)
    assert search.fit(x, y).best_score_ > 0.5
    other = NetworkClassifier((8,), epochs=5, optimizer="momentum", learning_rate=0.05)
    assert not np.array_equal(
        other.set_params(random_state=0).fit(x, y).network_.parameters, first
    )
