"""The tables of the store: made, migrated, and left alone where they are of a newer version."""

import contextlib
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from nnviz.runs import checkpoint, schema
from nnviz.runs.database import open_engine, sqlite_url
from nnviz.runs.identity import share_id
from nnviz.runs.run import Run
from tests.runs.samples import parameters, take
from tests.runs.test_store import execute, rows

# Written by the program as it was then: two runs, of 50 steps and of 7.
FILE_OF_VERSION_1 = Path(__file__).parent / "files" / "runs-of-version-1.sqlite3"


@pytest.fixture
def old_path(path):
    """A copy of the old file where a store looks for it."""
    path.parent.mkdir()
    return Path(shutil.copy(FILE_OF_VERSION_1, path))


def test_an_empty_database_gets_the_tables_of_this_version(url):
    engine = open_engine(url)
    assert {*schema.metadata.tables} <= {*sa.inspect(engine).get_table_names()}
    engine.dispose()
    assert rows(url, "version", table=schema.version_table) == [(schema.VERSION,)]


def test_a_database_of_this_version_stays_as_it_is(url):
    open_engine(url).dispose()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(schema.runs.insert().values(**schema.new_row("run", b"saved")))
    engine.dispose()
    open_engine(url).dispose()
    assert rows(url, "id") == [("run",)]
    assert rows(url, "version", table=schema.version_table) == [(schema.VERSION,)]


def test_servers_that_start_at_once_agree(url):
    problems = []

    def start():
        try:
            open_engine(url).dispose()
        except Exception as error:  # shown by the assertion below
            problems.append(error)

    starting = [threading.Thread(target=start) for _ in range(4)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    assert problems == []
    assert rows(url, "version", table=schema.version_table) == [(schema.VERSION,)]


def test_a_file_that_another_server_is_just_making_is_waited_for(path, monkeypatch):
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE made (at REAL)")
        monkeypatch.setattr(time, "sleep", lambda seconds: other.execute("COMMIT"))
        open_engine(sqlite_url(path)).dispose()
    assert rows(sqlite_url(path), "version", table=schema.version_table) == [(schema.VERSION,)]


def test_runs_of_the_first_version_are_taken_over_and_train_on(old_path, open_store):
    store = open_store(sqlite_url(old_path))
    assert store.warning is None
    for run_id, steps in (("run-of-version-1-adam", 50), ("run-of-version-1-sgd", 7)):
        saved = store.load(run_id, claim=True)
        assert saved.is_held
        run = checkpoint.load(run_id, saved.data)
        assert (run.trainer.step_count, run.speed, run.state) == (steps, 30, "paused")
        # Another machine's rounding may differ in the last bits.
        fresh = parameters(take(Run(run.config), steps + 20))
        np.testing.assert_allclose(parameters(take(run, 20)), fresh, rtol=1e-3, atol=1e-4)
    assert rows(sqlite_url(old_path), "id", "share", "browser", "name") == [
        (run_id, share_id(run_id), None, "")
        for run_id in ("run-of-version-1-adam", "run-of-version-1-sgd")
    ]
    assert "runs_1" not in {name for (name,) in execute(old_path, "SELECT name FROM sqlite_master")}


def test_the_list_knows_the_runs_of_the_first_version(old_path):
    engine = open_engine(sqlite_url(old_path))
    with engine.connect() as connection:
        found = connection.execute(sa.select(schema.runs.c.summary, schema.runs.c.bytes)).all()
    engine.dispose()
    for summary, size in found:
        assert '"dataset":"digits"' in summary
        assert 1000 < size < 100_000


def test_a_migration_that_fails_leaves_the_old_file(old_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(schema, "new_row", fail)
    with pytest.raises(RuntimeError):
        open_engine(sqlite_url(old_path))
    assert execute(old_path, "SELECT count(*) FROM runs") == [(2,)]
    monkeypatch.undo()
    open_engine(sqlite_url(old_path)).dispose()
    assert execute(old_path, "SELECT count(*) FROM checkpoints") == [(2,)]


def test_a_newer_file_is_not_touched_and_that_is_said(path, open_store, capsys):
    open_engine(sqlite_url(path)).dispose()
    execute(path, "UPDATE nnviz_schema SET version = 99")
    before = path.read_bytes()
    store = open_store(sqlite_url(path))
    assert store.warning.startswith(
        f"The store of runs has version 99, made by a newer nnviz; this one knows {schema.VERSION}."
    )
    store.add("run")
    store.save("run", b"saved")
    assert store.load("run").data == b"saved"
    store.close()
    assert path.read_bytes() == before
    assert "Runs cannot be kept in" in capsys.readouterr().err


def test_a_newer_postgresql_is_not_touched_and_that_is_said(postgresql_url, open_store):
    engine = open_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(schema.version_table.update().values(version=99))
    engine.dispose()
    store = open_store(postgresql_url)
    assert "a newer nnviz has made the database" in store.error
