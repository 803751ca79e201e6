"""Loss and accuracy over the steps of a run."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import theme
from nnviz.history import History


def loss_figure(
    figures: np.ndarray, batches: np.ndarray, lines: Sequence[np.ndarray] = ()
) -> go.Figure:
    """Return training and test loss, over the loss of single mini-batches.

    Parameters
    ----------
    figures : ndarray, (points, 5)
        `History.figure_curve`: step, training loss, test loss, two accuracies.
    batches : ndarray, (points, 3)
        `History.batch_curve`: step, loss of the mini-batch, smoothed loss.
    lines : sequence of ndarray, (points, 2), optional
        `History.lines`: step and training loss of lines that were abandoned.
    """
    left = [*lines, *[np.empty((0, 2))] * (History.LINES - len(lines))]
    traces = [
        *(_left_line(number, line) for number, line in enumerate(left)),
        _trace("mini-batch", theme.RAW, "batch", batches, 1, width=1, opacity=0.45),
        _trace("smoothed", theme.SMOOTHED, "batch", batches, 2, width=2),
        _trace("training", theme.TRAINING, "history", figures, 1),
        _trace("test", theme.TEST, "history", figures, 2),
    ]
    return go.Figure(traces, theme.layout("step", "loss"))


def accuracy_figure(figures: np.ndarray) -> go.Figure:
    """Return training and test accuracy; `figures` as for `loss_figure`."""
    traces = [
        _trace("training", theme.TRAINING, "history", figures, 3),
        _trace("test", theme.TEST, "history", figures, 4),
    ]
    return go.Figure(traces, theme.layout("step", "accuracy", range=[0, 1], tickformat=".0%"))


def norms_figure(norms: np.ndarray) -> go.Figure:
    """Return the lengths of gradient and weights in the steps before a blow-up.

    `norms`, (steps, 3), is `divergence.Divergence.norms`.
    """
    traces = [
        _trace("gradient", theme.TEST, "norms", norms, 1),
        _trace("weights", theme.TRAINING, "norms", norms, 2),
    ]
    return go.Figure(traces, theme.layout("step", "length", type="log"))


def _left_line(number: int, line: np.ndarray) -> go.Scatter:
    trace = _trace("abandoned", theme.TRAINING, f"line{number}", line, 1, 2, opacity=0.6)
    return trace.update(legendgroup="left", showlegend=number == 0, line={"dash": "dot"})


def _trace(
    name: str, color: str, array: str, values: np.ndarray, column: int, width: float = 2.5,
    opacity: float = 1.0,
) -> go.Scatter:
    """Return a line; `meta` tells the live page which column of which array of a frame it is."""
    return go.Scatter(
        name=name,
        x=values[:, 0],
        y=values[:, column],
        mode="lines",
        opacity=opacity,
        line={"color": color, "width": width},
        meta={"array": array, "column": column},
    )
