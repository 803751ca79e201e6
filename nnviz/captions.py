"""A run's settings in words."""

from functools import lru_cache
from typing import Any

from nnviz.activations import ACTIVATIONS
from nnviz.settings import HIDDEN_ACTIVATIONS, SETTINGS, RunConfig


def describe(name: str, value: Any) -> str:
    """Return a setting's value as a person reads it: ``32 ReLU, 16 tanh``."""
    if name == "hidden":
        layers = [f"{units} {HIDDEN_ACTIVATIONS[activation]}" for units, activation in value]
        return ", ".join(layers) or "none"
    choices = SETTINGS[name].choices
    if choices:
        return choices[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


_IN_EVERY_CAPTION = frozenset((
    "dataset", "hidden", "output", "loss", "optimizer", "learning_rate", "batch_size", "seed",
))


@lru_cache(maxsize=512)
def caption(config: RunConfig) -> tuple[str, ...]:
    """Return what is written beside a picture of a run: the main settings, and those changed."""
    sizes = "-".join(map(str, config.layer_sizes))
    functions = dict.fromkeys(ACTIVATIONS[id].label for id in config.activations)
    rate = f"learning rate {config.learning_rate:g}"
    parts = [
        describe("dataset", config.dataset),
        f"{sizes} ({', '.join(functions)})",
        describe("loss", config.loss),
        f"{describe('optimizer', config.optimizer)}, {rate}",
        f"batch size {config.batch_size:,}",
        f"seed {config.seed}",
    ]
    parts += [
        f"{setting.label.lower()}: {describe(name, getattr(config, name))}"
        for name, setting in SETTINGS.items()
        if name not in _IN_EVERY_CAPTION and getattr(config, name) != setting.default
    ]
    return tuple(parts)
