"""The table of settings: every value is checked, and what it makes really runs."""

import contextlib
import json
from dataclasses import fields

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnviz import data, losses
from nnviz.activations import ACTIVATIONS
from nnviz.captions import describe
from nnviz.data import DATASETS
from nnviz.settings import (
    HIDDEN_ACTIVATIONS,
    LARGEST_BATCH,
    LEARNING_RATES,
    MAX_HIDDEN_LAYERS,
    MAX_UNITS,
    SETTINGS,
    RunConfig,
    SettingError,
    output_choices,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
LAYERS = st.lists(
    st.tuples(st.integers(1, MAX_UNITS), st.sampled_from(sorted(HIDDEN_ACTIVATIONS))),
    max_size=MAX_HIDDEN_LAYERS,
)


@st.composite
def configs(draw):
    """Any configuration that can be chosen."""
    loss = draw(st.sampled_from(sorted(SETTINGS["loss"].choices)))
    share = draw(st.floats(0.05, 0.9))
    choices = {
        name: draw(st.sampled_from(sorted(SETTINGS[name].choices)))
        for name in ("dataset", "scaling", "initializer", "optimizer")
    }
    samples = DATASETS[choices["dataset"]].training_samples(share)
    return RunConfig(
        test_share=share, loss=loss, **choices,
        output=draw(st.sampled_from(sorted(output_choices(loss, choices["dataset"])))),
        hidden=tuple(draw(LAYERS)),
        seed=draw(st.integers(0, 2**31 - 1)),
        learning_rate=draw(st.floats(1e-5, 10)),
        batch_size=draw(st.integers(1, min(samples, LARGEST_BATCH))),
    )


def test_the_table_and_the_configuration_name_the_same_settings():
    assert [field.name for field in fields(RunConfig)] == list(SETTINGS)
    assert [field.default for field in fields(RunConfig)] == [s.default for s in SETTINGS.values()]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_every_setting_is_explained_and_accepts_its_default(setting):
    assert len(setting.label) > 3
    assert len(setting.help) > 20
    assert setting.help.endswith(".")
    assert setting.check(setting, setting.default) == setting.default


def test_what_changes_live_is_the_learning_rate_and_the_batch_size():
    live = {name for name, setting in SETTINGS.items() if setting.live}
    assert live == {"learning_rate", "batch_size"}


def test_learning_rates_go_by_ones_and_threes():
    assert LEARNING_RATES[0] == SETTINGS["learning_rate"].low
    assert LEARNING_RATES[-1] == SETTINGS["learning_rate"].high
    assert LEARNING_RATES[4:8] == (0.001, 0.003, 0.01, 0.03)


@settings(max_examples=60)
@given(st.sampled_from(sorted(SETTINGS)), ANYTHING)
@example("seed", 10**400)
@example("learning_rate", 10**400)
@example("learning_rate", float("nan"))
@example("batch_size", float("inf"))
@example("hidden", [(3, [])])
@example("hidden", [(True, "relu")])
@example("hidden", [(3, "softmax")])
@example("loss", ["mse"])
def test_an_arbitrary_value_is_taken_or_refused_by_its_name(name, value):
    refusal = None
    try:
        config = RunConfig(**{name: value})
    except SettingError as error:
        refusal = error
    if refusal is None:
        assert isinstance(getattr(config, name), type(SETTINGS[name].default))
    else:
        # A loss that is in the table may still not fit the output layer.
        assert refusal.setting in (name, "output")
        assert len(str(refusal)) < 250


@settings(max_examples=40)
@given(st.dictionaries(st.text() | st.sampled_from(sorted(SETTINGS)), ANYTHING, max_size=4))
def test_arbitrary_settings_raise_nothing_but_their_own_error(values):
    with contextlib.suppress(SettingError):
        assert isinstance(RunConfig.from_dict(values), RunConfig)


@given(configs())
def test_a_configuration_survives_json(config):
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@given(configs())
def test_every_configuration_has_fitting_layers_and_descriptions(config):
    assert len(config.activations) == len(config.layer_sizes) - 1
    losses.for_output(config.loss, ACTIVATIONS[config.output])
    for name in SETTINGS:
        assert describe(name, getattr(config, name))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seed", -1, "Seed cannot be -1. Give a whole number from 0 to 2,147,483,647."),
        ("seed", 1.5, "Seed cannot be 1.5"),
        ("seed", True, "Seed cannot be True"),
        ("learning_rate", 0, "Learning rate cannot be 0. Give a number from 1e-05 to 10."),
        ("learning_rate", "abc", "Learning rate cannot be 'abc'"),
        ("batch_size", 0, "Batch size cannot be 0. Give a whole number from 1 to 4,096."),
        ("test_share", 0.91, "Share of test samples cannot be 0.91"),
        ("dataset", "cats", "Data set cannot be 'cats'. Give one of: digits, xor, "),
        ("hidden", [(513, "relu")], "Hidden layers cannot be [(513, 'relu')]. Give 0 to 6 layers"),
        ("hidden", [(8, "relu")] * 7, "Hidden layers cannot be"),
    ],
)
def test_a_refusal_says_what_was_wrong_and_what_to_give(name, value, message):
    with pytest.raises(SettingError) as caught:
        RunConfig(**{name: value})
    assert str(caught.value).startswith(message)
    assert caught.value.setting == name


def test_a_long_value_is_not_repeated_whole():
    with pytest.raises(SettingError) as caught:
        RunConfig(loss="x" * 10_000)
    assert len(str(caught.value)) < 200


def test_a_whole_number_may_be_written_as_a_float():
    assert repr(RunConfig(seed=3.0).seed) == "3"
    assert repr(RunConfig(learning_rate=1).learning_rate) == "1.0"


def test_an_unknown_setting_is_named():
    with pytest.raises(SettingError, match=r"Unknown setting 'momentum'. Known: dataset, "):
        RunConfig.from_dict({"momentum": 0.9})


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [("cross_entropy", ["softmax", "sigmoid"]), ("mse", ["sigmoid", "linear"])],
)
def test_only_outputs_that_fit_the_loss_are_offered(loss, outputs):
    assert list(output_choices(loss, "digits")) == outputs
    for output in SETTINGS["output"].choices:
        if output in outputs:
            assert RunConfig(loss=loss, output=output).output == output
        else:
            with pytest.raises(SettingError, match=f"does not fit a {output} output. Give one of"):
                RunConfig(loss=loss, output=output)


def test_a_batch_is_at_most_the_training_set():
    samples = RunConfig(test_share=0.9).training_samples
    assert RunConfig(test_share=0.9, batch_size=samples).batch_size == samples
    with pytest.raises(SettingError, match=f"there are {samples:,} training samples"):
        RunConfig(test_share=0.9, batch_size=samples + 1)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.333, 0.5, 0.9])
def test_the_training_samples_are_those_of_the_split(share):
    config = RunConfig(test_share=share)
    split = data.split(data.load("digits"), share, "unit")
    assert config.training_samples == len(split.training[0])


def test_layers_of_the_default_and_of_none():
    assert RunConfig().layer_sizes == (64, 32, 10)
    assert RunConfig().activations == ("relu", "softmax")
    assert RunConfig(hidden=()).layer_sizes == (64, 10)


def test_differences_are_told_with_both_values():
    config = RunConfig()
    other = config.changed(seed=7, hidden=[[16, "tanh"]])
    assert config.differences(other) == {
        "seed": (0, 7), "hidden": (((32, "relu"),), ((16, "tanh"),)),
    }
    assert config.differences(config) == {}
