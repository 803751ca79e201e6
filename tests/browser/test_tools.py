"""The tools of the browser tests themselves."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.browser.find_browser import BrowserNotFoundError, find_browser, usual_places
from tests.browser.lab import PATIENCE, Status, parse_status

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def program(tmp_path):
    """Make a program that can be started, and return its path."""

    def make(name):
        path = tmp_path / (f"{name}.exe" if os.name == "nt" else name)
        path.touch(mode=0o755)
        return str(path)

    return make


def test_the_named_browser_comes_before_an_installed_one(tmp_path, program):
    program("chromium")
    named = program("another")
    assert find_browser({"PATH": str(tmp_path), "NNVIZ_BROWSER": named}, "linux") == named


def test_a_named_browser_that_is_not_there_is_not_replaced_by_another(tmp_path, program):
    program("chromium")
    environ = {"PATH": str(tmp_path), "NNVIZ_BROWSER": str(tmp_path / "gone")}
    with pytest.raises(BrowserNotFoundError, match="gone is not a program"):
        find_browser(environ, "linux")


def test_an_installed_browser_is_found_on_the_path(tmp_path, program):
    chrome = program("google-chrome")
    assert find_browser({"PATH": str(tmp_path)}, "linux").lower() == chrome.lower()


def test_without_a_browser_the_error_says_how_to_get_one(tmp_path):
    with pytest.raises(BrowserNotFoundError, match=r"apt-get install chromium[^$]*NNVIZ_BROWSER="):
        find_browser({"PATH": str(tmp_path)}, "linux")


def test_the_usual_places_are_those_of_the_platform():
    assert usual_places("linux", {}) == []
    assert "/Applications/Chromium.app/Contents/MacOS/Chromium" in usual_places("darwin", {})
    assert usual_places("win32", {"LOCALAPPDATA": r"C:\Local"}) == [
        r"C:\Local\Google\Chrome\Application\chrome.exe",
        r"C:\Local\Chromium\Application\chrome.exe",
        r"C:\Local\Microsoft\Edge\Application\msedge.exe",
    ]


def test_the_test_command_fails_without_a_browser():
    result = subprocess.run(
        [sys.executable, "tests/run.py"],
        cwd=ROOT,
        env={**os.environ, "NNVIZ_BROWSER": "no-such-browser"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 1
    assert "NNVIZ_BROWSER=no-such-browser" in result.stderr


def test_the_status_text_is_read():
    text = """step 120 · epoch 2 · training loss 0.3412 · test loss 3.9e-05
        · training accuracy 0.912 · test accuracy 0.894"""
    assert parse_status(text) == Status(120, 2, 0.3412, 3.9e-05, 0.912, 0.894)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "step 120 · epoch 2",
        "step x · epoch 2 · training loss 1 · test loss 1 · training accuracy 1 · test accuracy 1",
        "step 1 · epoch 0 · test loss 1 · training loss 1 · training accuracy 1 · test accuracy 1",
    ],
)
def test_another_text_is_refused(text):
    with pytest.raises(ValueError, match=r"status text|invalid literal"):
        parse_status(text)


def wait_for_errors(page, errors, count):
    """Wait until so many errors have been noticed: they come a little after what they are of."""
    deadline = time.monotonic() + PATIENCE
    while len(errors) < count and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert len(errors) == count


@pytest.mark.expected_console("^uncaught: .*thrown here")
@pytest.mark.expected_console("^written here")
def test_errors_in_any_tab_are_noticed(page, console_errors):
    page.set_content("<script>console.error('written here')</script>")
    page.context.new_page().set_content("<script>throw new Error('thrown here')</script>")
    wait_for_errors(page, console_errors, 2)


@pytest.mark.expected_console("ERR_NAME_NOT_RESOLVED .*example.com")
def test_the_browser_reaches_no_other_host(page, console_errors):
    with page.expect_event("requestfailed"):
        page.set_content("<img src='http://example.com/picture.png'>")
    wait_for_errors(page, console_errors, 1)
