"""A line figure as SVG, for a page that is read without a script or printed."""

from html import escape
from math import floor, log10

import numpy as np
import plotly.graph_objects as go

LEFT, RIGHT, TOP, BOTTOM = 50, 10, 12, 38
LEGEND = 18
LETTER = 6.5  # width of one, about
TEXT, LINES = "#3a4652", "#c8d0d8"


def svg(figure: go.Figure, title: str, width: int = 440, height: int = 200) -> str:
    """Return a figure of lines as one ``<svg>`` element, its legend above the plot.

    Parameters
    ----------
    figure : go.Figure
        Scatter traces of lines; a range of the y axis is kept.
    title : str
        What it is called for those who cannot see it.
    width, height : int
        In user units; the element takes the width that it is given.
    """
    traces = [trace for trace in figure.data if trace.x is not None and len(trace.x)]
    x_range, y_range = _ranges(figure, traces)

    def place(x, y):
        across = (np.asarray(x) - x_range[0]) / (x_range[1] - x_range[0])
        down = (y_range[1] - np.asarray(y)) / (y_range[1] - y_range[0])
        return (
            LEFT + across * (width - LEFT - RIGHT),
            TOP + LEGEND + down * (height - TOP - LEGEND - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="12">'
    ]
    parts += _grid(place, x_range, y_range, _is_percent(figure))
    parts += _names(figure, width, height)
    parts += [_line(trace, *place(trace.x, trace.y)) for trace in traces]
    parts += _legend(traces)
    return "".join([*parts, "</svg>"])


def _is_percent(figure: go.Figure) -> bool:
    return (figure.layout.yaxis.tickformat or "").endswith("%")


def _ranges(figure: go.Figure, traces: list) -> tuple[tuple[float, float], tuple[float, float]]:
    xs = np.concatenate([np.asarray(trace.x, float) for trace in traces] or [np.zeros(1)])
    ys = np.concatenate([np.asarray(trace.y, float) for trace in traces] or [np.ones(1)])
    fixed = figure.layout.yaxis.range
    low, high = fixed if fixed else (min(0.0, ys.min()), ys.max())
    return (xs.min(), max(xs.max(), xs.min() + 1)), (low, high if high > low else low + 1)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` (3 or more) round numbers from `low` to `high`.

    They are 1, 2 or 5 times a power of ten apart.
    """
    raw = (high - low) / count
    power = 10.0 ** floor(log10(raw))
    step = power * next(each for each in (1, 2, 5, 10) if each * power >= raw * (1 - 1e-9))
    first, last = -floor(-low / step + 1e-9), floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def _grid(place, x_range, y_range, percent: bool) -> list[str]:
    parts = []
    (left, bottom), (right, top) = place(x_range[0], y_range[0]), place(x_range[1], y_range[1])
    for value in ticks(*y_range):
        _, y = place(x_range[0], value)
        text = f"{value:.0%}" if percent else f"{value:.6g}"
        parts.append(
            f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="{LINES}" stroke-width="0.7"/>'
            f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="{TEXT}">'
            f"{text}</text>"
        )
    for value in ticks(*x_range, 6):
        x, _ = place(value, y_range[0])
        text = f"{value:,.6g}"
        middle = min(x, right + RIGHT - LETTER * len(text) / 2)  # the last is not cut off
        parts.append(
            f'<path d="M{x:.1f} {bottom:.1f}V{top:.1f}" stroke="{LINES}" stroke-width="0.7"/>'
            f'<text x="{middle:.1f}" y="{bottom + 16:.1f}" text-anchor="middle" fill="{TEXT}">'
            f"{text}</text>"
        )
    return parts


def _names(figure: go.Figure, width: int, height: int) -> list[str]:
    x_name, y_name = (axis.title.text or "" for axis in (figure.layout.xaxis, figure.layout.yaxis))
    return [
        f'<text x="{width - RIGHT}" y="{height - 8}" text-anchor="end" fill="{TEXT}">'
        f"{escape(x_name)}</text>",
        f'<text x="4" y="{TOP + 4}" fill="{TEXT}">{escape(y_name)}</text>',
    ]


def _line(trace: go.Scatter, xs: np.ndarray, ys: np.ndarray) -> str:
    if len(xs) == 1:  # before the first step there is no line
        return (
            f'<circle cx="{xs[0]:.1f}" cy="{ys[0]:.1f}" r="2.5" fill="{escape(trace.line.color)}"/>'
        )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{escape(trace.line.color)}" '
        f'stroke-width="{min(trace.line.width or 2, 2):g}" opacity="{trace.opacity or 1:g}" '
        'stroke-linejoin="bevel"/>'
    )


def _legend(traces: list[go.Scatter]) -> list[str]:
    parts, x = [], LEFT + 16
    for trace in traces:
        name = trace.name or ""
        parts.append(
            f'<path d="M{x} {TOP}h18" stroke="{escape(trace.line.color)}" stroke-width="3"/>'
            f'<text x="{x + 23}" y="{TOP + 4}" fill="{TEXT}">{escape(name)}</text>'
        )
        x += 36 + LETTER * len(name)
    return parts
