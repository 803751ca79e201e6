"""The store of runs, on SQLite and on PostgreSQL."""

import contextlib
import shutil
import sqlite3
import subprocess
import time

import platformdirs
import pytest
import sqlalchemy as sa

from nnviz.runs import limits, schema
from nnviz.runs.database import default_path, sqlite_url
from nnviz.runs.errors import StoreUnavailable
from tests.runs import postgresql
from tests.runs.samples import PATIENCE


def wait_until(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def written(store):
    """Wait until nothing is waiting; returns the store."""
    wait_until(lambda: not store._waiting and not store._releasing)
    return store


def keep(store, run_id, data, browser=None):
    """Add a run and have it written."""
    store.add(run_id, browser)
    store.save(run_id, data)
    written(store)


def rows(url, *columns, table=schema.runs):
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(*(table.c[name] for name in columns)).order_by(table.c[columns[0]])
        ).all()
    engine.dispose()
    return [tuple(row) for row in found]


def execute(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def test_a_checkpoint_is_there_at_once_and_after_closing(store, url, open_store):
    store.add("run")
    store.save("run", b"\x00first")
    assert store.load("run").data == b"\x00first"
    store.close()
    assert open_store(url).load("run").data == b"\x00first"


def test_the_newest_checkpoint_counts(store, url):
    for each in ("run", "other"):
        store.add(each)
    for number in range(200):
        store.save("run", str(number).encode())
        store.save("other", b"other")
    assert store.load("run").data == b"199"
    store.close()
    saved = rows(url, "run", "data", table=schema.checkpoints)
    assert saved == [("other", b"other"), ("run", b"199")]


@pytest.mark.parametrize(
    "run_id", ["", "unknown", "x' OR '1'='1", "\x00", "é" * 1000, "\ud800", "x" * 100_000, None, 3]
)
def test_an_unknown_run_is_none(store, run_id):
    keep(store, "run", b"saved")
    assert store.load(run_id) is None
    assert store.load(run_id, claim=True, by_force=True) is None


def test_a_store_reads_what_another_one_has_written(store, url, open_store):
    keep(store, "run", b"saved")
    assert open_store(url).load("run").data == b"saved"


def test_a_run_that_was_never_added_is_not_saved(store):
    store.save("run", b"saved")
    assert store.load("run") is None


# -------------------------------------------------------------------- leases


def test_a_run_is_held_by_one_worker_at_a_time(store, url, open_store):
    keep(store, "run", b"saved")
    other = open_store(url)
    assert not other.load("run", claim=True).is_held
    assert store.holds("run")
    assert other.look("run")[1] is False


def test_a_run_that_is_let_go_can_be_held_by_another(store, url, open_store):
    keep(store, "run", b"saved")
    store.save("run", b"the last")
    store.release("run")
    written(store)
    assert not store.holds("run")
    other = open_store(url)
    saved = other.load("run", claim=True)
    assert (saved.is_held, saved.data) == (True, b"the last")


def test_a_worker_that_lost_a_run_cannot_write_over_it(store, url, open_store):
    keep(store, "run", b"old")
    other = open_store(url)
    assert other.load("run", claim=True, by_force=True).is_held
    other.save("run", b"new")
    written(other)
    store.save("run", b"older")
    wait_until(lambda: not store.holds("run"))
    assert store.take_lost() == {"run"}
    assert store.take_lost() == set()
    assert store.load("run").data == b"new"
    assert store.error is None
    # And it may have it back, from where the other one is.
    saved = store.load("run", claim=True, by_force=True)
    assert (saved.is_held, saved.data) == (True, b"new")
    other.save("run", b"too late")
    wait_until(lambda: not other.holds("run"))
    assert store.load("run").data == b"new"


def test_a_worker_that_is_not_heard_of_any_more_loses_its_runs(
    store, url, open_store, monkeypatch
):
    monkeypatch.setattr(limits, "LEASE_SECONDS", 0.5)
    monkeypatch.setattr(limits, "HEARTBEAT_SECONDS", 1000)  # as good as dead
    keep(store, "run", b"saved")
    other = open_store(url)
    wait_until(lambda: other.look("run")[1])
    assert other.load("run", claim=True).is_held


def test_the_heart_beats_while_a_run_is_held_and_no_longer(store, url, monkeypatch):
    monkeypatch.setattr(limits, "HEARTBEAT_SECONDS", 0.05)
    keep(store, "run", b"saved")
    first = rows(url, "alive_until", table=schema.workers)
    wait_until(lambda: rows(url, "alive_until", table=schema.workers) > first)
    store.release("run")
    written(store)
    time.sleep(0.2)
    last = rows(url, "alive_until", table=schema.workers)
    time.sleep(0.3)
    assert rows(url, "alive_until", table=schema.workers) == last


def test_the_next_worker_of_the_same_name_holds_the_runs_of_the_last(store, url, open_store):
    first = open_store(url, holder="worker")
    keep(first, "run", b"saved")
    second = open_store(url, holder="worker")
    assert second.load("run", claim=True).is_held
    # What the last one still had to say, where it was not dead after all, is not taken.
    first.save("run", b"from the grave")
    wait_until(lambda: not first.holds("run"))
    assert second.load("run").data == b"saved"


def test_a_store_that_ends_lets_go_of_everything(store, url):
    for number in range(3):
        keep(store, f"run{number}", b"saved")
    store.close()
    assert {holder for (holder,) in rows(url, "holder")} == {None}
    assert rows(url, "id", table=schema.workers) == []


# -------------------------------------------------------------------- what can go wrong


def test_what_could_not_be_written_waits_and_is_tried_again(path, open_store, monkeypatch):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    execute(path, "ALTER TABLE checkpoints RENAME TO gone")
    store.save("run", b"saved")
    wait_until(lambda: store.error is not None)
    assert store.error == store.warning
    assert "Runs cannot be saved at the moment: the store cannot be written." in store.error
    assert store.load("run").data == b"saved"
    execute(path, "ALTER TABLE gone RENAME TO checkpoints")
    # Nobody asks for anything: it is tried again by itself.
    wait_until(lambda: store.error is None)
    assert execute(path, "SELECT run, data FROM checkpoints") == [("run", b"saved")]
    assert store.warning is None


def test_a_full_disk_is_said_and_nothing_is_lost(path, open_store, monkeypatch):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    # SQLite's own limit fails like the disk's. It holds for a connection: each new one gets it.
    full = [True]

    def limit(connection, record, proxy):
        connection.execute(f"PRAGMA max_page_count = {1 if full[0] else 2**30}")

    sa.event.listen(store._database.engine, "checkout", limit)
    store.save("run", b"x" * 100_000)
    wait_until(lambda: store.error is not None)
    assert "the disk is full" in store.error
    # Between two tries the file can be read; while one fails it is said.
    wait_until(lambda: refuses(store))
    assert store.load("run").data == b"x" * 100_000
    full[0] = False
    wait_until(lambda: store.error is None)
    assert rows(sqlite_url(path), "data", table=schema.checkpoints) == [(b"x" * 100_000,)]


def refuses(store):
    """Whether a request is told that the store cannot be used."""
    try:
        store.look("run")
    except StoreUnavailable as error:
        return "cannot be used at the moment" in str(error)
    return False


def without_log(path):
    """Take away what SQLite has written and not yet brought into the file, as a clean-up may."""
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink()


def emptied(path):
    with path.open("r+b") as file:
        file.truncate(0)


@pytest.mark.parametrize("damage", [without_log, emptied])
def test_a_file_that_lost_its_contents_while_it_was_open_is_noticed(path, open_store, damage):
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    damage(path)
    store.save("run", b"second")
    wait_until(lambda: store.must_rewrite)  # it would be written where nobody finds it again
    store.save("run", b"third")
    written(store)
    assert rows(sqlite_url(path), "data", table=schema.checkpoints) == [(b"third",)]


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of one megabyte of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("Only a superuser of Linux can mount a small disk.")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_really_full_is_said_and_tried_again(small_disk, open_store, monkeypatch):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    path = small_disk / "runs.sqlite3"
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    filling = small_disk / "filling"
    with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    store.save("run", b"x" * 100_000)
    wait_until(lambda: store.error is not None)
    assert "the disk is full" in store.error
    filling.unlink()
    wait_until(lambda: store.error is None)
    assert rows(sqlite_url(path), "data", table=schema.checkpoints) == [(b"x" * 100_000,)]


def test_a_locked_file_is_said_and_nobody_hangs(path, open_store, monkeypatch):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    monkeypatch.setattr(limits, "STORE_ANSWER_SECONDS", 0.3)
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store.save("run", b"second")
        wait_until(lambda: store.error is not None)
        assert "another program keeps the store locked" in store.error
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.load("other", claim=True)
        assert time.monotonic() - started < PATIENCE
        other.rollback()
    wait_until(lambda: store.error is None)
    assert store.load("run").data == b"second"


def test_a_file_that_is_removed_is_made_again_with_what_is_in_memory(path, open_store):
    store = open_store(sqlite_url(path))
    keep(store, "run", b"first")
    for part in path.parent.iterdir():
        part.unlink()
    store.save("run", b"second")
    wait_until(lambda: store.must_rewrite)
    written(store)
    assert rows(sqlite_url(path), "id", "holder") == [("run", store._holder)]
    assert store.holds("run")


def test_a_database_that_is_not_there_yet_is_waited_for(
    postgresql_server, open_store, monkeypatch
):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    url = postgresql_server.set(database="later")
    store = open_store(url)
    assert "the database cannot be reached" in store.error
    with pytest.raises(StoreUnavailable):
        store.load("run")
    store.add("new")
    store.save("new", b"saved")
    assert store.load("new").data == b"saved"
    postgresql.execute(postgresql_server, "CREATE DATABASE later TEMPLATE template0")
    wait_until(lambda: store.error is None)
    assert rows(url, "id") == [("new",)]


def test_connections_that_break_are_made_anew(postgresql_url, open_store):
    store = open_store(postgresql_url)
    keep(store, "run", b"first")
    postgresql.execute(
        postgresql_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    store.save("run", b"second")
    written(store)
    assert store.load("run").data == b"second"


@pytest.mark.parametrize(
    "address",
    ["mysql://user:secret@host/base", "nonsense", "sqlite:///file", "postgresql", "://", "http://x"],
)
def test_an_address_that_is_none_is_said_without_its_password(
    address, open_store, monkeypatch, capsys
):
    monkeypatch.setenv("NNVIZ_DATABASE_URL", address)
    store = open_store(None)
    assert "the address of the database is not usable" in store.error
    told = capsys.readouterr().err
    assert "NNVIZ_DATABASE_URL must be an address such as postgresql://" in told
    assert "secret" not in told + store.error


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_environment_names_the_database(postgresql_url, scheme, open_store, monkeypatch):
    address = postgresql_url.set(drivername=scheme).render_as_string(hide_password=False)
    monkeypatch.setenv("NNVIZ_DATABASE_URL", address)
    keep(open_store(None), "run", b"saved")
    assert rows(postgresql_url, "id") == [("run",)]


def test_a_folder_that_cannot_be_made_is_said_and_another_used(tmp_path, open_store, capsys):
    (tmp_path / "file").touch()
    store = open_store(sqlite_url(tmp_path / "file" / "runs.sqlite3"))
    assert store.warning.startswith("The folder of saved runs cannot be written. Runs are kept in")
    keep(store, "run", b"saved")
    assert store.load("run").data == b"saved"
    assert "Set NNVIZ_DATA_DIR to a folder that can be written" in capsys.readouterr().err


def test_the_file_is_in_the_named_folder_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    assert default_path() == tmp_path / "runs.sqlite3"
    monkeypatch.delenv("NNVIZ_DATA_DIR")
    expected = platformdirs.user_data_path("nnviz", appauthor=False) / "runs.sqlite3"
    assert default_path() == expected
