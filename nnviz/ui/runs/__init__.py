"""The list of this browser's runs: open, rename, duplicate, delete and have back."""

from typing import Any

import streamlit as st

from nnviz.runs import limits
from nnviz.runs.client import Requests
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.settings import SETTINGS
from nnviz.ui import session
from nnviz.ui.component import component

_COPY_OF = "Copy of "

_component = component("runs")


def show(client: Requests, browser: str, key: str) -> dict[str, Any] | None:
    """Show a browser's runs; return what the person asks for, ``{"op", "run", "value"}``."""
    described = [_described(run) for run in client.runs_of(browser)]
    # Whoever opens the lab or tries settings leaves runs that were never trained.
    listed = [run for run in described if run["step"] or run["name"]]
    result = _component(
        key=key,
        data={
            "runs": listed,
            "deleted": session.deleted_run(),
            "longest": limits.NAME_LENGTH,
            "refused": session.refused_changes(),
        },
        on_asked_change=lambda: None,
    )
    return result.asked if isinstance(result.asked, dict) else None


def _described(run: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's script shows of a run of `catalogue.list_of`."""
    summary = run["summary"]
    datasets = SETTINGS["dataset"].choices
    return {
        "id": run["id"],
        "name": run["name"],
        "saved": run["saved_at"],
        "dataset": datasets.get(summary.get("dataset"), ""),
        "network": "-".join(map(str, summary.get("layer_sizes", ()))),
        "step": summary.get("step", 0),
        "state": summary.get("state", ""),
        "accuracy": summary.get("test_accuracy"),
        "curve": summary.get("curve", []),
    }


def do(client: Requests, browser: str, asked: dict[str, Any]) -> None:
    """Do what was asked for, or say why not.

    Raises
    ------
    RunError
        If it cannot be done.
    """
    action = ACTIONS.get(asked.get("op"))
    run, value = str(asked.get("run", "")), str(asked.get("value", ""))
    if action is None:
        raise RunError("The page asked for something that is not known.")
    action(client, browser, run, value)


def _open(client: Requests, browser: str, run: str, value: str) -> None:
    session.show_run(run)
    st.switch_page("pages/lab.py")


def _rename(client: Requests, browser: str, run: str, name: str) -> None:
    client.change(run, browser, "rename", name)


def _duplicate(client: Requests, browser: str, run: str, name: str) -> None:
    copied = client.copy(run, browser)
    if name:
        client.change(copied, browser, "rename", f"{_COPY_OF}{name}"[: limits.NAME_LENGTH])


def _delete(client: Requests, browser: str, run: str, name: str) -> None:
    client.change(run, browser, "delete")
    session.keep_deleted_run({"id": run, "name": name})


def _undelete(client: Requests, browser: str, run: str, value: str) -> None:
    try:
        client.change(run, browser, "undelete")
    except UnknownRun:  # cleared away for good
        session.forget_deleted_run()
        raise
    session.forget_deleted_run()


def _refresh(client: Requests, browser: str, run: str, value: str) -> None:
    """Nothing more: the page is drawn again after it."""


ACTIONS = {
    "open": _open, "rename": _rename, "duplicate": _duplicate, "delete": _delete,
    "undelete": _undelete, "refresh": _refresh,
}
