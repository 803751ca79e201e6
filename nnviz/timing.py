"""How fast a run trains and when it stops by itself: chosen beside its settings, any time."""

from dataclasses import asdict, dataclass
from typing import Any

from nnviz.bounds import Setting, check_float, check_int, error_of

SPEEDS = (1, 3, 10, 30, 100, 1000, 0)  # steps per second; 0: as fast as it goes
MOST_EPOCHS = 1_000_000


def _check_speed(setting: Setting, value: Any) -> int:
    if not isinstance(value, int | float) or isinstance(value, bool) or value not in SPEEDS:
        expected = f"one of {', '.join(map(str, SPEEDS))} steps a second (0: as fast as it goes)"
        raise error_of(setting, value, expected)
    return int(value)


TIMING: dict[str, Setting] = {
    item.name: item
    for item in (
        Setting("speed", "Speed", "Steps a second; 0: as fast as it goes.", 0, _check_speed),
        Setting(
            "stop_epochs", "Stop after epochs", "After so many epochs in all.",
            None, check_int, low=1, high=MOST_EPOCHS,
        ),
        Setting(
            "stop_accuracy", "Stop at test accuracy", "Once the test accuracy is as high as that.",
            None, check_float, low=0.0, high=1.0,
        ),
        Setting(
            "stop_patience", "Stop without gain for epochs",
            "When the test loss has not fallen for so many epochs.",
            None, check_int, low=1, high=MOST_EPOCHS,
        ),
    )
}


@dataclass(frozen=True)
class Timing:
    """A checked choice of `TIMING`.

    Attributes
    ----------
    speed : int
        Steps per second, one of `SPEEDS`.
    stop_epochs, stop_accuracy, stop_patience : int, float, int, or None
        When to stop, each None for never.

    Raises
    ------
    SettingError
        If a value is out of range.
    """

    speed: int = 0
    stop_epochs: int | None = None
    stop_accuracy: float | None = None
    stop_patience: int | None = None

    def __post_init__(self):
        for name, setting in TIMING.items():
            value = getattr(self, name)
            if value is not None or setting.default is not None:
                object.__setattr__(self, name, setting.check(setting, value))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return asdict(self)
