"""The file that runs are kept in."""

import contextlib
import sqlite3
import time

import platformdirs
import pytest

from nnviz.runs.store import RunStore, default_path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "runs.sqlite3"


@pytest.fixture
def store(path):
    """A store in a folder that is not there yet."""
    made = RunStore(path)
    yield made
    made.close()


def execute(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def wait_until_written(store, seconds=10):
    deadline = time.monotonic() + seconds
    while store._waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not store._waiting


def test_a_checkpoint_is_there_at_once_and_after_closing(store, path):
    store.save("run", b"\x00first")
    assert store.load("run") == b"\x00first"
    store.close()
    again = RunStore(path)
    assert again.load("run") == b"\x00first"
    again.close()


def test_the_newest_checkpoint_counts(store, path):
    for number in range(200):
        store.save("run", str(number).encode())
        store.save("other", b"other")
    assert store.load("run") == b"199"
    store.close()
    saved = execute(path, "SELECT id, checkpoint FROM runs ORDER BY id")
    assert saved == [("other", b"other"), ("run", b"199")]


@pytest.mark.parametrize("run_id", ["", "unknown", "x' OR '1'='1", "\x00", "é" * 1000, "\ud800"])
def test_an_unknown_run_is_none(store, run_id):
    store.save("run", b"saved")
    assert store.load(run_id) is None


def test_a_store_reads_what_another_one_has_written(store, path):
    store.save("run", b"saved")
    wait_until_written(store)
    other = RunStore(path)
    assert other.load("run") == b"saved"
    other.close()


def test_old_runs_are_deleted_and_young_ones_kept(store, path):
    store.save("old", b"old")
    store.save("young", b"young")
    wait_until_written(store)
    execute(path, "UPDATE runs SET saved_at = saved_at - 31 * 86400 WHERE id = 'old'")
    store.delete_older_than(30)
    assert store.load("old") is None
    assert store.load("young") == b"young"


def test_what_could_not_be_written_waits_for_the_next_time(store, path):
    execute(path, "ALTER TABLE runs RENAME TO gone")
    store.save("run", b"saved")
    deadline = time.monotonic() + 10
    while store.error is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "no such table" in store.error
    assert store.load("run") == b"saved"
    execute(path, "ALTER TABLE gone RENAME TO runs")
    store.save("other", b"other")
    wait_until_written(store)
    assert store.error is None
    assert sorted(execute(path, "SELECT id FROM runs")) == [("other",), ("run",)]


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    path = tmp_path / "runs.sqlite3"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(sqlite3.Error):
        RunStore(path)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        RunStore(tmp_path / "file" / "runs.sqlite3")


def test_the_file_is_in_the_named_folder_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    assert default_path() == tmp_path / "runs.sqlite3"
    monkeypatch.delenv("NNVIZ_DATA_DIR")
    expected = platformdirs.user_data_path("nnviz", appauthor=False) / "runs.sqlite3"
    assert default_path() == expected
