"""What is done with a damaged SQLite file: another name, and a new file of what it still gives."""

import contextlib
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from nnviz.runs import schema

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PARTS = ("", "-wal", "-shm")


def is_damage(error: Exception) -> bool:
    """Return whether an error says that a file is no sound database."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def is_sound(path: Path) -> bool:
    """Return whether SQLite finds no fault in a file; it reads all of it."""
    try:
        with contextlib.closing(_read_only(path)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.Error:
        return False


def set_aside(path: Path) -> Path:
    """Give a file the name of the moment; return it.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    moment = time.strftime("%Y%m%d-%H%M%S")
    kept, number = path.with_name(f"{path.name}.damaged-{moment}"), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged-{moment}-{number}")
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + part).rename(kept.with_name(kept.name + part))
    return kept


def salvage(damaged: Path, engine: Engine) -> int:
    """Copy the runs that can still be read from a damaged file; return how many."""
    copied = 0
    for run_id in _readable_ids(damaged):
        # A connection each: after a bad page, one may answer nothing any more.
        with (
            contextlib.suppress(sqlite3.Error, SQLAlchemyError, TypeError),
            contextlib.closing(_read_only(damaged)) as source,
        ):
            row, data = _read_run(source, run_id)
            with engine.begin() as connection:
                connection.execute(schema.runs.insert().values(**row))
                connection.execute(schema.checkpoints.insert().values(run=run_id, data=data))
            copied += 1
    return copied


def _read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _readable_ids(damaged: Path) -> list[str]:
    """Return the ids that the table or its index still gives, from either end."""
    ids: dict[str, None] = {}
    for order in ("rowid", "rowid DESC", "id", "id DESC"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_read_only(damaged)) as source:
            for (run_id,) in source.execute(f"SELECT id FROM runs ORDER BY {order}"):
                ids[run_id] = None
    return list(ids)


def _read_run(source: sqlite3.Connection, run_id: str) -> tuple[dict, bytes]:
    """Return a run's row and checkpoint; the row of a new run where only that is damaged."""
    try:
        found = source.execute("SELECT data FROM checkpoints WHERE run = ?", (run_id,)).fetchone()
    except sqlite3.OperationalError:  # the first version had one table
        found = source.execute("SELECT checkpoint FROM runs WHERE id = ?", (run_id,)).fetchone()
    data = found[0]
    row = schema.new_row(run_id, data)
    with contextlib.suppress(sqlite3.Error):
        found = source.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if found is not None:
            row |= {name: found[name] for name in found.keys() if name in schema.runs.c}  # noqa: SIM118
    return row | {"holder": None}, data
