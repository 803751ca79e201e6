"""Two servers, one store, one balancer: what a server loses when it dies, the other restores."""

import time

import psutil
import pytest
from playwright.sync_api import sync_playwright

from nnviz.runs import limits
from tests.browser.conftest import BROWSER_ARGUMENTS
from tests.browser.find_browser import find_browser
from tests.browser.lab import Lab
from tests.browser.server import start_server, stop_server
from tests.runs import postgresql
from tests.server import balancer

PATIENCE = 150  # seconds: the lease of a dead server's worker has to run out

pytestmark = [
    pytest.mark.skipif(balancer.program() is None, reason="nginx is not installed."),
    pytest.mark.skipif(postgresql.programs() is None, reason="PostgreSQL is not installed."),
    pytest.mark.timeout(400),
]


@pytest.fixture
def two_servers(tmp_path):
    """Two servers of one database."""
    started = []
    with (
        postgresql.temporary_folder() as folder,
        postgresql.running_server(folder) as (_, url),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("NNVIZ_DATABASE_URL", url.render_as_string(hide_password=False))
        patch.setenv("NNVIZ_WORKERS", "1")
        try:
            for name in ("one", "other"):
                (tmp_path / name).mkdir()
                started.append(start_server(tmp_path / name))
            yield [server for _, server in started]
        finally:
            for process, _ in started:
                stop_server(process)


@pytest.fixture
def balanced(two_servers, tmp_path):
    """The address of the balancer before them, and its log."""
    folder = tmp_path / "balancer"
    folder.mkdir(mode=0o777)
    with balancer.balancing(folder, two_servers) as running:
        yield running


@pytest.fixture
def page():
    """A page of a real browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=BROWSER_ARGUMENTS
        )
        made = browser.new_page()
        made.set_default_timeout(PATIENCE * 1000)
        yield made
        browser.close()


def serves_pages(server):
    """Whether a server has WebSockets open."""
    port = int(server.url.rpartition(":")[2])
    return any(
        each.laddr.port == port and each.status == psutil.CONN_ESTABLISHED
        for each in psutil.Process(server.pid).net_connections()
    )


def test_a_server_dies_in_mid_training_and_the_other_goes_on(balanced, two_servers, page):
    url, _ = balanced
    lab = Lab(page, url).open()
    lab.run()
    lab.wait_for_step(200)
    address = page.url
    (dying,) = [server for server in two_servers if serves_pages(server)]
    saved_by = time.monotonic() + 2 * limits.SAVE_SECONDS
    lab.wait_for_status(lambda _: time.monotonic() > saved_by, "checkpoint")
    seen = lab.status.step
    psutil.Process(dying.pid).kill()
    lab.wait_for_step(seen + 100, timeout=PATIENCE)
    assert page.url == address
    assert lab.is_running


def test_a_browser_stays_at_its_server(balanced, two_servers, page):
    url, _ = balanced
    homes = set()
    for _ in range(4):
        page.goto(url)
        page.get_by_role("button", name="Run", exact=True).wait_for(timeout=PATIENCE * 1000)
        homes |= {server.url for server in two_servers if serves_pages(server)}
        page.goto("about:blank")
    assert len(homes) == 1


def test_nothing_but_the_page_comes_through_and_no_run_is_written_down(balanced, page):
    url, log_path = balanced
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    answer = page.goto(url)
    page.get_by_role("button", name="Run", exact=True).click(timeout=PATIENCE * 1000)
    Lab(page, url).wait_for_step(50)
    run = page.url.partition("run=")[2]
    assert len(run) > 20
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert complaints == []  # the policy forbids nothing that the page needs
    page.goto("about:blank")  # a WebSocket is written down when it is closed
    deadline = time.monotonic() + PATIENCE
    while "/nnviz/runs/" not in (log := log_path.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "/nnviz/runs/..." in log
    assert run not in log
