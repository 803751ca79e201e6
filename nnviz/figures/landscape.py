"""The loss landscape: along the gradient by learning rate, and over a plane with the way so far."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnviz.figures import theme

# Tints that only support the labels: each region says its name.
_TINTS = {
    "too small": "rgba(138, 148, 160, 0.10)",
    "good": "rgba(47, 127, 208, 0.20)",
    "overshooting": "rgba(217, 96, 26, 0.14)",
    "diverging": "rgba(217, 96, 26, 0.32)",
}
# How far the loss axis reaches below the lowest and above the present loss, in best gains.
_BELOW, _ABOVE = 0.4, 1.6
_FEWEST_TICKS, _MOST_TICKS = 3, 8
# From where a relief is seen whole, with the names of its axes.
_EYE = {"x": 1.75, "y": 1.75, "z": 1.2}


def descent_figure(
    rates: np.ndarray,
    losses: np.ndarray,
    loss_here: float,
    rate: float,
    regions: Sequence[tuple[str, float, float]],
    stable_rate: float | None,
    loss_at_rate: float | None = None,
    own: tuple[str, float] | None = None,
) -> go.Figure:
    """Return the loss that a step against the gradient would lead to, by learning rate.

    Parameters
    ----------
    rates, losses : ndarray, (points,)
        `landscape.Descent`; losses that are infinite are left out.
    loss_here : float
        Before the step.
    rate : float
        The learning rate of the run, marked.
    regions : sequence of (str, float, float)
        `landscape.regions`.
    stable_rate : float or None
        Marked, where known and within the rates.
    loss_at_rate : float, optional
        On the line, at the learning rate of the run: where its step ends.
    own : tuple of (str, float), optional
        Name of an optimiser that does not go along this line, and the loss that its step leads to.
    """
    lowest = float(losses[np.isfinite(losses)].min(initial=loss_here))
    gain = loss_here - lowest or loss_here or 1.0
    figure = go.Figure(_line_of(rates, losses), theme.layout("learning rate", "loss"))
    figure.update_layout(
        hovermode="closest", showlegend=False, height=420, margin={"t": 64},
        xaxis={
            "type": "log", "range": [math.log10(rates[0]), math.log10(rates[-1])],
            "dtick": 1, "tickformat": "~g",
        },
        yaxis={"range": [lowest - _BELOW * gain, loss_here + _ABOVE * gain]},
    )
    for place, (name, low, high) in enumerate(regions):
        is_last = place == len(regions) - 1
        _mark_region(figure, name, low, high, place % 2, "right" if is_last else "center")
    _mark_loss(figure, loss_here, "loss before the step", theme.RAW, "dot")
    if own is not None:
        _mark_loss(figure, own[1], f"after {own[0]}'s own step", theme.SMOOTHED, "dash")
    if _is_among(rates, stable_rate):
        _mark_rate(figure, stable_rate, f"largest stable {stable_rate:.2g}", theme.TEST, 0.80)
    if _is_among(rates, rate):
        _mark_rate(figure, rate, f"this run {rate:g}", theme.SMOOTHED, 0.92)
        if loss_at_rate is not None:
            figure.add_trace(_end_of_step(rate, loss_at_rate))
    return figure


def _is_among(rates: np.ndarray, rate: float | None) -> bool:
    return rate is not None and bool(rates[0] <= rate <= rates[-1])


def _line_of(rates: np.ndarray, losses: np.ndarray) -> go.Scatter:
    return go.Scatter(
        name="after the step", x=rates, y=np.where(np.isfinite(losses), losses, np.nan),
        mode="lines", line={"color": theme.TRAINING, "width": 3},
        hovertemplate="rate %{x:.3g}: loss %{y:.4g}<extra></extra>",
    )


def _end_of_step(rate: float, loss: float) -> go.Scatter:
    return go.Scatter(
        name="at the run's rate", x=[rate], y=[loss], mode="markers",
        marker={"color": theme.SMOOTHED, "size": 11, "line": {"color": "white", "width": 2}},
        hovertemplate="this run's rate, %{x:.3g}: loss %{y:.4g}<extra></extra>",
    )


def _mark_region(
    figure: go.Figure, name: str, low: float, high: float, row: int, anchor: str
) -> None:
    """Tint a region and write its name above, in one of two rows: neighbours may be narrow.

    The last one's ends at the figure's edge, or it would be cut off where the region is narrow.
    """
    figure.add_shape(
        type="rect", x0=low, x1=high, y0=0, y1=1, yref="paper", layer="below",
        line={"width": 0}, fillcolor=_TINTS[name], name=name,
    )
    x = high if anchor == "right" else math.sqrt(low * high)
    figure.add_annotation(
        x=math.log10(x), y=1, yref="paper", yanchor="bottom", yshift=17 * row, text=name,
        xanchor=anchor, showarrow=False,
    )


def _mark_loss(figure: go.Figure, loss: float, text: str, color: str, dash: str) -> None:
    """Draw a line at the height of a loss, its name at the left."""
    figure.add_hline(
        loss, line={"dash": dash, "width": 2, "color": color},
        annotation={"text": text, "xanchor": "left", "x": 0},
    )


def _mark_rate(figure: go.Figure, rate: float, text: str, color: str, height: float) -> None:
    """Draw a line at a learning rate, its name at a share of the figure's height."""
    figure.add_shape(
        type="line", x0=rate, x1=rate, y0=0, y1=1, yref="paper",
        line={"color": color, "width": 2.5, "dash": "dash"},
    )
    figure.add_annotation(
        x=math.log10(rate), y=height, yref="paper", text=text, xanchor="right", xshift=-6,
        showarrow=False, font={"color": color},
    )


