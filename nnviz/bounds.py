"""One choice of a run: what it is called, what it may be, and what is said of anything else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class SettingError(ValueError):
    """A value outside its declared range.

    Attributes
    ----------
    setting : str
        Name of the setting.
    """

    def __init__(self, setting: str, message: str):
        super().__init__(message)
        self.setting = setting


@dataclass(frozen=True)
class Setting:
    """One choice: its name, default, bounds and explanation.

    Attributes
    ----------
    name, label, help : str
        Name in code and links, label on the page, one or two sentences for the reader.
    default : object
    check : callable
        ``check(setting, value)`` returns the value in its proper type or raises `SettingError`.
    low, high : float or None
        Inclusive bounds of a number.
    choices : dict of str to str or None
        Ids and labels of a choice.
    live : bool
        True where it may change while a run trains; everything else needs a new run.
    short : str
        Its name in links (`links.to_query`), where that is not `name`.
    """

    name: str
    label: str
    help: str
    default: Any
    check: Callable[["Setting", Any], Any]
    low: float | None = None
    high: float | None = None
    choices: dict[str, str] | None = None
    live: bool = False
    short: str = ""

    @property
    def link_name(self) -> str:
        """Its name in links."""
        return self.short or self.name


def error_of(setting: Setting, value: Any, expected: str) -> SettingError:
    """Return the error that says what was received and what is expected."""
    if value is None:
        return SettingError(setting.name, f"{setting.label} is empty. Give {expected}.")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    received = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    return SettingError(
        setting.name, f"{setting.label} cannot be {received}. Give {expected}."
    )


def _is_within(setting: Setting, value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and setting.low <= value <= setting.high  # false for NaN


def check_int(setting: Setting, value: Any) -> int:
    """Return a whole number within the bounds; 2.0 counts as one."""
    if not _is_within(setting, value) or value != int(value):
        expected = f"a whole number from {setting.low:,} to {setting.high:,}"
        raise error_of(setting, value, expected)
    return int(value)


def check_float(setting: Setting, value: Any) -> float:
    """Return a number within the bounds."""
    if not _is_within(setting, value):
        raise error_of(setting, value, f"a number from {setting.low:g} to {setting.high:g}")
    return float(value)


def check_choice(setting: Setting, value: Any) -> str:
    """Return one of the choices' ids."""
    if not isinstance(value, str) or value not in setting.choices:
        raise error_of(setting, value, "one of: " + ", ".join(setting.choices))
    return value
