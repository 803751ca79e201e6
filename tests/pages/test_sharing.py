"""Links, views and copies of runs, and the list of a browser's runs, without a browser."""

import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from nnviz import links
from nnviz.folder import data_folder
from nnviz.runs import limits
from nnviz.runs.identity import share_id
from nnviz.settings import SETTINGS, RunConfig
from nnviz.timing import Timing
from nnviz.ui import address, runs, session, share
from tests.data import image_files
from tests.pages.app import (
    ANY_RATE,
    APP,
    PATIENCE,
    choose,
    control,
    meta_of,
    press,
    run_of,
    settled,
    texts,
)


def open_address(**query):
    """The lab at an address with this query."""
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    for name, value in query.items():
        page.query_params[name] = value
    return settled(page)


def test_a_link_makes_one_run_with_its_configuration(client):
    config = RunConfig(hidden=((20, "tanh"), (5, "relu")), learning_rate=0.3, seed=7)
    page = open_address(**links.to_query(config))
    assert client.config(run_of(page)) == config
    assert {*page.query_params} == {"run"}
    assert texts(page, "warning") == []
    assert control(page, "Layer 1 units").value == 20
    run = run_of(page)
    settled(page)
    assert run_of(page) == run
    # Gone back to the link in this tab: the run it made.
    page.query_params.clear()
    for name, value in links.to_query(config).items():
        page.query_params[name] = value
    settled(page)
    assert run_of(page) == run


def test_a_link_makes_a_run_with_its_speed_and_stops(client):
    timing = Timing(speed=3, stop_epochs=2, stop_accuracy=0.9)
    page = open_address(**links.to_query(RunConfig(), timing))
    run = run_of(page)
    assert client.timing(run) == timing
    assert texts(page, "warning") == []
    client.set_timing(run, Timing())
    settled(page)  # what was changed since is not set again
    assert client.timing(run_of(page)) == Timing()


def test_what_makes_no_sense_in_a_link_is_told_as_text(client):
    page = open_address(hidden="9999999", lr="0.3", **{"![x](http://e/x.png)": "1"})
    assert client.config(run_of(page)) == RunConfig(learning_rate=0.3)
    (message,) = texts(page, "warning")
    assert r"Hidden layers cannot be read from \'9999999\'\. Give " in message
    assert r"The default is used\: 32\-relu\." in message
    assert r"\!\[x\]\(http\:\/\/e\/x\.png\)" in message


def test_a_link_too_large_for_the_server_keeps_what_fits(client, monkeypatch):
    monkeypatch.setattr(limits, "PARAMETERS", 3000)
    page = open_address(hidden="512-relu", lr="0.3", seed="5", speed="10")
    assert client.config(run_of(page)) == RunConfig(learning_rate=0.3, seed=5)
    assert client.timing(run_of(page)).speed == 10
    (message,) = texts(page, "warning")
    assert r"This network is too large for this server\: 38\,410" in message


def test_a_link_to_data_that_is_not_here_keeps_its_other_settings(client):
    page = open_address(data="mnist", hidden="20-tanh", lr="0.3", batch="4096", stop_epochs="3")
    assert client.config(run_of(page)) == RunConfig(hidden=((20, "tanh"),), learning_rate=0.3)
    assert client.timing(run_of(page)) == Timing(stop_epochs=3)
    (message,) = texts(page, "warning")
    assert r"MNIST is not on this computer\. Put its four IDX files" in message
    assert r"The default is used\: digits\." in message
    assert r"Batch size cannot be 4\,096" in message


def test_a_link_to_data_whose_files_are_damaged_keeps_its_other_settings(client):
    folder = data_folder() / "mnist"
    try:
        image_files.write(folder)
        images = folder / "train-images-idx3-ubyte.gz"
        images.write_bytes(images.read_bytes()[:-100])  # its first bytes look well
        page = open_address(data="mnist", lr="0.3", seed="5", speed="10")
    finally:
        shutil.rmtree(folder)
    assert client.config(run_of(page)) == RunConfig(learning_rate=0.3, seed=5)
    assert client.timing(run_of(page)).speed == 10
    (message,) = texts(page, "warning")
    assert "on the usual data set" in message


def test_a_view_shows_a_run_and_changes_nothing(client):
    run = client.create(RunConfig(learning_rate=0.3))
    client.act(run, "step")
    page = open_address(view=share_id(run))
    assert dict(page.query_params) == {"view": share_id(run)}
    assert control(page, ANY_RATE).value == 0.3
    widgets = [*page.selectbox, *page.number_input, *page.select_slider]
    assert len(widgets) >= len(SETTINGS)
    assert all(widget.disabled for widget in widgets if widget.key.startswith("control "))
    assert [button.label for button in page.button] == ["Open a copy"]
    assert "Start from" not in [widget.label for widget in page.selectbox]
    assert client.config(run).learning_rate == 0.3
    (live,) = [part for part in page.get("bidi_component") if part.key == "lab"]
    assert run.encode() not in live.proto.SerializeToString()


