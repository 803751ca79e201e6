"""The history of a run as tables of comma-separated values."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from nnviz.history import History

BATCH_COLUMNS = ("step", "batch_loss", "smoothed_loss")


def figures(history: np.ndarray) -> str:
    """Return losses and accuracies by step, as CSV with a head line; (rows, 5)."""
    return _csv(History.COLUMNS, history)


def batches(curve: np.ndarray) -> str:
    """Return the losses of mini-batches by step, as CSV with a head line; (rows, 3)."""
    return _csv(BATCH_COLUMNS, curve)


def _csv(head: Sequence[str], rows: Iterable[Sequence[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 has it
    writer.writerow(head)
    writer.writerows((int(step), *(repr(float(value)) for value in rest)) for step, *rest in rows)
    return text.getvalue()