def contour_figure(
    u: np.ndarray, v: np.ndarray, losses: np.ndarray, path: np.ndarray,
    titles: tuple[str, str],
) -> go.Figure:
    """Return the loss over a plane from above, with the way so far.

    Parameters
    ----------
    u, v : ndarray, (points,)
    losses : ndarray, (points, points)
        By [v, u]; `surface.Surface`.
    path : ndarray, (moments, 2)
    titles : tuple of str
        Of the two directions.
    """
    heights, ticks = _heights(losses), _ticks(losses)
    ground = go.Contour(
        x=u, y=v, z=heights, colorscale="Cividis", ncontours=24, name="loss",
        line={"width": 0.6, "color": "rgba(255, 255, 255, 0.45)"},
        colorbar={
            "title": {"text": "loss"}, "tickvals": np.log10(ticks), "ticktext": _texts(ticks)
        },
        customdata=losses,
        hovertemplate="%{x:.3g}, %{y:.3g}: loss %{customdata:.4g}<extra></extra>",
    )
    way = go.Scatter(
        x=path[:, 0], y=path[:, 1], mode="lines+markers", name="way so far",
        line={"color": "white", "width": 3}, marker={"color": theme.TEST, "size": 6},
        hoverinfo="skip",
    )
    here = go.Scatter(
        x=[0], y=[0], mode="markers", name="here",
        marker={"symbol": "x", "size": 13, "color": theme.TEST,
                "line": {"color": "white", "width": 2}},
        hoverinfo="skip",
    )
    figure = go.Figure([ground, way, here], theme.layout(titles[0], titles[1]))
    # A way may lead out of the plane that is shown: the plane decides.
    return figure.update_layout(
        height=560, hovermode="closest",
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "bgcolor": "rgba(0, 0, 0, 0)"},
        xaxis={"range": [u[0], u[-1]]}, yaxis={"range": [v[0], v[-1]]},
    )


def relief_figure(
    u: np.ndarray, v: np.ndarray, losses: np.ndarray, path: np.ndarray, path_losses: np.ndarray,
    titles: tuple[str, str],
) -> go.Figure:
    """Return the loss over a plane as a relief; parameters as for `contour_figure`.

    `path_losses`, (moments,): the loss at each moment of the path itself, not of its projection.
    """
    ticks = _ticks(losses)
    scale = {"tickvals": np.log10(ticks), "ticktext": _texts(ticks)}
    ground = go.Surface(
        x=u, y=v, z=_heights(losses), colorscale="Cividis", showscale=False, name="loss",
        customdata=losses, hovertemplate="loss %{customdata:.4g}<extra></extra>",
    )
    inside = (
        (path[:, 0] >= u[0]) & (path[:, 0] <= u[-1]) & (path[:, 1] >= v[0]) & (path[:, 1] <= v[-1])
    )
    way = go.Scatter3d(
        x=path[inside, 0], y=path[inside, 1], z=_heights(path_losses[inside]), name="way so far",
        mode="lines+markers", line={"color": theme.TEST, "width": 6},
        marker={"color": theme.TEST, "size": 3}, hoverinfo="skip",
    )
    figure = go.Figure([ground, way])
    return figure.update_layout(
        height=560, margin={"l": 0, "r": 0, "t": 24, "b": 0},
        scene={
            "xaxis": {"title": {"text": titles[0]}}, "yaxis": {"title": {"text": titles[1]}},
            "zaxis": {"title": {"text": "loss"}, **scale}, "aspectmode": "cube",
            "camera": {"eye": _EYE, "center": {"x": 0, "y": 0, "z": -0.15}},
        },
    )


def _heights(losses: np.ndarray) -> np.ndarray:
    """Return log10 of losses; infinite ones stand as high as the highest that is not."""
    finite = losses[np.isfinite(losses)]
    low = max(float(finite.min(initial=1.0)), 1e-12)
    high = max(float(finite.max(initial=low)), low)
    return np.log10(np.clip(losses, low, high))


def _ticks(losses: np.ndarray) -> np.ndarray:
    """Return losses to name on a logarithmic scale: round ones, as far as there are enough."""
    heights = _heights(losses)
    low, high = float(heights.min()), float(heights.max())
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = np.array([m * 10.0**k for k in decades for m in (1, 2, 5)])
    inside = ticks[(np.log10(ticks) >= low) & (np.log10(ticks) <= high)]
    if len(inside) >= _FEWEST_TICKS:
        return inside[:: math.ceil(len(inside) / _MOST_TICKS)]
    return np.unique(10.0 ** np.linspace(low, high, 5))


def _texts(ticks: np.ndarray) -> list[str]:
    """Return the ticks in as many digits as tell them apart."""
    for digits in range(3, 9):
        texts = [f"{tick:.{digits}g}" for tick in ticks]
        if len(set(texts)) == len(texts):
            break
    return texts
