"""The app without a browser: its pages as AppTest runs them, and the server's client."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnviz.runs import wire
from nnviz.runs.pool import shared_client

APP = Path(__file__).resolve().parents[2] / "app.py"
PATIENCE = 60  # seconds: the machine may be busy with something else
WIDGETS = ("selectbox", "number_input", "select_slider", "text_input", "button")
ANY_RATE = "Learning rate, any value"


@contextmanager
def served(folders):
    """Have the server's client, as pages and routes find it, with a data folder of its own.

    Parameters
    ----------
    folders : pytest.TempPathFactory
    """
    shared_client.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_DATA_DIR", str(folders.mktemp("served")))
        made = shared_client()
        made.ask("status")
        yield made  # a further worker is started when there are many runs
        made.close()
    shared_client.cache_clear()


def settled(page):
    """Run the page's script; whatever happens, it shows no exception."""
    page.run()
    assert not page.exception
    return page


def visit(run=None):
    """The page as it opens, at the address of a run or of none."""
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    if run is not None:
        page.query_params["run"] = run
    return settled(page)


def control(page, label):
    """The one control of this label."""
    found = [
        widget for kind in WIDGETS for widget in getattr(page, kind) if widget.label == label
    ]
    assert len(found) == 1, f"{label}: {found}"
    return found[0]


def choose(page, label, value):
    """Set a control and run the page."""
    control(page, label).set_value(value)
    return settled(page)


def press(page, label):
    control(page, label).click()
    return settled(page)


def run_of(page):
    """The id in the address."""
    return page.query_params["run"]


def meta_of(client, page):
    """What the live part of the page would show."""
    frame = client.submit("frame", run=run_of(page), seen=-1, quantity="weights")
    return wire.unpack(frame.result(PATIENCE))[0]


def texts(page, kind):
    return [element.value for element in getattr(page, kind)]


def offers(page):
    """Labels of the buttons of the script's part of the page."""
    return [button.label for button in page.button]
