"""The controls of a run: widgets made from the table of settings."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnviz.data import DATASETS, Source, offered
from nnviz.initializers import INITIALIZERS
from nnviz.optimizers import OPTIMIZERS
from nnviz.parameters import parameter_formula
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
from nnviz.starts import STARTS
from nnviz.ui.session import START, control_key, keep_start, locks, slider_key, take_from_slider


def as_controls(config: RunConfig) -> dict[str, Any]:
    """Return what each widget holds for a configuration, by widget key."""
    values = {name: getattr(config, name) for name in SETTINGS if name != "hidden"}
    values[LAYER_COUNT.name] = len(config.hidden)
    held = {control_key(name): _as_field(value) for name, value in values.items()}
    for index, (units, activation) in enumerate(config.hidden):
        held[_layer_key(index, "units")] = _as_field(units)
        held[_layer_key(index, "activation")] = activation
    return held


def _as_field(value: Any) -> Any:
    """Return a number as its field holds it: see `_number`."""
    return float(value) if isinstance(value, int) else value


def _layer_key(index: int, part: str) -> str:
    return control_key(f"layer {index + 1} {part}")


@dataclass(frozen=True)
class Choice:
    """What the controls hold.

    Attributes
    ----------
    config : RunConfig
        The chosen settings; one that makes no sense stays as it is in the run.
    complaints : list of str
        What was entered and makes no sense.
    fitted : dict of str to str
        Settings that had to follow another data set, and why.
    missing : tuple of str, or None
        Id of the chosen data set where it cannot be used, and why; `config` keeps the run's.
    below_layers, below_weights : DeltaGenerator
        The places below the hidden layers and below the choice of first weights.
    """

    config: RunConfig
    complaints: list[str]
    fitted: dict[str, str]
    missing: tuple[str, str] | None
    below_layers: DeltaGenerator
    below_weights: DeltaGenerator


def choose_start() -> None:
    """Draw the list of ready-made runs; `session.open_start` opens the one chosen."""
    if "start" in locks().hidden:
        return
    st.selectbox(
        "Start from", list(STARTS), format_func=lambda id: STARTS[id].label, index=None, key=START,
        placeholder="a ready-made run", on_change=keep_start,
        help="\n".join(f"- {start.label}: {start.about}" for start in STARTS.values()),
        disabled="start" in locks().locked,
    )


def choose(config: RunConfig) -> Choice:
    """Draw the controls for a run and return what they hold."""
    values: dict[str, Any] = {}
    complaints: list[str] = []
    # Drawn first, filled last: the largest batch follows from the data chosen below.
    training = st.container()
    st.subheader("Network")
    st.caption("Needs a new run")
    values["hidden"] = _hidden_layers(complaints)
    below_layers = st.container()
    values["loss"] = _list("loss")
    dataset = st.session_state[control_key("dataset")]
    values["output"] = _list("output", output_choices(values["loss"], dataset))
    if DATASETS[dataset].outputs == 1:
        st.caption("One output, so no softmax: it would always be 1.")
    values["initializer"] = _list("initializer")
    below_weights = st.container()
    values["optimizer"] = _list("optimizer")
    st.caption(f"Usual learning rate: {OPTIMIZERS[values['optimizer']].usual_rate:g}")
    with st.expander("Schedule and regularisation"):
        values["schedule"] = _list("schedule")
        values["schedule_epochs"] = _number(SETTINGS["schedule_epochs"], complaints)
        for name in ("l1", "l2", "dropout", "clip_norm"):
            values[name] = _number(SETTINGS[name], complaints, step=0.0001)
    st.subheader("Data and seed")
    st.caption("Needs a new run")
    known = {id: DATASETS[id].label for id in dict.fromkeys([*offered(), config.dataset])}
    values["dataset"] = _list("dataset", known)
    why_not = DATASETS[dataset].why_not()
    missing = (dataset, why_not) if why_not else None
    if missing:
        values["dataset"] = config.dataset
    values["test_share"] = _test_share(DATASETS[dataset], complaints)
    values["scaling"] = _list("scaling", note=DATASETS[dataset].values)
    can_warp = DATASETS[values["dataset"]].has_copies
    values["augment"] = _list("augment") if can_warp else "none"
    values["seed"] = _number(SETTINGS["seed"], complaints)
    with training:
        st.subheader("Training")
        st.caption("Changes at once, while it runs")
        values["learning_rate"] = _learning_rate(complaints)
        values["batch_size"] = _number(SETTINGS["batch_size"], complaints)
    valid = {name: value for name, value in values.items() if value is not None}
    fitted = _fit_to_data(config, valid)
    wanted = _as_far_as_it_fits(config, valid, complaints)
    return Choice(wanted, complaints, fitted, missing, below_layers, below_weights)


def _fit_to_data(config: RunConfig, values: dict[str, Any]) -> dict[str, str]:
    """Bring what was made for the run's data set into the range of another one just chosen.

    Returns the settings changed in `values`, and why.
    """
    share = values.get("test_share", config.test_share)
    samples = DATASETS[values["dataset"]].training_samples(share)
    if values["dataset"] == config.dataset:
        return {}
    if values.get("batch_size", config.batch_size) <= samples:
        return {}
    values["batch_size"] = samples
    return {"batch_size": f"the data set has {samples:,} training samples"}


def _as_far_as_it_fits(
    config: RunConfig, values: dict[str, Any], complaints: list[str]
) -> RunConfig:
    """Return the configuration with the values that fit each other; complain of the rest."""
    while True:
        try:
            return config.changed(**values)
        except SettingError as error:
            complaints.append(str(error))
            if error.setting not in values:
                return config
            values = {name: value for name, value in values.items() if name != error.setting}


def _list(name: str, choices: dict[str, str] | None = None, note: str = "") -> str:
    """Draw the list of a setting's choices, or of those that fit; `note` opens its help."""
    setting, key = SETTINGS[name], control_key(name)
    choices = choices or setting.choices
    if st.session_state.get(key) not in choices:
        st.session_state[key] = next(iter(choices))
    if name in locks().hidden:
        return st.session_state[key]
    return st.selectbox(
        setting.label, list(choices), format_func=choices.get, key=key,
        help=f"{note} {setting.help}".strip(), disabled=name in locks().locked,
    )


