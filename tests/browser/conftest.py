"""A real browser at a real server; a test fails on any error in the browser's console."""

import re

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.find_browser import find_browser
from tests.browser.lab import PATIENCE, Lab
from tests.browser.server import pause_run_of, start_server, stop_server

BROWSER_ARGUMENTS = (
    "--disable-gpu",  # a machine without a graphics card would report it
    # Classrooms are often offline: whatever the page asks of another host fails, and is noticed.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
# Playwright's five seconds are not always enough where tests and browser share two busy cores.
expect.set_options(timeout=PATIENCE * 1000)
VIEWPORT = {"width": 1280, "height": 800}

# Browser and server live as long as this folder's tests, not the session: while Playwright's
# synchronous interface is open, the thread has a running event loop and asyncio.run() fails.


@pytest.fixture(scope="package")
def server(tmp_path_factory):
    """The app, served on the loopback interface with a data folder of its own.

    At its end, exceptions and warnings in its log fail: those that no page has shown too.
    """
    process, running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    stop_server(process)
    if running.complaints():
        pytest.fail(f"The server's log has complaints:\n{running.log}", pytrace=False)


@pytest.fixture(scope="package")
def browser():
    """The browser that is installed here; without one the tests fail and say how to get it."""
    path = find_browser()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def console_errors():
    """Errors that the pages of this test have reported so far, as texts."""
    return []


@pytest.fixture
def new_context(browser, request, console_errors):
    """Make browser contexts (a person each, with their own cookies): `new_context(**options)`.

    The options are those of Playwright's `browser.new_context`. Every page of every context is
    watched, and the test fails on an error that its `expected_console` markers do not announce.
    At its end the runs that the pages show are paused.
    """
    contexts = []

    def note_uncaught(event):
        console_errors.append(f"uncaught: {event.error}")

    def note_message(message):
        if message.type == "error":
            console_errors.append(f"{message.text} ({message.location.get('url', '')})")

    def make(**options):
        context = browser.new_context(**{"viewport": VIEWPORT, **options})
        context.set_default_timeout(PATIENCE * 1000)
        context.on("weberror", note_uncaught)
        context.on("console", note_message)
        contexts.append(context)
        return context

    yield make
    addresses = {page.url for context in contexts for page in context.pages}
    for context in contexts:
        context.close()
    for address in addresses:
        pause_run_of(address)
    patterns = [mark.args[0] for mark in request.node.iter_markers("expected_console")]
    unexpected = [
        text for text in console_errors if not any(re.search(each, text) for each in patterns)
    ]
    if unexpected:
        pytest.fail("The browser reported:\n" + "\n".join(unexpected), pytrace=False)


@pytest.fixture
def page(new_context):
    """An empty tab of 1280 x 800."""
    return new_context().new_page()


@pytest.fixture
def lab(page, server):
    """The lab, opened and ready to train."""
    return Lab(page, server.url).open()
