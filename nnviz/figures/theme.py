"""Colours and layout that all figures share."""

import plotly.graph_objects as go

# Blue and vermilion are told apart in every common colour blindness, and both have a contrast of
# at least 3:1 on white and on the dark background (Okabe and Ito, Color universal design, 2008;
# lightened and darkened to that end).
TRAINING = "#2f7fd0"
TEST = "#d9601a"
RAW = "#8a94a0"
SMOOTHED = "#8d6cc9"


def layout(x: str, y: str, **y_axis) -> go.Layout:
    """Return the layout of a curve with two axis titles."""
    return go.Layout(
        xaxis={"title": {"text": x}},
        yaxis={"title": {"text": y}, **y_axis},
        margin={"l": 56, "r": 12, "t": 28, "b": 44},
        hovermode="x unified",
    )
