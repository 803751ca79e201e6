"""Links, views, My runs and a store that cannot be written, as people meet them."""

import contextlib
import re
import sqlite3

import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from nnviz.runs.identity import share_id
from nnviz.ui.browser_key import COOKIE
from tests.browser.lab import Lab


def run_in(page):
    """The run's id in the address."""
    expect(page).to_have_url(re.compile(r"[?&]run="))
    return re.search(r"[?&]run=([^&]+)", page.url)[1]


@pytest.fixture
def rows(page):
    return page.locator(".nnviz-runs li")


def open_list(page):
    page.get_by_role("link", name="My runs", exact=True).click()
    expect(page.locator(".nnviz-runs li").first).to_be_visible()


# Streamlit looks for its own parts beside the page before it finds them at the root.
@pytest.mark.expected_console(r"404 .*/runs/_stcore/")
def test_another_tab_of_a_deleted_run_says_so_and_goes_on_with_a_new_one(page, server):
    lab = Lab(page, f"{server.url}/?v=1&hidden=13-tanh").open()
    run = run_in(page)
    lab.step()
    list_page = page.context.new_page()
    list_page.goto(f"{server.url}/runs")
    row = list_page.locator(".nnviz-runs li").filter(has_text="64-13-10")
    row.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    page.bring_to_front()
    said = page.get_by_text("its link is wrong, or it was deleted. This is a new run with its")
    expect(said).to_be_visible()
    lab.wait_until_ready()
    expect(page).not_to_have_url(re.compile(run))
    lab.wait_for_status(lambda now: now.step == 0, "the new run")
    expect(said).to_be_visible()


# Streamlit looks for its own parts beside the page before it finds them at the root.
@pytest.mark.expected_console(r"404 .*/runs/_stcore/")
def test_a_run_is_named_deleted_had_back_and_opened(page, server, rows):
    lab = Lab(page, f"{server.url}/?v=1&hidden=12-tanh&lr=0.3&seed=7").open()
    run = run_in(page)
    lab.step()
    lab.step()
    loss = lab.status.training_loss
    open_list(page)
    row = rows.filter(has_text="64-12-10")
    expect(row).to_have_count(1)
    expect(row.get_by_role("img", name=re.compile("^Training loss from"))).to_be_visible()
    name = row.get_by_label("Name of the run")
    name.fill("<b>mine</b>")
    name.press("Enter")
    expect(row.get_by_role("button", name="Delete: <b>mine</b>")).to_be_visible()
    page.reload()
    row = rows.filter(has_text="64-12-10")
    expect(row.get_by_label("Name of the run")).to_have_value("<b>mine</b>")
    name = row.get_by_label("Name of the run")
    name.fill("signs that hide \u202e others")
    name.press("Enter")
    expect(page.get_by_text("A name has no signs that cannot be seen.")).to_be_visible()
    expect(name).to_have_value("<b>mine</b>")
    row.get_by_role("button", name="Delete: <b>mine</b>").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Duplicate: <b>mine</b>").click()
    expect(rows.filter(has_text="64-12-10")).to_have_count(2)
    page.get_by_role("button", name="Open: <b>mine</b>", exact=True).click()
    lab.wait_until_ready()
    assert run_in(page) == run
    assert (lab.status.step, lab.status.training_loss) == (2, loss)
    # Neither what gives control of a run nor what makes a browser known is in the log.
    (cookie,) = [each for each in page.context.cookies() if each["name"] == COOKIE]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    for secret in (run, share_id(run), cookie["value"]):
        assert secret not in server.log
    assert COOKIE not in page.evaluate("document.cookie")


def test_a_link_is_opened_once(page, server):
    lab = Lab(page, f"{server.url}/?v=1&hidden=5-relu&batch=9&lr=nan").open()
    run = run_in(page)
    expect(page.get_by_text("Learning rate cannot be read from 'nan'.")).to_be_visible()
    expect(lab.state_line).to_have_text(re.compile("learning rate 0.1 · batch size 9 "))
    lab.step()
    lab.reload()
    assert run_in(page) == run
    assert lab.status.step == 1


def test_a_view_is_live_and_has_nothing_to_press(lab, new_context, server):
    run = run_in(lab.page)
    lab.step()
    other = new_context().new_page()
    other.goto(f"{server.url}/?view={share_id(run)}")
    view = Lab(other, server.url)
    expect(view.status_line).to_contain_text("step 1")
    lab.step()
    expect(view.status_line).to_contain_text("step 2")
    for name in ("Run", "Step", "Reset", "New weights"):
        expect(view.button(name)).to_be_hidden()
    assert run not in other.content()
    # Somebody who speaks the page's own language gets no further.
    answer = other.evaluate(
        """(address) => new Promise((done) => {
          const socket = new WebSocket(address);
          socket.onmessage = ({ data }) => { done(data); socket.close(); };
          socket.onopen = () => socket.send('{"type": "act", "action": "reset"}');
        })""",
        f"{server.url}/nnviz/runs/{share_id(run)}".replace("http", "ws", 1),
    )
    assert "This link only shows the run" in answer
    assert lab.step().step == 3
    view.button("Open a copy").click()
    expect(view.button("Step")).to_be_enabled()
    assert run_in(other) != run
    assert view.step().step == 4
    assert lab.status.step == 3


def test_what_cannot_be_saved_is_said_while_training_goes_on(lab, server):
    lab.run()
    warning = lab.page.locator(".nnviz-notice[data-level=warning]")
    expect(warning).to_be_hidden()
    with contextlib.closing(sqlite3.connect(server.store, timeout=60)) as other:
        other.execute("BEGIN EXCLUSIVE")
        expect(warning).to_contain_text("another program keeps the store locked")
        step = lab.status.step
        lab.wait_for_step(step + 100)
        other.rollback()
    expect(warning).to_be_hidden()
    lab.pause()


def test_a_page_in_a_frame_has_no_navigation(page, server):
    Lab(page, f"{server.url}/?v=1&embed=true&hide=back&lock=run").open()
    expect(page.get_by_role("link", name="My runs")).to_have_count(0)
    lab = Lab(page, server.url)
    expect(lab.button("Back")).to_be_hidden()
    expect(lab.button("Run")).to_be_disabled()


@pytest.mark.parametrize("path", ["_stcore/stream", "nnviz/runs/x"])
def test_a_page_of_another_site_gets_no_connection(server, path):
    address = f"{server.url}/{path}".replace("http", "ws", 1)
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin="http://elsewhere.example", open_timeout=60)
    with connect(address, origin=server.url, open_timeout=60):
        pass  # the site's own page gets one
