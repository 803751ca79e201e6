"""Plots of the gradient check: step sizes, and training with a mistake beside training without."""

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import theme

# A legend that covers nothing of the plot, however narrow it is.
_ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0, 0, 0, 0)"}


def steps_figure(steps: np.ndarray, errors: dict[str, np.ndarray]) -> go.Figure:
    """Return the relative error of finite differences over their step size, both logarithmic.

    Parameters
    ----------
    steps : ndarray, (points,)
    errors : dict of str to ndarray, (points,)
        By the name of the dtype.
    """
    traces = [
        go.Scatter(
            name=name, x=steps, y=values, mode="lines+markers",
            line={"color": color, "width": 2.5, "dash": dash},
        )
        for (name, values), color, dash in zip(
            errors.items(), (theme.TRAINING, theme.TEST), ("solid", "dash"), strict=False
        )
    ]
    figure = go.Figure(traces, theme.layout("step size h", "relative error", type="log"))
    figure.update_xaxes(type="log", exponentformat="power")
    figure.update_yaxes(exponentformat="power")
    return figure.update_layout(height=320, margin={"t": 40}, legend=_ABOVE)


def courses_figure(steps: np.ndarray, right: np.ndarray, wrong: np.ndarray, y: str) -> go.Figure:
    """Return one figure of two trainings over their steps; `y` names it: "accuracy" or "loss"."""
    traces = [
        go.Scatter(
            name=name, x=steps, y=values, mode="lines",
            line={"color": color, "width": 2.5, "dash": dash},
        )
        for name, values, color, dash in (
            ("right", right, theme.TRAINING, "solid"),
            ("with the mistake", wrong, theme.TEST, "dash"),
        )
    ]
    shares = {"range": [0, 1], "tickformat": ".0%"}
    # With a format of its own, or 0.5 would be written as a small 5.
    logarithmic = {"type": "log", "dtick": "D2", "tickformat": "~g"}
    axis = shares if y == "accuracy" else logarithmic
    figure = go.Figure(traces, theme.layout("step", f"test {y}", **axis))
    return figure.update_layout(height=280, margin={"t": 40}, legend=_ABOVE)
