"""Where runs are kept when the process that trains them ends: one SQLite file."""

import contextlib
import os
import queue
import sqlite3
import threading
import time
from pathlib import Path

from platformdirs import user_data_path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    saved_at REAL NOT NULL,
    checkpoint BLOB NOT NULL
)
"""


def default_path() -> Path:
    """Return the file of the store: in ``NNVIZ_DATA_DIR``, else in the user's data folder."""
    folder = os.environ.get("NNVIZ_DATA_DIR")
    return (Path(folder) if folder else user_data_path("nnviz", appauthor=False)) / "runs.sqlite3"


class RunStore:
    """Checkpoints by run id. Saving happens on a thread of its own, so training never waits.

    Parameters
    ----------
    path : Path
        The file; its folder is made.

    Raises
    ------
    OSError, sqlite3.Error
        If the file cannot be opened or made.
    """

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with contextlib.closing(self._connect()) as connection, connection:
            # Readers and the writer do not wait for each other, and a crash loses no old state.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_SCHEMA)
        self.error: str | None = None
        self._waiting: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="store", daemon=True)
        self._writer.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def save(self, run_id: str, checkpoint: bytes) -> None:
        """Have a checkpoint written soon; a newer one of the same run takes its place."""
        with self._lock:
            self._waiting[run_id] = checkpoint
        self._wake.put(True)

    def load(self, run_id: str) -> bytes | None:
        """Return the newest checkpoint of a run; None where there is none."""
        with self._lock:
            waiting = self._waiting.get(run_id)
        if waiting is not None:
            return waiting
        try:
            with contextlib.closing(self._connect()) as connection:
                row = connection.execute(
                    "SELECT checkpoint FROM runs WHERE id = ?", (run_id,)
                ).fetchone()
        except UnicodeEncodeError:  # half a character, from an address: no run is called that
            return None
        return row[0] if row else None

    def delete_older_than(self, days: float) -> None:
        """Delete the runs that were last saved longer ago than this."""
        with contextlib.closing(self._connect()) as connection, connection:
            connection.execute("DELETE FROM runs WHERE saved_at < ?", (time.time() - days * 86400,))

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._wake.put(False)
        self._writer.join(timeout=10)

    def _write_all(self) -> None:
        connection = self._connect()
        going_on = True
        while going_on:
            going_on = self._wake.get()
            with self._lock:
                batch = dict(self._waiting)
            if not batch:
                continue
            try:
                with connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?)",
                        [(run_id, time.time(), saved) for run_id, saved in batch.items()],
                    )
                self.error = None
            except sqlite3.Error as error:
                self.error = str(error)
                continue  # what could not be written waits for the next time
            with self._lock:
                for run_id, saved in batch.items():
                    if self._waiting.get(run_id) is saved:
                        del self._waiting[run_id]
        connection.close()