def test_a_copy_is_opened_once_and_is_a_run_of_its_own(client):
    run = client.create(RunConfig(seed=3))
    client.act(run, "step")
    page = open_address(copy=share_id(run))
    copied = run_of(page)
    assert copied != run
    assert {*page.query_params} == {"run"}
    assert client.config(copied) == RunConfig(seed=3)
    assert meta_of(client, page)["step"] == 1
    settled(page)
    assert run_of(page) == copied
    client.act(copied, "step")
    assert meta_of(client, open_address(run=run))["step"] == 1


def test_a_view_offers_a_copy(client):
    run = client.create(RunConfig(seed=4))
    page = press(open_address(view=share_id(run)), "Open a copy")
    assert run_of(page) != run
    assert not control(page, ANY_RATE).disabled
    assert client.config(run_of(page)) == RunConfig(seed=4)


@pytest.mark.parametrize(
    "query", [{"view": "~unknown"}, {"view": "x"}, {"copy": "~unknown"}, {"copy": "~"},
              {"copy": "<script>"}, {"view": "~" + "x" * 100_000}],
    ids=lambda query: str(query)[:24],
)
def test_an_unknown_share_gives_a_message_and_a_new_run(client, query):
    page = open_address(**query)
    (message,) = texts(page, "warning")
    assert message.endswith("This is a new run.")
    assert client.config(run_of(page)) == RunConfig()


def test_the_id_of_a_run_is_not_taken_for_a_share_id(client):
    run = client.create(RunConfig(seed=5))
    page = open_address(copy=run)
    assert client.config(run_of(page)) == RunConfig()
    (message,) = texts(page, "warning")
    assert message.startswith("The link of a copy does not name a run")


def test_a_link_hides_and_locks_controls(client):
    page = open_address(hide="lr,hidden,back", lock="seed,data,run", seed="9")
    labels = [widget.label for widget in (*page.selectbox, *page.number_input)]
    assert ANY_RATE not in labels
    assert "Layer 1 units" not in labels
    assert control(page, "Seed").disabled
    assert control(page, "Data set").disabled
    assert not control(page, "Batch size").disabled
    assert client.config(run_of(page)) == RunConfig(seed=9)
    (live,) = [part for part in page.get("bidi_component") if part.key == "lab"]
    sent = live.proto.SerializeToString()
    assert b'"hide":["back"]' in sent.replace(b" ", b"")
    assert b'"lock":["run"]' in sent.replace(b" ", b"")
    # What is not hidden can be chosen, and what is stays as it is.
    choose(page, "Batch size", 10)
    assert client.config(run_of(page)) == RunConfig(seed=9, batch_size=10)
    assert page.query_params["hide"] == "lr,hidden,back"


def test_the_links_of_a_locked_page_are_locked_too(client):
    page = open_address(hide="back", lock="lr,data", seed="9")
    hide, lock = page.multiselect
    assert (hide.value, lock.value) == (["back"], ["data", "lr"])
    settings, copy, view = (parse_qs(urlsplit(block.value).query) for block in page.code[:3])
    for link in (settings, copy):
        assert (link["hide"], link["lock"]) == (["back"], ["data,lr"])
    assert {*view} == {"view"}
    # A view is locked as a whole: whoever copies it may do anything.
    page = open_address(view=share_id(run_of(page)))
    assert all(choice.value == [] for choice in page.multiselect)


@pytest.mark.parametrize("query", [{"lock": "start"}, {"hide": "start"}, {}])
def test_a_model_file_does_not_lead_past_what_is_locked(client, query):
    assert len(open_address(**query).file_uploader) == (not query)


def test_all_that_is_wrong_with_an_address_is_told(client):
    (message,) = texts(open_address(lr="nan", hide="nonsense"), "warning")
    assert "Learning rate cannot be read" in message
    assert "hide in the address names" in message


@pytest.mark.parametrize("hide", ["nonsense", "<b>x</b>", "x" * 5000, ",,,", "lr,nonsense"])
def test_names_that_nothing_has_are_told(client, hide):
    page = open_address(hide=hide)
    messages = texts(page, "warning")
    assert len(messages) == (0 if hide == ",,," else 1)
    assert (ANY_RATE in [widget.label for widget in page.number_input]) == ("lr," not in hide)


def test_the_list_of_ready_made_runs_can_be_hidden_and_locked_too(client):
    starts = "Start from"
    assert not control(open_address(), starts).disabled
    assert control(open_address(lock="start"), starts).disabled
    assert starts not in [widget.label for widget in open_address(hide="start").selectbox]
    run = client.create(RunConfig())
    assert starts not in [widget.label for widget in open_address(view=share_id(run)).selectbox]


@pytest.mark.parametrize("name", [*address._SETTINGS, *address.TOOLS])
def test_everything_has_a_label_in_the_list_of_what_can_be_hidden(name):
    assert share._LABELS[name]


