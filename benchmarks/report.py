"""The figures that the lab is to reach, and the table that says which of them it does."""

import math
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import psutil

PACKAGES = ("numpy", "streamlit", "playwright", "websockets")
IDLE_LOAD = 0.5  # processes that want to run, averaged over a minute
IDLE_SECONDS = 1.0
IDLE_PERCENT = 10


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `target` is a bound that `measured` must not pass: from below where `at_least`, otherwise
    from above; None for a number that only explains others.
    """

    section: str
    label: str
    digits: int = 0
    unit: str = ""
    target: float | None = None
    at_least: bool = False

    def reached(self, measured: float) -> bool:
        return measured >= self.target if self.at_least else measured <= self.target

    def number(self, value: float) -> str:
        return f"{value:,.{self.digits}f}{self.unit and ' ' + self.unit}"


FIGURES = {
    "first_paint": Figure("paint", "first useful paint, server just ready", 2, "s", 3),
    "later_paint": Figure("paint", "first useful paint, later visitors, median", 2, "s", 3),
    "page_change": Figure("paint", "page change, click to script's end, slowest", 2, "s", 0.5),
    "loss_draws": Figure("page", "loss chart, redraws/s", 1, "", 9, at_least=True),
    "weight_draws": Figure("page", "weight heatmaps, redraws/s", 1, "", 15, at_least=True),
    "blank_frames": Figure("page", "blank frames", 0, "", 0),
    "sampled_frames": Figure("page", "display frames looked at for that"),
    "zoom_kept": Figure("page", "zoom kept while it runs (1: yes)", 0, "", 1, at_least=True),
    "hover_kept": Figure("page", "hover kept while it runs (1: yes)", 0, "", 1, at_least=True),
    "pause_label": Figure("page", "Pause, click to label, median", 0, "ms", 100),
    "pause_label_p95": Figure("page", "Pause, click to label, p95", 0, "ms", 200),
    "pause_numbers": Figure("page", "Pause, click to numbers at rest, median", 0, "ms", 100),
    "pause_numbers_p95": Figure("page", "Pause, click to numbers at rest, p95", 0, "ms", 200),
    "step": Figure("page", "Step, click to new numbers, median", 0, "ms", 150),
    "step_p95": Figure("page", "Step, click to new numbers, p95", 0, "ms", 150),
    "share": Figure("share", "training's share with the page open", 2, "", 0.85, at_least=True),
    "open_rate": Figure("share", "steps/s, page open, median"),
    "closed_rate": Figure("share", "steps/s, no page, median"),
    "session_frames_least": Figure("sessions", "updates/s, least of all sessions", 1, "", 4,
                                   at_least=True),
    "session_frames": Figure("sessions", "updates/s, median of all sessions", 1),
    "session_pause": Figure("sessions", "Pause at the server, median", 0, "ms"),
    "session_pause_p95": Figure("sessions", "Pause at the server, p95", 0, "ms", 100),
    "session_step": Figure("sessions", "Step at the server, median", 0, "ms"),
    "session_step_p95": Figure("sessions", "Step at the server, p95", 0, "ms"),
    "session_share": Figure("sessions", "steps/s of all, to one headless process", 2, "", 0.8,
                            at_least=True),
    "session_rate": Figure("sessions", "steps/s of all sessions together"),
    "headless_rate": Figure("sessions", "steps/s of one headless process"),
    "server_memory": Figure("sessions", "memory of the Streamlit process", 0, "MB", 250),
    "session_memory": Figure("sessions", "its memory per further session", 1, "MB", 3),
    "run_memory": Figure("sessions", "workers' memory per further run", 1, "MB", 5),
    "worker_cpu": Figure("sessions", "processor use, workers", 0, "%"),
    "server_cpu": Figure("sessions", "processor use, Streamlit", 0, "%"),
    "client_cpu": Figure("sessions", "processor use, this script as the pages", 0, "%"),
}
SECTIONS = tuple(dict.fromkeys(figure.section for figure in FIGURES.values()))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least so many percent of all do not exceed."""
    if not values:
        raise ValueError("No percentile of no values.")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of the ratios first / second: drift between pairs does not enter."""
    return statistics.median(first / second for first, second in pairs)


def table(measured: Mapping[str, float | str]) -> str:
    """Return the lines of what was measured, in the order of `FIGURES`.

    Parameters
    ----------
    measured : mapping
        Values by name in `FIGURES`; a text stands for a figure that does not apply.
    """
    cells = [("figure", "measured", "target", "reached")]
    section = None
    for name, figure in FIGURES.items():
        if name not in measured:
            continue
        if figure.section != section:
            section = figure.section
            cells.append((f"[{section}]", "", "", ""))
        cells.append((figure.label, *_cells(figure, measured[name])))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        f"{label:{widths[0]}}  {value:>{widths[1]}}  {target:>{widths[2]}}  {reached}".rstrip()
        for label, value, target, reached in cells
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _cells(figure: Figure, measured: float | str) -> tuple[str, str, str]:
    is_text = isinstance(measured, str)
    value = measured if is_text else figure.number(measured)
    if figure.target is None:
        return value, "", ""
    target = f"{'>=' if figure.at_least else '<='} {figure.number(figure.target)}"
    return value, target, "-" if is_text else ("yes" if figure.reached(measured) else "NO")


def machine() -> str:
    """Return versions, processor and how busy it is before anything is started."""
    busy = psutil.cpu_percent(interval=IDLE_SECONDS)
    load = psutil.getloadavg()[0]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        f"Python {platform.python_version()}, {versions}",
        f"{platform.platform()}, {os.cpu_count()} cores, {processor()}",
        f"before the start: load average {load:.2f}, processor {busy:.0f} % busy",
    ]
    if load > IDLE_LOAD or busy > IDLE_PERCENT:
        lines.append("WARNING: the machine is not idle; the figures below are not to be trusted.")
    return "\n".join(lines)


def processor() -> str:
    """Return the processor's name, as Linux knows it, or what Python knows."""
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    return platform.processor() or "processor unknown"
