"""What the weight panels can show of a moment: vectors laid out like the parameters."""

from collections.abc import Callable

import numpy as np

from nnviz.runs.run import Run


def _gradient(run: Run) -> np.ndarray | None:
    return run.trainer.gradients.vector if run.trainer.has_stepped else None


def _difference(run: Run) -> np.ndarray | None:
    return None if run.compared is None else run.network.parameters - run.compared[1]


# By name: the vector, or None where there is none at the moment.
QUANTITIES: dict[str, Callable[[Run], np.ndarray | None]] = {
    "weights": lambda run: run.network.parameters,
    "update": lambda run: run.trainer.update,
    "gradient": _gradient,
    "change": lambda run: run.network.parameters - run.initial_parameters,
    "difference": _difference,
}
