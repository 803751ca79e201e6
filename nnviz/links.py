"""A configuration as the query of a link, readable and short, and back; by the tables of settings.

``?v=1&data=digits&hidden=32-relu.16-relu&lr=0.3&seed=7&speed=10``: each setting under its short
name (`Setting.link_name`), those at their default left out. What comes in is checked against the
tables before anything is made of it; what makes no sense is told, and its default taken.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nnviz.bounds import Setting, SettingError
from nnviz.data import DATASETS
from nnviz.settings import SETTINGS, RunConfig, output_choices
from nnviz.timing import TIMING, Timing

VERSION = 1
VERSION_NAME = "v"
LONGEST_VALUE = 200  # characters: six layers take at most 80
MOST_NAMES = 60  # of a link that are looked at
MOST_COMPLAINTS = 5
NO_LAYERS = "none"

_BY_LINK_NAME = {setting.link_name: setting for setting in (SETTINGS | TIMING).values()}
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_REAL = re.compile(r"[+-]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][+-]?[0-9]{1,3})?")
_LAYER = re.compile(r"([0-9]{1,15})-([a-z_]{1,30})")


class TextForm(NamedTuple):
    """How values of one type are written in a link, and read; `read` may raise ValueError.

    `example` says it to people.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    example: str


def _write_float(value: float) -> str:
    return repr(value).removesuffix(".0")


def _read_whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _read_real(text: str) -> float:
    if not _REAL.fullmatch(text):
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _write_layers(layers: Sequence[tuple[int, str]]) -> str:
    return ".".join(f"{units}-{activation}" for units, activation in layers) or NO_LAYERS


def _read_layers(text: str) -> tuple[tuple[int, str], ...]:
    if text == NO_LAYERS:
        return ()
    layers = [_LAYER.fullmatch(part) for part in text.split(".")]
    if None in layers:
        raise ValueError(text)
    return tuple((int(layer[1]), layer[2]) for layer in layers)


def _read_switch(text: str) -> bool:
    return {"on": True, "off": False}[text]


# By the type of a setting's default.
TEXT_FORMS = {
    bool: TextForm(lambda value: "on" if value else "off", _read_switch, "on or off"),
    int: TextForm(str, _read_whole, "a whole number such as 7"),
    float: TextForm(_write_float, _read_real, "a number such as 0.3"),
    str: TextForm(str, str, "a word"),
    tuple: TextForm(_write_layers, _read_layers, f"32-relu.16-tanh, or {NO_LAYERS}, for example"),
}


def text_form(setting: Setting) -> TextForm:
    """Return how a setting is written in links and read from them."""
    example = setting.low if setting.default is None else setting.default
    return TEXT_FORMS[type(example)]


def to_query(config: RunConfig, timing: Timing | None = None) -> dict[str, str]:
    """Return the query of a link that opens a configuration: text by name, defaults left out."""
    query = {VERSION_NAME: str(VERSION)}
    for chosen, table in ((config, SETTINGS), (timing or Timing(), TIMING)):
        for name, setting in table.items():
            value = getattr(chosen, name)
            if value != setting.default:
                query[setting.link_name] = text_form(setting).write(value)
    return query


def is_link(names: Iterable[str]) -> bool:
    """Return whether an address with these names in its query asks for a configuration."""
    return any(name == VERSION_NAME or name in _BY_LINK_NAME for name in names)


