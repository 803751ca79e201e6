"""The tables that runs are kept in, and how a database of an older version gets them."""

import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Engine, Float, Integer, LargeBinary, String, Table

from nnviz.runs.identity import share_id
from nnviz.runs.summary import summary_of

VERSION = 2
# Any number of our own: servers that start at once on one PostgreSQL migrate one after the other.
_MIGRATION_LOCK = 7_102_026

metadata = sa.MetaData()

version_table = Table("nnviz_schema", metadata, Column("version", Integer, nullable=False))

# What a list shows, and who may write; small, so that no list reads a checkpoint.
runs = Table(
    "runs", metadata,
    Column("id", String, primary_key=True),
    Column("share", String, nullable=False, unique=True),
    Column("browser", String, index=True),  # hash of the key of the browser that made it
    Column("name", String, nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Column("saved_at", Float, nullable=False),
    Column("used_at", Float, nullable=False, index=True),
    Column("deleted_at", Float),
    Column("holder", String, index=True),  # the worker that trains it ...
    Column("lease", Integer, nullable=False, default=0),  # ... and how often it has changed
    Column("bytes", Integer, nullable=False),
    Column("summary", String, nullable=False, default="{}"),
)

checkpoints = Table(
    "checkpoints", metadata,
    Column("run", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

workers = Table(
    "workers", metadata,
    Column("id", String, primary_key=True),
    Column("alive_until", Float, nullable=False),
)


class NewerSchemaError(Exception):
    """The database was made by a later nnviz: this one must not write to it."""


def prepare(engine: Engine) -> None:
    """Make the tables, or bring those of an older version to this one.

    In one transaction: a database is never left half way.

    Raises
    ------
    NewerSchemaError
        If the database is of a later version.
    sqlalchemy.exc.SQLAlchemyError
        If it cannot be read or written.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        else:
            # Python's driver opens no transaction before CREATE TABLE by itself.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = _found_version(connection)
        if found > VERSION:
            raise NewerSchemaError(
                f"The store of runs has version {found}, made by a newer nnviz; this one knows "
                f"{VERSION}. Update nnviz."
            )
        if found < VERSION:
            _MIGRATIONS[found](connection)
            metadata.create_all(connection)
            connection.execute(version_table.delete())
            connection.execute(version_table.insert().values(version=VERSION))
        connection.commit()


def _found_version(connection: Connection) -> int:
    """Return the version of a database; 0 for an empty one."""
    names = sa.inspect(connection).get_table_names()
    if version_table.name in names:
        return connection.execute(sa.select(version_table.c.version)).scalar_one()
    return 1 if runs.name in names else 0


def _from_nothing(connection: Connection) -> None:
    metadata.create_all(connection)


def _from_1(connection: Connection) -> None:
    """Take over the runs of the first version: id, time and checkpoint in one table."""
    connection.execute(sa.text("ALTER TABLE runs RENAME TO runs_1"))
    metadata.create_all(connection)
    ids = connection.execute(sa.text("SELECT id FROM runs_1")).scalars().all()
    of_run = sa.text("SELECT saved_at, checkpoint FROM runs_1 WHERE id = :id")
    for run_id in ids:
        saved_at, data = connection.execute(of_run, {"id": run_id}).one()
        connection.execute(runs.insert().values(**new_row(run_id, data, saved_at)))
        connection.execute(checkpoints.insert().values(run=run_id, data=data))
    connection.execute(sa.text("DROP TABLE runs_1"))


_MIGRATIONS: dict[int, Callable[[Connection], None]] = {0: _from_nothing, 1: _from_1}


def new_row(run_id: str, checkpoint: bytes, saved_at: float | None = None) -> dict:
    """Return the values of a run's row as it is first written."""
    saved_at = time.time() if saved_at is None else saved_at
    return {
        "id": run_id,
        "share": share_id(run_id),
        "created_at": saved_at,
        "saved_at": saved_at,
        "used_at": saved_at,
        "bytes": len(checkpoint),
        "summary": summary_of(checkpoint),
    }
