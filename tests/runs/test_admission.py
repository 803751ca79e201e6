"""What a server takes, and what it refuses before anything is made."""

import pytest

from nnviz.runs import admission, limits
from nnviz.runs.errors import RunError
from nnviz.runs.run import Run
from nnviz.settings import RunConfig, SettingError


def test_every_ordinary_network_fits():
    admission.check_size(RunConfig())
    admission.check_size(RunConfig(hidden=((512, "relu"),) * 6, batch_size=1000))


def test_a_network_of_too_many_parameters_is_refused_with_both_numbers(monkeypatch):
    monkeypatch.setattr(limits, "PARAMETERS", 2409)
    with pytest.raises(SettingError, match=r"2,410 weights and biases, at most 2,409\. Give fewer"):
        admission.check_size(RunConfig())


def test_a_batch_is_refused_with_the_size_that_would_fit(monkeypatch):
    config = RunConfig(batch_size=1000)
    # 64 inputs, and four numbers for each of 32 + 10 units, of four bytes.
    assert admission.batch_bytes(config) == 1000 * (64 + 4 * 42) * 4
    monkeypatch.setattr(limits, "BATCH_BYTES", 500 * (64 + 4 * 42) * 4)
    with pytest.raises(SettingError, match="Give a batch size of 500 or less"):
        admission.check_size(config)
    admission.check_size(config.changed(batch_size=500))


def test_a_batch_that_grows_while_training_is_held_to_the_same_limit(monkeypatch):
    run = Run(RunConfig())
    monkeypatch.setattr(limits, "BATCH_BYTES", admission.batch_bytes(run.config))
    with pytest.raises(RunError, match="Give a batch size of 32 or less"):
        run.act("change", {"batch_size": 33})
    assert run.config.batch_size == run.trainer.batch_size == 32


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "many", "1.5"])
def test_a_limit_that_is_no_limit_ends_the_start_with_a_sentence(monkeypatch, text):
    monkeypatch.setenv("NNVIZ_RUNS_ALIVE", text)
    with pytest.raises(SystemExit, match="NNVIZ_RUNS_ALIVE must be a whole number above 0"):
        limits._limit("RUNS_ALIVE", 200)


def test_a_limit_is_taken_from_the_environment(monkeypatch):
    monkeypatch.setenv("NNVIZ_STORE_DAYS", "2.5")
    assert limits._limit("STORE_DAYS", 30.0) == 2.5
    monkeypatch.setenv("NNVIZ_STORE_DAYS", " ")
    assert limits._limit("STORE_DAYS", 30.0) == 30.0