def test_the_share_panel_shows_links_that_open_what_they_say(client):
    config = RunConfig(hidden=((9, "elu"),), seed=2)
    run, timing = client.create(config), Timing(speed=10, stop_patience=4)
    client.set_timing(run, timing)
    page = open_address(run=run)
    codes = [block.value for block in page.code]
    settings, copy, view, frame = codes
    assert links.from_query(parse_qs(urlsplit(settings).query)) == (config, timing, [])
    assert "speed=10" in frame
    assert parse_qs(urlsplit(copy).query) == {"copy": [share_id(run)]}
    assert parse_qs(urlsplit(view).query) == {"view": [share_id(run)]}
    assert frame.startswith("<iframe src=")
    assert "embed=true" in frame
    assert all(run not in code for code in codes)


# -------------------------------------------------------------------- my runs


@pytest.fixture
def mine(client, monkeypatch):
    """This test's browser: its id, as the pages find it."""
    monkeypatch.setattr(session, "browser", lambda: "mine")
    return "mine"


def listed(client, browser):
    return {run["id"]: run["name"] for run in client.runs_of(browser)}


def test_runs_belong_to_the_browser_that_made_them(client, mine):
    page = open_address(seed="21")
    assert run_of(page) in listed(client, mine)
    assert client.runs_of("other") == []
    choose(page, "Seed", 22)
    press(page, "Start new run")
    assert run_of(page) in listed(client, mine)
    # One that belonged to nobody becomes this browser's when it is opened, one of another's not.
    nobodys, others = client.create(RunConfig()), client.create(RunConfig(), browser="other")
    for run in (nobodys, others):
        open_address(run=run)
        client.act(run, "step")
    assert nobodys in listed(client, mine)
    assert {*listed(client, "other")} == {others}


def test_a_run_deleted_under_a_page_gives_a_new_one_with_its_settings(client, mine):
    page = open_address(hidden="20-tanh", seed="21", lr="0.3")
    run, config = run_of(page), RunConfig(hidden=((20, "tanh"),), seed=21, learning_rate=0.3)
    client.act(run, "step")
    client.change(run, mine, "delete")
    settled(page)
    assert run_of(page) != run
    assert client.config(run_of(page)) == config
    (message,) = texts(page, "warning")
    assert message.endswith("or it was deleted. This is a new run with its settings.")


def test_the_list_can_be_changed(client):
    run = client.create(RunConfig(seed=31), browser="b")
    client.act(run, "step")
    runs.do(client, "b", {"op": "rename", "run": run, "value": "first"})
    assert listed(client, "b") == {run: "first"}
    runs._duplicate(client, "b", run, "first")
    assert sorted(listed(client, "b").values()) == ["Copy of first", "first"]


# Deletes two runs and has both back.
DELETING = """
import streamlit as st
from nnviz.runs.pool import shared_client
from nnviz.ui import runs, session

client = shared_client()
for run in st.query_params["made"].split(","):
    runs.do(client, "c", {"op": "delete", "run": run, "value": run})
st.session_state.left = len(client.runs_of("c"))
st.session_state.back = []
while (deleted := session.deleted_run()) is not None:
    runs.do(client, "c", {"op": "undelete", "run": deleted["id"]})
    st.session_state.back.append(deleted["name"])
"""


def test_several_deleted_runs_are_had_back_one_after_the_other(client):
    made = [client.create(RunConfig(seed=seed), browser="c") for seed in (41, 42)]
    page = AppTest.from_string(DELETING, default_timeout=PATIENCE)
    page.query_params["made"] = ",".join(made)
    settled(page)
    assert page.session_state.left == 0
    assert page.session_state.back == made[::-1]
    assert {*listed(client, "c")} == {*made}


def test_what_cannot_be_done_with_a_run_is_said_above_the_list(client, monkeypatch):
    monkeypatch.setattr("nnviz.ui.browser_key.browser", lambda: "d")
    asked = iter([{"op": "rename", "run": "no-such-run", "value": "x"}])
    monkeypatch.setattr(runs, "show", lambda *args, **named: next(asked, None))
    page = open_address()
    page.switch_page("pages/runs.py")
    settled(page)
    (message,) = texts(page, "warning")
    assert message.startswith("This run is not among the runs of this browser")
    assert texts(page, "error") == []


def test_a_page_without_cookies_says_so(client):
    page = open_address()
    page.switch_page("pages/runs.py")
    settled(page)
    assert any("keeps no cookies" in text for text in texts(page, "info"))


def test_what_is_shown_of_a_run():
    described = runs._described({
        "id": "x", "share": "~x", "name": "<b>", "created_at": 1.0, "saved_at": 2.0,
        "summary": {"step": 3, "dataset": "digits", "layer_sizes": [64, 10], "state": "paused",
                    "test_accuracy": 0.5, "curve": [1, 0.5]},
    })
    assert described["network"] == "64-10"
    assert described["dataset"].startswith("Handwritten digits")
    # A run that could not be read is still in the list.
    assert runs._described({"id": "x", "name": "", "saved_at": 0.0, "summary": {}})["step"] == 0
