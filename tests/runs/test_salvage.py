"""A damaged SQLite file: set aside, said, and read as far as it goes."""

import contextlib
import shutil
import sqlite3

import pytest

from nnviz.runs import limits, salvage
from nnviz.runs.database import open_engine, sqlite_url
from nnviz.runs.salvage import is_sound
from tests.runs.test_schema import FILE_OF_VERSION_1
from tests.runs.test_store import keep, rows, wait_until, written


def full_file(path, runs=40):
    """A sound file with some runs of 20 kB each."""
    path.parent.mkdir(exist_ok=True)
    open_engine(sqlite_url(path)).dispose()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for number in range(runs):
            connection.execute(
                "INSERT INTO runs (id, share, name, created_at, saved_at, used_at, lease, bytes, "
                "summary) VALUES (?, ?, ?, 1, 1, 1, 3, 20000, '{}')",
                (f"run{number}", f"~run{number}", f"name {number}"),
            )
            data = bytes([number]) * 20_000
            connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (f"run{number}", data))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def spoil(path, start, length):
    """Overwrite a part of a file."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)


def set_aside_of(path):
    return sorted(each for each in path.parent.iterdir() if ".damaged-" in each.name)


def test_a_file_that_is_no_database_is_set_aside_and_that_is_said(path, open_store):
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 1000)
    store = open_store(sqlite_url(path))
    (kept,) = set_aside_of(path)
    assert kept.read_bytes() == b"not a database" * 1000
    assert store.error is None
    assert store.warning == (
        f"The file of saved runs was damaged. It is kept as {kept.name}; 0 runs could be read "
        "from it and are here."
    )
    keep(store, "run", b"saved")
    assert rows(sqlite_url(path), "id") == [("run",)]


def test_of_a_file_damaged_in_the_middle_all_other_runs_are_kept(path, open_store):
    full_file(path)
    middle = path.stat().st_size // 2
    spoil(path, middle - middle % 4096, 8192)
    assert not is_sound(path)
    store = open_store(sqlite_url(path))
    # The damage shows when it is met; then all of it is checked.
    store.add("new")
    store.save("new", b"saved")
    written(store)
    for number in range(40):
        with contextlib.suppress(Exception):
            store.load(f"run{number}")
    wait_until(lambda: store.must_rewrite or set_aside_of(path))
    wait_until(lambda: store.error is None)
    assert len(set_aside_of(path)) >= 1
    readable = dict(rows(sqlite_url(path), "id", "name"))
    assert len(readable) >= 35
    for run_id, name in readable.items():
        if run_id != "new":
            number = int(run_id.removeprefix("run"))
            data = store.load(run_id).data
            assert len(data) == 20_000
            assert name == f"name {number}"
    assert is_sound(path)


def test_a_file_of_the_first_version_is_read_as_well(path, open_store):
    path.parent.mkdir()
    shutil.copy(FILE_OF_VERSION_1, path)
    engine = open_engine(sqlite_url(path.with_name("new.sqlite3")))
    assert salvage.salvage(path, engine) == 2
    engine.dispose()


def test_a_file_that_gets_damaged_while_it_is_open_is_written_anew(
    path, open_store, monkeypatch
):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    store = open_store(sqlite_url(path))
    for number in range(5):
        keep(store, f"run{number}", bytes([number]) * 20_000)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(path, 0, path.stat().st_size)
    store._database.engine.dispose()  # its pages in memory are sound
    for number in range(5):
        store.save(f"run{number}", b"later")
    wait_until(lambda: store.must_rewrite)
    written(store)
    wait_until(lambda: store.error is None)
    assert rows(sqlite_url(path), "id") == [(f"run{number}",) for number in range(5)]
    assert len(set_aside_of(path)) == 1
    assert all(store.holds(f"run{number}") for number in range(5))


def test_two_damaged_files_of_one_second_have_two_names(path):
    path.parent.mkdir()
    kept = []
    for text in ("one", "two"):
        path.write_text(text)
        kept.append(salvage.set_aside(path))
    assert [each.read_text() for each in kept] == ["one", "two"]
    assert not path.exists()


@pytest.mark.parametrize("error", [OSError("x"), sqlite3.OperationalError("locked")])
def test_other_errors_are_no_damage(error):
    assert not salvage.is_damage(error)