def _number(
    setting: Setting, complaints: list[str], key: str | None = None, step: float = 1.0,
    label: str | None = None,
) -> Any:
    """Draw a number field; return its value, or None and a complaint if it makes no sense.

    The field has no bounds: Streamlit marks a value outside them red, says nothing, and keeps the
    last one. Nor is it ever a field for whole numbers, which reads 1e3 as 1.
    """
    name = "hidden" if setting.name in (LAYER_COUNT.name, LAYER_UNITS.name) else setting.name
    if name in locks().hidden:
        return None  # it stays as it is
    value = st.number_input(
        label or setting.label, value=None, step=step, key=key or control_key(setting.name),
        help=setting.help or None, format="%.15g", disabled=name in locks().locked,
    )
    try:
        return setting.check(setting, value)
    except SettingError as error:
        complaints.append(str(error))
        return None


def _test_share(source: Source, complaints: list[str]) -> float | None:
    """Draw the share of test samples; what there is instead where the data set has its own."""
    if source.own_split is None:
        return _number(SETTINGS["test_share"], complaints, step=0.05)
    training, test = source.own_split()
    st.caption(f"Comes with its own split: {training:,} training and {test:,} test samples.")
    return None


def _hidden_layers(complaints: list[str]) -> list[tuple[int, str]] | None:
    count = _number(LAYER_COUNT, complaints)
    layers = []
    for index in range(count or 0):
        units_key, activation_key = _layer_key(index, "units"), _layer_key(index, "activation")
        # Assigned even where it is there: the field of a layer that was gone draws itself empty.
        held = st.session_state
        held[units_key] = held.get(units_key, float(LAYER_UNITS.default))
        held[activation_key] = held.get(activation_key, "relu")
        # In halves of the sidebar the buttons of the first leave no room for three figures.
        left, right = st.columns([8, 7], gap="xsmall")
        with left:
            label = f"Layer {index + 1} units"
            units = _number(replace(LAYER_UNITS, label=label), complaints, key=units_key)
        activation = right.selectbox(
            f"Layer {index + 1} activation", list(HIDDEN_ACTIVATIONS),
            format_func=HIDDEN_ACTIVATIONS.get, key=activation_key,
            disabled="hidden" in locks().locked,
        )
        layers.append((units, activation))
    makes_sense = count is not None and all(units is not None for units, _ in layers)
    return layers if makes_sense else None


def _learning_rate(complaints: list[str]) -> float | None:
    """Draw a slider of usual rates and a field for any other; the field holds the value."""
    setting = SETTINGS["learning_rate"]
    if setting.name in locks().hidden:
        return None
    value = st.session_state[control_key(setting.name)]
    slider = slider_key(setting.name, value)
    known = {*LEARNING_RATES, value} - {None}
    st.session_state[slider] = SETTINGS["learning_rate"].default if value is None else value
    st.select_slider(
        setting.label, sorted(known), format_func="{:g}".format, key=slider,
        help=setting.help, on_change=take_from_slider, args=(setting.name,),
        disabled=setting.name in locks().locked,
    )
    return _number(setting, complaints, step=0.01, label="Learning rate, any value")


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
    st.markdown(f"Network {sizes}, parameters:  \n`{parameter_formula(layer_sizes)}`")
