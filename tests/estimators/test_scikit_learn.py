"""The estimators against scikit-learn's own checks, and in its tools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnviz.estimators import NetworkClassifier

ROOT = Path(__file__).resolve().parent.parent.parent
DIGITS = load_digits(return_X_y=True)


# Prints how many checks passed, then each that did not. Warnings stay warnings: some checks
# provoke them on purpose.
RUN_CHECKS = """
from sklearn.utils.estimator_checks import check_estimator
from nnviz.estimators import {name}
results = check_estimator({name}(), on_fail=None, on_skip=None)
print(sum(result["status"] == "passed" for result in results))
for result in results:
    if result["status"] != "passed":
        print(result["check_name"], result["status"], repr(result["exception"]))
"""


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_scikit_learns_own_checks_all_pass_and_none_is_skipped(name):
    # In a process of its own: without this variable, read at SciPy's import, one is skipped.
    result = subprocess.run(
        [sys.executable, "-c", RUN_CHECKS.format(name=name)],
        cwd=ROOT, env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True,
        check=True,
    )
    passed, *others = result.stdout.splitlines()
    assert others == []
    assert int(passed) > 40


def test_digits_in_a_pipeline_with_cross_validation():
    model = make_pipeline(StandardScaler(), NetworkClassifier((32,), epochs=30, random_state=0))
    assert cross_val_score(model, *DIGITS, cv=3).mean() > 0.92


def test_grid_search_over_optimisers_and_widths():
    X, y = DIGITS[0][:500] / 16, DIGITS[1][:500]
    search = GridSearchCV(
        NetworkClassifier(epochs=20, batch_size=16, random_state=0),
        {"hidden_layers": [(), (16,)], "optimizer": ["sgd", "adam"]}, cv=2,
    )
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.8
