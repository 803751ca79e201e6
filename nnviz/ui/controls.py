"""The controls of a run: widgets made from the table of settings."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnviz.initializers import INITIALIZERS
from nnviz.network import parameter_formula
from nnviz.optimizers import OPTIMIZERS
from nnviz.settings import (
    HIDDEN_ACTIVATIONS,
    LAYER_COUNT,
    LAYER_UNITS,
    LEARNING_RATES,
    SETTINGS,
    RunConfig,
    Setting,
    SettingError,
    output_choices,
)
from nnviz.ui.session import control_key


def as_controls(config: RunConfig) -> dict[str, Any]:
    """Return what each widget holds for a configuration, by widget key."""
    values = {control_key(name): getattr(config, name) for name in SETTINGS if name != "hidden"}
    values[control_key(LAYER_COUNT.name)] = len(config.hidden)
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
        Settings by name, not yet checked against each other.
    complaints : list of str
        What was entered and makes no sense; `values` are then not to be used.
    below_weights : DeltaGenerator
        The place below the choice of first weights.
    """

    values: dict[str, Any]
    complaints: list[str]
    below_weights: DeltaGenerator


def choose() -> Choice:
    """Draw the controls and return what they hold."""
    values: dict[str, Any] = {}
    complaints: list[str] = []
    # Drawn first, filled last: the largest batch follows from the data chosen below.
    training = st.container()
    st.subheader("Network")
    st.caption("Needs a new run")
    values["hidden"] = _hidden_layers(complaints)
    values["loss"] = _list("loss")
    values["output"] = _list("output", output_choices(values["loss"]))
    values["initializer"] = _list("initializer")
    below_weights = st.container()
    values["optimizer"] = _list("optimizer")
    st.caption(f"Usual learning rate: {OPTIMIZERS[values['optimizer']].usual_rate:g}")
    with st.expander("Schedule and regularisation"):
        values["schedule"] = _list("schedule")
        values["schedule_epochs"] = _number(SETTINGS["schedule_epochs"], complaints, step=1.0)
        for name in ("l1", "l2", "dropout", "clip_norm"):
            values[name] = _number(SETTINGS[name], complaints, step=0.0001, format="%g")
    st.subheader("Data and seed")
    st.caption("Needs a new run")
    values["dataset"] = _list("dataset")
    values["test_share"] = _number(SETTINGS["test_share"], complaints, step=0.05)
    values["scaling"] = _list("scaling")
    values["seed"] = _number(SETTINGS["seed"], complaints)
    with training:
        st.subheader("Training")
        st.caption("Changes at once, while it runs")
        values["learning_rate"] = _learning_rate(complaints)
        values["batch_size"] = _number(SETTINGS["batch_size"], complaints)
    return Choice(values, complaints, below_weights)


def _list(name: str, choices: dict[str, str] | None = None) -> str:
    """Draw the list of a setting's choices, or of those that fit."""
    setting, key = SETTINGS[name], control_key(name)
    choices = choices or setting.choices
    if st.session_state.get(key) not in choices:
        st.session_state[key] = next(iter(choices))
    return st.selectbox(
        setting.label, list(choices), format_func=choices.get, key=key, help=setting.help
    )


def _number(
    setting: Setting, complaints: list[str], key: str | None = None, step: float = 1, **look: Any
) -> Any:
    """Draw a number field; a value out of bounds is refused in words and drawn as the default.

    The field itself has no bounds: Streamlit marks a value outside them red, says nothing, and
    keeps the last one.
    """
    key = key or control_key(setting.name)
    value = st.number_input(
        look.pop("label", setting.label), step=step, key=key, help=setting.help or None, **look
    )
    try:
        return setting.check(setting, value)
    except SettingError as error:
        complaints.append(str(error))
        return setting.default


def _hidden_layers(complaints: list[str]) -> list[tuple[int, str]]:
    layers = []
    for index in range(_number(LAYER_COUNT, complaints)):
        units_key, activation_key = _layer_key(index, "units"), _layer_key(index, "activation")
        st.session_state.setdefault(units_key, LAYER_UNITS.default)
        st.session_state.setdefault(activation_key, "relu")
        left, right = st.columns(2)
        with left:
            label = f"Layer {index + 1} units"
            units = _number(replace(LAYER_UNITS, label=label), complaints, key=units_key)
        activation = right.selectbox(
            f"Layer {index + 1} activation", list(HIDDEN_ACTIVATIONS),
            format_func=HIDDEN_ACTIVATIONS.get, key=activation_key,
        )
        layers.append((units, activation))
    return layers


def _learning_rate(complaints: list[str]) -> float:
    """Draw a slider of usual rates and a field for any other; the field holds the value."""
    setting, slider = SETTINGS["learning_rate"], control_key("usual learning rates")
    key = control_key(setting.name)

    def take_from_slider() -> None:
        st.session_state[key] = st.session_state[slider]

    value = st.session_state[key]
    st.session_state[slider] = value
    st.select_slider(
        setting.label, sorted({*LEARNING_RATES, value}), format_func="{:g}".format, key=slider,
        help=setting.help, on_change=take_from_slider,
    )
    return _number(setting, complaints, step=0.01, label="Learning rate, any value", format="%g")


def show_first_signals(signals: list[dict[str, float]], initializer: str) -> None:
    """Show what the chosen first weights do to the chosen network (`preview.first_signals`)."""
    lines = "".join(
        f"\n- layer {number}: z spreads by {signal['z']:.2g}, {signal['active']:.0%} of the "
        f"activations are not 0, gradients of {signal['gradient']:.2g}"
        for number, signal in enumerate(signals, start=1)
    )
    st.caption(f"{INITIALIZERS[initializer].when} Here, before the first step:{lines}")


def show_parameter_count(layer_sizes: tuple[int, ...]) -> None:
    """Show how many parameters the chosen network has, with the sum."""
    sizes = "-".join(map(str, layer_sizes))
    st.caption(f"Network {sizes}: parameters `{parameter_formula(layer_sizes)}`")
