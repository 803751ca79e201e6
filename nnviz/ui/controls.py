"""The controls of a run: widgets made from the table of settings."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnviz.initializers import INITIALIZERS
from nnviz.network import parameter_formula
from nnviz.settings import (
    HIDDEN_ACTIVATIONS,
    LEARNING_RATES,
    MAX_HIDDEN_LAYERS,
    MAX_UNITS,
    SETTINGS,
    RunConfig,
    SettingError,
    output_choices,
)
from nnviz.ui.session import control_key

_LAYERS = "hidden layers"


def as_controls(config: RunConfig) -> dict[str, Any]:
    """Return what each widget holds for a configuration, by widget key."""
    values = {control_key(name): getattr(config, name) for name in SETTINGS if name != "hidden"}
    values[control_key("learning_rate")] = f"{config.learning_rate:g}"
    values[control_key(_LAYERS)] = len(config.hidden)
    for index, (units, activation) in enumerate(config.hidden):
        values[_layer_key(index, "units")] = units
        values[_layer_key(index, "activation")] = activation
    return values


def _layer_key(index: int, part: str) -> str:
    return control_key(f"layer {index + 1} {part}")


@dataclass(frozen=True)
class Choice:
    """What the controls hold.

    Attributes
    ----------
    values : dict
        Settings by name; one that makes no sense is left at the run's.
    complaints : list of str
        What makes no sense, for the reader.
    below_weights : DeltaGenerator
        The place below the choice of first weights.
    """

    values: dict[str, Any]
    complaints: list[str]
    below_weights: DeltaGenerator


def choose(config: RunConfig) -> Choice:
    """Draw the controls and return what they hold.

    Parameters
    ----------
    config : RunConfig
        The run's own settings: bounds that depend on others are taken from it.
    """
    chosen: dict[str, Any] = {}
    complaints: list[str] = []
    # Drawn first, filled last: the largest batch follows from the data chosen below.
    training = st.container()
    st.subheader("Network")
    st.caption("Needs a new run")
    chosen["hidden"] = _hidden_layers()
    chosen["loss"] = _widget("loss")
    chosen["output"] = _widget("output", output_choices(chosen["loss"]))
    chosen["initializer"] = _widget("initializer")
    below_weights = st.container()
    chosen["optimizer"] = _widget("optimizer")
    st.subheader("Data and seed")
    st.caption("Needs a new run")
    for name in ("dataset", "test_share", "scaling", "seed"):
        chosen[name] = _widget(name)
    with training:
        st.subheader("Training")
        st.caption("Changes at once, while it runs")
        chosen["learning_rate"] = _learning_rate(config, complaints)
        chosen["batch_size"] = _batch_size(chosen)
    return Choice(chosen, complaints, below_weights)


def _widget(name: str, choices: dict[str, str] | None = None) -> Any:
    """Draw the widget that fits a setting: a list for choices, a number field for numbers."""
    setting, key = SETTINGS[name], control_key(name)
    choices = choices or setting.choices
    if choices:
        if st.session_state.get(key) not in choices:
            st.session_state[key] = next(iter(choices))
        return st.selectbox(
            setting.label, list(choices), format_func=choices.get, key=key, help=setting.help
        )
    whole = isinstance(setting.default, int)
    kind = int if whole else float
    return st.number_input(
        setting.label, min_value=kind(setting.low), max_value=kind(setting.high),
        step=1 if whole else 0.05, key=key, help=setting.help,
    )


def _hidden_layers() -> list[tuple[int, str]]:
    setting = SETTINGS["hidden"]
    count = st.number_input(
        setting.label, min_value=0, max_value=MAX_HIDDEN_LAYERS, step=1,
        key=control_key(_LAYERS), help=setting.help,
    )
    layers = []
    for index in range(count):
        units_key, activation_key = _layer_key(index, "units"), _layer_key(index, "activation")
        st.session_state.setdefault(units_key, 16)
        st.session_state.setdefault(activation_key, "relu")
        left, right = st.columns(2)
        units = left.number_input(
            f"Layer {index + 1} units", min_value=1, max_value=MAX_UNITS, step=1, key=units_key
        )
        activation = right.selectbox(
            f"Layer {index + 1} activation", list(HIDDEN_ACTIVATIONS),
            format_func=HIDDEN_ACTIVATIONS.get, key=activation_key,
        )
        layers.append((units, activation))
    return layers


def _learning_rate(config: RunConfig, complaints: list[str]) -> float:
    setting, key = SETTINGS["learning_rate"], control_key("learning_rate")
    options = [f"{rate:g}" for rate in LEARNING_RATES]
    held = st.session_state.get(key)
    if held is not None and held not in options:
        options.append(held)
    text = st.selectbox(
        f"{setting.label} (choose or type)", options, key=key, help=setting.help,
        accept_new_options=True,
    )
    try:
        return setting.check(setting, _as_number(text))
    except SettingError as error:
        complaints.append(str(error))
        return config.learning_rate


def _as_number(text: str | None) -> float | str | None:
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return text


def _batch_size(chosen: dict[str, Any]) -> int:
    setting, key = SETTINGS["batch_size"], control_key("batch_size")
    largest = RunConfig(dataset=chosen["dataset"], test_share=chosen["test_share"], batch_size=1)
    highest = largest.training_samples
    if st.session_state.get(key, 1) > highest:
        st.session_state[key] = highest
    return st.number_input(
        setting.label, min_value=1, max_value=highest, step=1, key=key,
        help=f"{setting.help} Here 1 to {highest:,}.",
    )


def show_first_signals(signals: list[dict[str, float]], initializer: str) -> None:
    """Show what the chosen first weights do to the chosen network (`preview.first_signals`)."""
    lines = "".join(
        f"\n- layer {number}: z spreads by {signal['z']:.2g}, {signal['active']:.0%} of the "
        f"activations are not 0, gradients of {signal['gradient']:.0e}"
        for number, signal in enumerate(signals, start=1)
    )
    st.caption(f"{INITIALIZERS[initializer].when} Here, before the first step:{lines}")


def show_parameter_count(layer_sizes: tuple[int, ...]) -> None:
    """Show how many parameters the chosen network has, with the sum."""
    sizes = "-".join(map(str, layer_sizes))
    st.caption(f"Network {sizes}: parameters `{parameter_formula(layer_sizes)}`")
