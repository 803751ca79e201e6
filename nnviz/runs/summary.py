"""What a list shows of a run: read from its checkpoint, without making the run."""

import json
from typing import Any

import numpy as np

from nnviz.history import History
from nnviz.runs import wire
from nnviz.runs.limits import SPARKLINE_POINTS
from nnviz.settings import RunConfig


def summary_of(checkpoint: bytes) -> str:
    """Return a checkpoint's summary as JSON; an empty one where it cannot be read.

    ``step``, ``state``, ``dataset``, ``layer_sizes``,
    ``training_loss``, ``test_loss``, ``training_accuracy``, ``test_accuracy``, and ``curve``: the
    training loss at up to `SPARKLINE_POINTS` moments, at even distances of what was measured.
    """
    try:
        meta, arrays = wire.unpack(checkpoint)
        return json.dumps(_summary(meta, arrays), allow_nan=False, separators=(",", ":"))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "{}"


def _summary(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    config = RunConfig.from_dict(meta["config"])
    figures = arrays["history/figures"]
    losses = figures[:, History.COLUMNS.index("training_loss")]
    chosen = np.linspace(0, len(losses) - 1, min(len(losses), SPARKLINE_POINTS)).round()
    last = dict(zip(History.COLUMNS[1:], map(float, figures[-1, 1:]), strict=True))
    return {
        "step": int(meta["trainer"]["step_count"]),
        "state": str(meta["state"]),
        "dataset": config.dataset,
        "layer_sizes": config.layer_sizes,
        "curve": [float(f"{value:.4g}") for value in losses[chosen.astype(np.intp)]],
        **{name: float(f"{value:.6g}") for name, value in last.items()},
    }
