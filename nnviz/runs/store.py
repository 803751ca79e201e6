"""Where runs are kept when their process ends: SQLite, or one PostgreSQL for many servers."""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from nnviz.runs import catalogue, leases, limits, salvage
from nnviz.runs.database import FAILURES, Database
from nnviz.runs.errors import StoreUnavailable
from nnviz.runs.failures import reason_of
from nnviz.runs.identity import is_share_id, new_id
from nnviz.runs.leases import Checkpoint
from nnviz.runs.schema import checkpoints, runs, workers

_ID = re.compile(r"~?[A-Za-z0-9_-]{1,64}")
_CLOSE_SECONDS = 8.0
_REFUSAL = "The store of runs cannot be used at the moment. Try again in a while."


@dataclass(frozen=True)
class Saved:
    """A run as it is in the store; `is_held`: by this worker."""

    data: bytes
    saved_at: float
    is_held: bool
    browser: str | None


class RunStore:
    """Checkpoints by run id. Saving happens on a thread of its own, so training never waits.

    Making one does not fail where the database is not there: `error` says so, what is to be saved
    waits in memory, and the thread tries again until it can.

    Parameters
    ----------
    url : sqlalchemy.URL, optional
        The database; the one that the environment names if None (`database.configured_url`).
    holder : str, optional
        Name of the worker; one that replaces another takes the same, and with it its runs.

    Attributes
    ----------
    error : str or None
        Why nothing can be saved at the moment, for the pages.
    must_rewrite : bool
        True where the database is another than before: every run in memory has to be saved again.
    """

    def __init__(self, url: sa.URL | None = None, holder: str | None = None):
        self.error: str | None = None
        self.must_rewrite = False
        self._holder = holder or new_id()
        self._database = Database(url)
        self._is_damaged = False
        self._down_until = 0.0
        self._cleared_at: float | None = None
        self._waiting: dict[str, Checkpoint] = {}
        self._leases: dict[str, int] = {}
        self._browsers: dict[str, str | None] = {}
        self._releasing: set[str] = set()
        self._lost: set[str] = set()
        self._entrusted: dict[str, Checkpoint] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        try:
            self._database.open()
        except FAILURES as error:
            self._fail(error)
        self._wake.set()
        self._writer = threading.Thread(target=self._write_all, name="store", daemon=True)
        self._writer.start()

    @property
    def warning(self) -> str | None:
        """What pages have to be told of the store at the moment."""
        return self.error or self._database.told

    # ---------------------------------------------------------------- what a worker asks for

    def add(self, run_id: str, browser: str | None = None) -> None:
        """Take note of a new run, which this worker holds."""
        self._leases[run_id], self._browsers[run_id] = 1, browser

    def holds(self, run_id: str) -> bool:
        return run_id in self._leases

    def save(self, run_id: str, data: bytes) -> None:
        """Have a checkpoint of a run that is held written soon; a newer one takes its place."""
        with self._lock:
            if run_id in self._leases:
                self._waiting[run_id] = self._checkpoint(run_id, data)
        self._wake.set()

    def _checkpoint(self, run_id: str, data: bytes) -> Checkpoint:
        return Checkpoint(run_id, data, self._leases[run_id], self._browsers.get(run_id))

    def give(self, run_id: str, browser: str) -> bool:
        """Let a held run that belongs to no browser belong to this one, when it is next saved."""
        with self._lock:
            is_new = self._browsers.get(run_id, browser) is None
            if is_new:
                self._browsers[run_id] = browser
        return is_new

    def load(self, run_id: str, claim: bool = False, by_force: bool = False) -> Saved | None:
        """Return the newest checkpoint of a run; None where there is none, or it is deleted.

        Parameters
        ----------
        run_id : str
        claim : bool, default False
            Hold it from now on, if no other living worker does.
        by_force : bool, default False
            Hold it even if one does: that one finds out when it next saves.

        Raises
        ------
        StoreUnavailable
        """
        if not isinstance(run_id, str) or not _ID.fullmatch(run_id):
            return None
        try:
            with self._saving(lambda waiting: waiting.id == run_id) as connection:
                now = leases.now_in(connection)
                claimed = claim and leases.claim(connection, run_id, self._holder, now, by_force)
                if claimed:
                    leases.beat(connection, self._holder, now)
                row = connection.execute(
                    sa.select(runs.c.saved_at, runs.c.lease, runs.c.browser, checkpoints.c.data)
                    .join(checkpoints, checkpoints.c.run == runs.c.id)
                    .where(runs.c.id == run_id, runs.c.deleted_at.is_(None))
                ).first()
        except StoreUnavailable:
            with self._lock:
                waiting = self._waiting.get(run_id)
                self._releasing.discard(run_id)
            if waiting is None or not self.holds(run_id):
                raise
            return Saved(waiting.data, time.time(), True, waiting.browser)
        if row is None:
            return None
        if claimed:
            with self._lock:
                self._leases[run_id], self._browsers[run_id] = row.lease, row.browser
                self._releasing.discard(run_id)
            self._wake.set()  # from now on its heart has to beat
        return Saved(row.data, row.saved_at, self.holds(run_id), row.browser)

    def look(self, run_id: str) -> tuple[float, bool] | None:
        """Return when a run was last saved and whether it could be claimed; None if it is gone."""
        with self._transaction() as connection:
            is_free = leases.is_free(leases.now_in(connection), self._holder)
            row = connection.execute(
                sa.select(runs.c.saved_at, is_free)
                .where(runs.c.id == run_id, runs.c.deleted_at.is_(None))
            ).first()
        return None if row is None else (row[0], bool(row[1]))

    def find_shared(self, share: str) -> str | None:
        """Return the id of the run with a share id; None where there is none."""
        if not is_share_id(share) or not _ID.fullmatch(share):
            return None
        with self._transaction() as connection:
            return connection.execute(
                sa.select(runs.c.id).where(runs.c.share == share, runs.c.deleted_at.is_(None))
            ).scalar()

    def release(self, run_id: str) -> None:
        """Let go of a run as soon as what is waiting of it is written."""
        with self._lock:
            if run_id in self._leases:
                self._releasing.add(run_id)
        self._wake.set()

    def take_lost(self) -> set[str]:
        """Return the runs that turned out to be another worker's, once."""
        with self._lock:
            lost, self._lost = self._lost, set()
        return lost

    def to_entrust(self) -> list[Checkpoint] | None:
        """Return what waits because it cannot be saved, each once; None once it can be again."""
        with self._lock:
            waiting = {} if self.error is None else dict(self._waiting)
        before, self._entrusted = self._entrusted, waiting
        if before and not waiting:
            return None
        return [each for each in waiting.values() if before.get(each.id) is not each]

    def take_back(self, unsaved: Checkpoint) -> None:
        """Have what the worker before this one could not save written, under its lease."""
        with self._lock:
            self._leases[unsaved.id], self._browsers[unsaved.id] = unsaved.lease, unsaved.browser
            self._waiting[unsaved.id] = unsaved
            self._releasing.add(unsaved.id)  # unless somebody asks for it first
        self._wake.set()

    def list_of(self, browser: str) -> list[dict]:
        """Return what is known of a browser's runs, the one saved last first."""
        with self._saving(lambda waiting: waiting.browser == browser) as connection:
            return catalogue.list_of(connection, browser)

    def change(self, run_id: str, browser: str, change: str, value: str = "") -> None:
        """Do one of `catalogue.CHANGES` with a run of a browser.

        Raises
        ------
        RunError
            If it is not that browser's, or the value does not fit.
        StoreUnavailable
        """
        with self._saving(lambda waiting: waiting.id == run_id) as connection:
            catalogue.change(connection, run_id, browser, change, value)

    # ---------------------------------------------------------------- the database

    def _fail(self, error: Exception) -> None:
        """Note, and tell, that the database cannot be used for the moment."""
        cause = getattr(error, "orig", None) or error
        text = (
            f"Runs cannot be saved at the moment: {reason_of(error, self._database.is_shared)}. "
            "Training goes on, and saving is tried again. Keep this page open until this message "
            "goes away."
        )
        if text != self.error:
            first_line = next(iter(str(cause).splitlines()), "")
            print(f"The store of runs: {type(cause).__name__}: {first_line}", file=sys.stderr)
        self.error = text
        self._down_until = time.monotonic() + limits.STORE_RETRY_SECONDS
        self._is_damaged |= salvage.is_damage(error)
        self._wake.set()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """Open a transaction for a request; fail at once while the database does not answer."""
        engine = self._database.engine
        if engine is None or time.monotonic() < self._down_until:
            raise StoreUnavailable(_REFUSAL)
        try:
            with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            self._fail(error)
            raise StoreUnavailable(_REFUSAL) from error

    @contextmanager
    def _saving(self, is_wanted: Callable[[Checkpoint], bool]) -> Iterator[Connection]:
        """Open a transaction for a request, in which what waits of some runs is written first."""
        # Only one thread writes at a time, or an older checkpoint could come after a newer one.
        if not self._writing.acquire(timeout=limits.STORE_ANSWER_SECONDS):
            raise StoreUnavailable(_REFUSAL)
        try:
            with self._transaction() as connection:
                now = leases.now_in(connection)
                for each in filter(is_wanted, list(self._waiting.values())):
                    leases.write(connection, each, self._holder, now)
                yield connection
        finally:
            self._writing.release()

    # ---------------------------------------------------------------- the writer's thread

    def close(self) -> None:
        """Write what is waiting, let go of all runs and stop."""
        self._stopping.set()
        self._wake.set()
        self._writer.join(timeout=_CLOSE_SECONDS + 2)

    def _write_all(self) -> None:
        last_try = None
        while True:
            self._wake.wait(self._until_next())
            self._wake.clear()
            if self._stopping.is_set():
                last_try = last_try or time.monotonic() + _CLOSE_SECONDS
                self._releasing.update(self._leases)
                time.sleep(0.2 if self.error else 0)
            elif (pause := self._down_until - time.monotonic()) > 0:
                self._stopping.wait(pause)
            try:
                with self._writing:
                    self._write_once()
                self.error = None
            except FAILURES as error:
                self._fail(error)
            is_done = self.error is None or not self._waiting
            if last_try and (is_done or time.monotonic() > last_try):
                break
        self._database.close()

    def _until_next(self) -> float | None:
        if self._waiting or self._releasing or self.error:
            return limits.STORE_RETRY_SECONDS
        return limits.HEARTBEAT_SECONDS if self._leases else None

    def _write_once(self) -> None:
        self._open_where_needed()
        with self._lock:
            batch, releasing = list(self._waiting.values()), self._releasing & self._leases.keys()
            released = {run_id: self._leases[run_id] for run_id in releasing}
        with self._database.engine.begin() as connection:
            now = leases.now_in(connection)
            if self._leases:
                leases.beat(connection, self._holder, now)
            lost = {
                each.id: each.lease for each in batch
                if not leases.write(connection, each, self._holder, now)
            }
            for run_id, lease in released.items():
                leases.let_go(connection, run_id, self._holder, lease)
            if self._stopping.is_set():
                connection.execute(workers.delete().where(workers.c.id == self._holder))
        with self._lock:
            for each in batch:
                if self._waiting.get(each.id) is each:
                    del self._waiting[each.id]
            for run_id, lease in (released | lost).items():
                # Unless it has been claimed again in the meantime.
                if self._leases.get(run_id) == lease:
                    del self._leases[run_id], self._browsers[run_id]
                    self._releasing.discard(run_id)
            self._lost.update(lost)
        if self._cleared_at is None or time.monotonic() - self._cleared_at > limits.CLEAR_SECONDS:
            self._cleared_at = time.monotonic()
            with self._database.engine.begin() as connection:
                catalogue.clear(connection, leases.now_in(connection))

    def _open_where_needed(self) -> None:
        """Open the database where it is not open, is damaged, or its file is another by now."""
        database = self._database
        was_open = database.engine is not None
        if was_open and (self._is_damaged or database.is_another()):
            database.close()
        if database.engine is None:
            database.open(self._is_damaged)
            with database.engine.begin() as connection:
                leases.retake(connection, self._leases, self._holder)
            self.must_rewrite = True
        self._is_damaged = False