def from_query(
    query: Mapping[str, Sequence[str]], others: Iterable[str] = (),
    check: Callable[[RunConfig], None] = lambda config: None,
) -> tuple[RunConfig, Timing, list[str]]:
    """Return the configuration and the timing of a link, and what of it makes no sense.

    Parameters
    ----------
    query : mapping of str to sequence of str
        All values of each name, as they come: nothing is taken for granted of them.
    others : iterable of str
        Names in the address that mean something else.
    check : callable, optional
        Raises a `SettingError` of a setting with which no run can be made here
        (`admission.check`).

    Returns
    -------
    RunConfig, Timing
        With the default of each setting that is missing or told, or what fits the others where
        the default does not.
    list of str
        Sentences for a person, plain text, at most `MOST_COMPLAINTS` and one.
    """
    complaints: list[str] = []
    values: dict[str, Any] = {}
    others = {*others, VERSION_NAME}
    if len(query) > MOST_NAMES:
        complaints.append(f"The link has {len(query):,} names; {MOST_NAMES} were looked at.")
    for name in list(query)[:MOST_NAMES]:
        if name in others:
            continue
        try:
            setting = _BY_LINK_NAME[name]
            values[setting.name] = _read(setting, query[name])
        except KeyError:
            complaints.append(f"{_shown(name)} is not the name of a setting.")
        except SettingError as error:
            complaints.append(f"{error} {_instead(error.setting)}")
    version = query.get(VERSION_NAME, [str(VERSION)])
    if list(version) != [str(VERSION)]:
        complaints.append(
            f"The link is of another version, {_shown(','.join(version)[:60])}; this nnviz reads "
            f"{VERSION}."
        )
    timing = Timing(**{name: values.pop(name) for name in TIMING if name in values})
    config = _as_far_as_it_fits(values, complaints, check)
    if len(complaints) > MOST_COMPLAINTS:
        more = len(complaints) - MOST_COMPLAINTS
        complaints = [*complaints[:MOST_COMPLAINTS], f"{more:,} more like these."]
    return config, timing, complaints


def _read(setting: Setting, texts: Sequence[str]) -> Any:
    """Return the checked value of a setting.

    Raises
    ------
    SettingError
        If it is there more than once, too long, cannot be read, or is out of range.
    """
    if len(texts) != 1:
        raise SettingError(setting.name, f"{setting.label} is in the link {len(texts):,} times.")
    (text,) = texts
    if len(text) > LONGEST_VALUE:
        raise SettingError(
            setting.name, f"{setting.label} cannot be read from {len(text):,} characters."
        )
    form = text_form(setting)
    try:
        value = form.read(text.strip())
    except (ValueError, KeyError):
        said = f"{setting.label} cannot be read from {_shown(text)}. Give {form.example}."
        raise SettingError(setting.name, said) from None
    return setting.check(setting, value)


def _fitting_output(values: dict[str, Any]) -> str:
    loss, dataset = (values.get(name, SETTINGS[name].default) for name in ("loss", "dataset"))
    return next(iter(output_choices(loss, dataset)))


def _fitting_batch_size(values: dict[str, Any]) -> int:
    dataset, share = (
        values.get(name, SETTINGS[name].default) for name in ("dataset", "test_share")
    )
    samples = DATASETS[dataset].training_samples(share)
    return min(SETTINGS["batch_size"].default, samples)


# What a setting that a link leaves out is where its default does not fit the others.
_FITTING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "output": _fitting_output, "batch_size": _fitting_batch_size,
}


def _as_far_as_it_fits(
    values: dict[str, Any], complaints: list[str], check: Callable[[RunConfig], None]
) -> RunConfig:
    """Return the configuration with the values that fit each other; tell of the rest."""
    fitted: set[str] = set()
    while True:
        try:
            config = RunConfig(**values)
            check(config)
            return config
        except SettingError as error:
            name = error.setting
            if name in values and name not in fitted:
                del values[name]
                complaints.append(f"{error} {_instead(name)}")
            elif name in _FITTING and name not in fitted:
                values[name] = _FITTING[name](values)
                fitted.add(name)
            else:
                complaints.append(f"{error} All other settings are at their default.")
                return RunConfig()


def _instead(name: str) -> str:
    """Say what is taken in place of a value that makes no sense."""
    if name in _FITTING:
        return "One that fits is used."
    setting = (SETTINGS | TIMING)[name]
    if setting.default is None:
        return "The default is used: never."
    return f"The default is used: {text_form(setting).write(setting.default)}."


def _shown(text: str) -> str:
    """Return the beginning of a text that came with a link, as one that can be printed."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
