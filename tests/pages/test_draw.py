"""The page to draw on: who reads there."""

import time

from streamlit.testing.v1 import AppTest

from nnviz.first_visitor import first_visitor_config
from nnviz.runs import wire
from nnviz.settings import RunConfig
from tests.pages.app import APP, PATIENCE, run_of, settled, texts


def draw_page(page):
    """Go to the page to draw on; a browser leaves the run out of the address then."""
    del page.query_params["run"]
    page.switch_page("pages/draw.py")
    return settled(page)


def wait_for_training(client, run):
    """Wait until a run is being trained; returns what its frame says."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        meta = wire.unpack(
            client.submit("frame", run=run, seen=-1, quantity="weights").result(PATIENCE)
        )[0]
        if meta["step"]:
            return meta
        time.sleep(0.05)
    raise AssertionError(f"The run is still {meta['state']} at step {meta['step']}.")


def test_who_has_trained_nothing_gets_a_network_to_draw_for(page, client):
    lab_run = run_of(page)
    draw_page(page)
    reader = page.query_params["run"]
    assert reader != lab_run
    config, epochs = first_visitor_config("digits")
    assert client.config(reader) == config
    assert wait_for_training(client, reader)["stop_epochs"] == epochs
    settled(page)
    assert page.query_params["run"] == reader
    client.act(reader, "run", False)


def test_the_labs_run_reads_once_it_has_learned(page, client):
    run = run_of(page)
    client.act(run, "step")
    draw_page(page)
    assert page.query_params["run"] == run


def test_the_address_decides_who_reads(client):
    run = client.create(RunConfig(hidden=((5, "tanh"),)))
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.query_params["run"] = run
    page.switch_page("pages/draw.py")
    settled(page)
    assert page.query_params["run"] == run


def test_an_unknown_run_to_draw_for_is_explained(client):
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.query_params["run"] = "no-such-run"
    page.switch_page("pages/draw.py")
    settled(page)
    (message,) = texts(page, "warning")
    assert message.startswith("This run is not known here")
    reader = page.query_params["run"]
    assert client.config(reader) == first_visitor_config("digits")[0]
    client.act(reader, "run", False)
