"""An activation function beside its derivative."""

import numpy as np
import plotly.graph_objects as go

from nnviz.activations import Activation
from nnviz.figures import theme

Z = np.linspace(-5, 5, 201)


def activation_figure(activation: Activation, z: np.ndarray = Z) -> go.Figure:
    """Return f(z) and f'(z) over the pre-activation z, (points,)."""
    traces = [
        go.Scatter(
            name="f(z)", x=z, y=activation(z), mode="lines",
            line={"color": theme.TRAINING, "width": 3},
        ),
        go.Scatter(
            name="f'(z)", x=z, y=activation.derivative(z), mode="lines",
            line={"color": theme.TEST, "width": 2.5, "dash": "dash"},
        ),
    ]
    figure = go.Figure(traces, theme.layout("z", ""))
    return figure.update_layout(height=240, legend={"orientation": "h", "y": 1.12})


def softmax_figure(softmax: Activation, z: np.ndarray = Z) -> go.Figure:
    """Return the three outputs of a softmax over (z, 0, 1) while z moves."""
    outputs = softmax(np.stack([z, np.zeros_like(z), np.ones_like(z)], axis=1))
    colors = (theme.TRAINING, theme.TEST, theme.RAW)
    traces = [
        go.Scatter(name=name, x=z, y=output, mode="lines", line={"color": color, "width": 2.5})
        for name, output, color in zip(
            ("of z", "of 0", "of 1"), outputs.T, colors, strict=True
        )
    ]
    figure = go.Figure(traces, theme.layout("z", "", range=[0, 1]))
    return figure.update_layout(height=240, legend={"orientation": "h", "y": 1.12})
