"""Which database runs are kept in, how it is opened, and opened again when that was lost."""

import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from nnviz.folder import FOLDER_VARIABLE, data_folder
from nnviz.runs import limits, salvage, schema

URL_VARIABLE = "NNVIZ_DATABASE_URL"
_BETWEEN_TRIES = 0.01  # seconds


class UnusableUrlError(Exception):
    """The address of the database is not one that can be used."""


FAILURES = (SQLAlchemyError, OSError, UnusableUrlError, schema.NewerSchemaError)


def default_path() -> Path:
    """Return the file of the store, in the data folder (`folder.data_folder`)."""
    return data_folder() / "runs.sqlite3"


def configured_url() -> sa.URL:
    """Return the database that the environment names, else that of the default file.

    Raises
    ------
    UnusableUrlError
        If ``NNVIZ_DATABASE_URL`` is no address of a PostgreSQL.
    """
    text = os.environ.get(URL_VARIABLE)
    if not text:
        return sqlite_url(default_path())
    try:
        url = sa.make_url(text)
    except (SQLAlchemyError, ValueError):
        url = None
    if url is None or url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        # The text may hold a password: it is not repeated.
        raise UnusableUrlError(
            f"{URL_VARIABLE} must be an address such as postgresql://user:password@host/database."
        )
    return url.set(drivername="postgresql+psycopg")


def sqlite_url(path: Path) -> sa.URL:
    """Return the address of an SQLite file."""
    return sa.URL.create("sqlite", database=str(path))


def open_engine(url: sa.URL) -> Engine:
    """Return an engine whose database has this version's tables.

    Raises
    ------
    OSError
        If the folder of an SQLite file cannot be made.
    UnusableUrlError
        If the driver for PostgreSQL is not installed.
    schema.NewerSchemaError, sqlalchemy.exc.SQLAlchemyError
        See `schema.prepare`.
    """
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        schema.prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _sqlite(url: sa.URL) -> Engine:
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # Parameters in an error's text would bring the ids of runs into the log.
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": limits.STORE_ANSWER_SECONDS}
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # Readers and the writer do not wait for each other, and a crash loses no old state.
    _switch_to_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")


def _switch_to_log(connection: sqlite3.Connection) -> None:
    """Have a file keep a log, which takes it alone for a moment."""
    until = time.monotonic() + limits.STORE_ANSWER_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # Everywhere else SQLite waits by itself; not here, for a server that starts as well.
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
            time.sleep(_BETWEEN_TRIES)


def _postgresql(url: sa.URL) -> Engine:
    milliseconds = int(limits.STORE_ANSWER_SECONDS * 1000)
    options = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    try:
        return sa.create_engine(
            url, hide_parameters=True, pool_pre_ping=True, pool_size=2,
            connect_args={
                "connect_timeout": int(limits.STORE_ANSWER_SECONDS), "options": options
            },
        )
    except ImportError as error:
        raise UnusableUrlError(
            f"{URL_VARIABLE} needs the driver psycopg: pip install 'psycopg[binary]>=3.2,<4'."
        ) from error


def _file_number(path: Path) -> int | None:
    """Return what tells a file from another of the same name; None where there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _log_of(path: Path) -> Path:
    """Return where SQLite writes first what it brings into the file later."""
    return path.with_name(f"{path.name}-wal")


class Database:
    """An engine that is opened when it can be, and again where its file is damaged or gone.

    Parameters
    ----------
    url : sqlalchemy.URL, optional
        The one of the environment if None.

    Attributes
    ----------
    engine : Engine or None
        None while the database could not be opened.
    """

    def __init__(self, url: sa.URL | None = None):
        self.engine: Engine | None = None
        self._url = url
        # The SQLite file that is open, its number, and whether it had a log beside it.
        self._file: tuple[Path, int | None, bool] | None = None
        self._told: tuple[str, float] | None = None

    @property
    def is_shared(self) -> bool:
        """Whether it may be used from several machines."""
        return self._file is None

    @property
    def told(self) -> str | None:
        """What pages have to be told of what happened to it."""
        return self._told[0] if self._told and time.monotonic() < self._told[1] else None

    def close(self) -> None:
        if self.engine is not None:
            self.engine.dispose()
            self.engine = None

    def is_another(self) -> bool:
        """Return whether the SQLite file that is open is no longer the one of that name.

        Or whether it was emptied, or its log taken away: what is written then nobody finds again.
        """
        if self._file is None:
            return False
        path, number, had_log = self._file
        is_whole = path.exists() and path.stat().st_size > 0 and _log_of(path).exists() >= had_log
        return _file_number(path) != number or not is_whole

    def open(self, is_suspect: bool = False) -> None:
        """Open it; raises one of `FAILURES`.

        A damaged SQLite file is set aside; where it is suspect, all of it is checked. One that
        cannot be made or written, or is of a newer version, is left alone, and a temporary file
        is used.
        """
        url = self._url or configured_url()
        if url.get_backend_name() != "sqlite":
            self.engine = open_engine(url)
            return
        path = Path(url.database)
        try:
            self.engine = self._open_file(path, is_suspect)
        except (OSError, sa.exc.OperationalError, schema.NewerSchemaError) as error:
            if isinstance(error, sa.exc.OperationalError) and "unable to open" not in str(error):
                raise
            path = self._use_temporary_file(path, error)
        # On some file systems SQLite keeps no such log.
        self._file = path, _file_number(path), _log_of(path).exists()

    def _open_file(self, path: Path, is_suspect: bool) -> Engine:
        url = sqlite_url(path)
        number = _file_number(path)
        if not (is_suspect and number and not salvage.is_sound(path)):
            try:
                return open_engine(url)
            except SQLAlchemyError as error:
                if not salvage.is_damage(error) or salvage.is_sound(path):
                    raise
        if _file_number(path) != number:  # another worker has just done it
            return open_engine(url)
        kept = salvage.set_aside(path)
        engine = open_engine(url)
        copied = salvage.salvage(kept, engine)
        text = (
            f"The file of saved runs was damaged. It is kept as {kept.name}; {copied:,} runs could "
            "be read from it and are here."
        )
        print(f"{text} Folder: {kept.parent}", file=sys.stderr)
        self._told = text, time.monotonic() + limits.TELL_SECONDS
        return engine

    def _use_temporary_file(self, wanted: Path, error: Exception) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="nnviz-"))
        path = folder / wanted.name
        self._url = sqlite_url(path)
        self.engine = open_engine(self._url)
        reason = "The folder of saved runs cannot be written."
        if isinstance(error, schema.NewerSchemaError):
            reason = str(error)
        text = f"{reason} Runs are kept in a temporary folder: do not rely on it."
        self._told = text, float("inf")
        print(
            f"Runs cannot be kept in {wanted}: {error} They are kept in {folder}. Set "
            f"{FOLDER_VARIABLE} to a folder that can be written.",
            file=sys.stderr,
        )
        return path
