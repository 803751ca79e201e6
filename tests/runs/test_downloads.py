"""The download beside the server: one at a time, its progress, its end and its failures."""

import sys
import time

import pytest

from nnviz.runs import downloads
from tests.runs.samples import PATIENCE

WAITING = "import time, sys; open(sys.argv[1] + '/part', 'wb').write(bytes(3_000_000)); "


@pytest.fixture
def download(tmp_path, monkeypatch):
    """A download that runs the script given to `download.script`."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path / "data"))
    made = downloads.Download()
    made.folder = tmp_path / "data"
    made.script = lambda code: monkeypatch.setattr(
        downloads, "COMMAND", (sys.executable, "-c", code)
    )
    yield made
    made.stop()


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_runs_once_and_shows_how_far_it_is(download):
    download.script(WAITING + "time.sleep(60)")
    assert not download.is_running()
    download.start()
    process = download._process
    download.start()
    assert download._process is process
    wait_until(lambda: download.megabytes == 3.0)
    assert download.is_running()
    assert download.seconds > 0
    download.stop()
    assert process.poll() is not None
    assert not download.is_running()
    assert (download.reason, download.megabytes) == (None, 0.0)
    assert list(download.folder.iterdir()) == []


def test_when_it_has_ended_nothing_is_left_of_it(download):
    download.script(WAITING)
    download.start()
    wait_until(lambda: not download.is_running())
    assert download.reason is None
    assert list(download.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print('{\"reason\": \"No network.\"}'); sys.exit(1)", "No network."),
        ("import os; os._exit(3)", "The download ended without a word"),
        ("import sys; print('[]'); sys.exit(1)", "The download ended without a word"),
    ],
)
def test_a_failure_says_why_and_it_can_begin_again(download, code, reason):
    download.script(code)
    download.start()
    wait_until(lambda: not download.is_running())
    assert download.reason.startswith(reason)
    download.script("pass")
    download.start()
    assert download.reason is None
    wait_until(lambda: not download.is_running())
    assert download.reason is None


def test_a_folder_that_cannot_be_written_is_a_failure_too(download, monkeypatch):
    download.folder.write_text("a file in its place")
    download.start()
    assert not download.is_running()
    assert download.reason.startswith("The download could not be begun")
