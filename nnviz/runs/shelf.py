"""The runs that a worker has in memory: found, kept in the store, let go when nobody looks.

A run is *held* by the worker that trains it. One that another worker holds, or that was opened by
a link that only shows it, is *followed*: shown as it was last saved, and never trained here. Who
presses a button takes the run over.
"""

import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any

from nnviz.runs import checkpoint, identity, limits, turns
from nnviz.runs.errors import RunError, StoreUnavailable, UnknownRun
from nnviz.runs.leases import Checkpoint
from nnviz.runs.places import new_run_id
from nnviz.runs.run import Run
from nnviz.runs.store import RunStore, Saved

_UNKNOWN = "This run is not known here: its link is wrong, or it was deleted."
_FOLLOWED = "Trained by another server of this site, and shown as last saved there."


class Shelf:
    """Runs by id.

    Parameters
    ----------
    store : RunStore
    restarted : bool
        True where this worker takes the place of one that ended unexpectedly.
    """

    def __init__(self, store: RunStore, restarted: bool):
        self._store = store
        self._restarted = restarted
        self._runs: dict[str, Run] = {}
        self._shares: dict[str, str] = {}  # share id: run id
        self._saved_at: dict[str, float] = {}  # of followed runs: when what is shown was saved
        self._watched: set[str] = set()
        self._dropped: set[str] = set()
        self._looked_at = self._tidied_at = time.monotonic()
        self._warning = store.warning

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs.values())

    def held(self) -> list[Run]:
        """Return the runs that this worker trains."""
        return [run for run in self._runs.values() if self._store.holds(run.id)]

    @property
    def warning(self) -> str | None:
        """What every page has to be told of the store at the moment."""
        return self._store.warning

    def to_entrust(self) -> list[Checkpoint] | None:
        """Return what cannot be saved at the moment (`RunStore.to_entrust`)."""
        return self._store.to_entrust()

    def take_back(self, unsaved: Checkpoint) -> None:
        """Keep what the worker before this one could not save."""
        self._store.take_back(unsaved)

    def runs_of(self, browser: str) -> list[dict[str, Any]]:
        """Return the list of a browser's runs (`catalogue.list_of`)."""
        return self._store.list_of(browser)

    def in_use(self) -> int:
        """Return how many runs train here or have a page open, or had one just now."""
        latest = time.monotonic() - limits.IDLE_SECONDS
        return sum(
            run.state == "running" or run.id in self._watched or run.last_watched > latest
            for run in self.held()
        )

    def get(self, run_id: str) -> Run | None:
        """Return a run that is in memory."""
        return self._runs.get(run_id)

    # ---------------------------------------------------------------- finding

    def find(self, any_id: str, to_act: bool = False) -> Run:
        """Return the run of an id, or of a share id, which shows a run and does not act.

        Raises
        ------
        UnknownRun
            If there is none.
        RunError
            If a share id is to act.
        StoreUnavailable
            If it is not in memory and the store does not answer.
        """
        is_shared = isinstance(any_id, str) and identity.is_share_id(any_id)
        if is_shared and to_act:
            raise RunError("This link only shows the run. Open a copy of it to train it yourself.")
        run_id = self._id_behind(any_id) if is_shared else any_id
        run = self._runs.get(run_id)
        if run is None or (to_act and not self._store.holds(run_id)):
            run = self._load(run_id, claim=not is_shared, by_force=to_act)
        run.last_watched = time.monotonic()
        return run

    def _id_behind(self, share: str) -> str:
        run_id = self._shares.get(share)
        if run_id is None:
            run_id = self._store.find_shared(share)
            if run_id is None:
                raise UnknownRun(_UNKNOWN)
            self._shares[share] = run_id
        return run_id

    def _load(self, run_id: str, claim: bool, by_force: bool = False) -> Run:
        saved = self._store.load(run_id, claim, by_force)
        if saved is None:
            raise UnknownRun(_UNKNOWN)
        try:
            if run_id not in self._runs:
                self._make_room()
            return self._unpack(run_id, saved)
        except RunError:
            self._store.release(run_id)
            raise

    def _unpack(self, run_id: str, saved: Saved) -> Run:
        """Put a run from the store into memory, in the place of an older state of it."""
        try:
            run = checkpoint.load(run_id, saved.data)
        except ValueError as error:
            raise UnknownRun(f"This run cannot be read: {error}") from error
        before = self._runs.get(run_id)
        if before is not None:
            run.version += before.version
            run.last_watched = before.last_watched
        if saved.is_held:
            run.saved_version = run.version
            if self._restarted and before is None and run.state == "running":
                run.notice = {
                    "level": "warning",
                    "text": "The training process had ended and was started again. The run goes "
                    f"on from step {run.trainer.step_count:,}, where it was last saved.",
                }
        self._saved_at[run_id] = saved.saved_at
        self._runs[run_id] = run
        self._warn(run)
        return run

    # ---------------------------------------------------------------- keeping

    def _make_room(self) -> None:
        """Let go of the run that nobody has watched for longest, where no further one fits.

        Raises
        ------
        RunError
            If all runs are being watched.
        """
        if len(self._runs) < max(1, limits.RUNS_ALIVE // limits.WORKERS):
            return
        latest = time.monotonic() - limits.IDLE_SECONDS
        idle = [
            run for run in self._runs.values()
            if run.id not in self._watched and run.last_watched <= latest
        ]
        if not idle:
            raise RunError(
                f"This server is full: {len(self._runs):,} runs are open here. "
                "Try again when somebody has left."
            )
        self._let_go(min(idle, key=lambda run: run.last_watched))

    def leave(self, any_id: str) -> None:
        """Note that a page of a run has gone, so that it may make room for another."""
        run = self._runs.get(self._shares.get(any_id, any_id))
        if run is not None:
            run.last_watched -= limits.IDLE_SECONDS

    def _let_go(self, run: Run) -> None:
        """Leave a run to the store; it comes back when it is asked for."""
        self.save(run)
        self._store.release(run.id)
        self._drop(run.id)

    def add(self, run: Run, browser: str | None = None) -> None:
        """Take a new run, of the browser with this id (`identity.browser_id`).

        Raises
        ------
        RunError
            If the server is full.
        """
        self._make_room()
        self._runs[run.id] = run
        self._shares[identity.share_id(run.id)] = run.id
        self._store.add(run.id, browser)
        self._warn(run)
        self.save(run)

    def copy(self, run: Run, browser: str | None = None) -> Run:
        """Return a new run that is as another is now, paused."""
        copied = checkpoint.load(new_run_id(), checkpoint.save(run))
        copied.pause()
        self.add(copied, browser)
        return copied

    def give(self, run: Run, browser: str) -> None:
        """Let a run that belongs to no browser belong to this one."""
        if self._store.give(run.id, browser):
            run.saved_version = -1

    def change(self, run_id: str, browser: str, change: str, value: str) -> None:
        """Do one of `catalogue.CHANGES`; a run that is deleted leaves memory."""
        run = self._runs.get(run_id)
        if run is not None and self._store.holds(run_id):
            if change == "delete":
                run.pause()
            self.save(run)
        self._store.change(run_id, browser, change, value)
        if change == "delete":
            self._drop(run_id)

    def save(self, run: Run) -> None:
        """Have a run written to the store soon, where it has changed since."""
        run.saved_at = time.monotonic()
        if run.saved_version == run.version or not self._store.holds(run.id):
            return
        try:
            with turns.charged(run):
                self._store.save(run.id, checkpoint.save(run))
        except Exception:  # one run that cannot be saved must not end the others
            traceback.print_exc()
        run.saved_version = run.version

    def save_all(self) -> None:
        for run in self.held():
            self.save(run)

    # ---------------------------------------------------------------- housekeeping

    def keep_house(self, watched: set[str], controlled: set[str]) -> set[str]:
        """Save, follow and let go, each where it is due; return the runs that left memory.

        Parameters
        ----------
        watched, controlled : set of str
            Ids of the runs that a page shows, and of those that it may also act on.
        """
        now, self._watched = time.monotonic(), watched
        if self._store.must_rewrite:
            self._store.must_rewrite = False
            for run in self._runs.values():
                run.saved_version = -1
        self._save_longest(now)
        if self._store.warning != self._warning:
            self._warning = self._store.warning
            for run in self._runs.values():
                self._warn(run)
        if now - self._looked_at > limits.FOLLOW_SECONDS:
            self._looked_at = now
            self._follow(watched, controlled)
        if now - self._tidied_at > 10:
            self._tidied_at = now
            self._tidy(now, watched)
        dropped, self._dropped = self._dropped, set()
        return dropped

    def _save_longest(self, now: float) -> None:
        """Save one run that is due: thirty at once, and every page would wait for it.

        A checkpoint is of a measured moment, and measuring a large network takes longer than
        packing it: so right after a frame, where a page gets some, or when none has come for long.
        """
        latest = now - limits.SAVE_SECONDS
        due = [
            run for run in self.held()
            if run.saved_at < latest - self._awaits_frame(run) * limits.SAVE_PATIENCE_SECONDS
        ]
        if due:
            self.save(min(due, key=lambda run: run.saved_at))

    def _awaits_frame(self, run: Run) -> bool:
        return run.id in self._watched and not run.is_measured

    def _warn(self, run: Run, is_elsewhere: bool = False) -> None:
        run.warn(self._warning or (_FOLLOWED if is_elsewhere else None))

    def is_restless(self) -> bool:
        """Return whether something may happen in the store that pages have to be told soon."""
        return self._store.error is not None or len(self.held()) < len(self._runs)

    def _follow(self, watched: set[str], controlled: set[str]) -> None:
        """Bring the runs that are shown but not held to what was last saved of them."""
        lost = self._store.take_lost()
        if lost:
            print(f"{len(lost)} runs were taken over by another server.", file=sys.stderr)
        for run_id in [run.id for run in self._runs.values() if not self._store.holds(run.id)]:
            if run_id not in watched:
                continue
            try:
                self._look(run_id, run_id in controlled)
            except UnknownRun:  # deleted meanwhile: the page is told when it next asks
                self._drop(run_id)
            except StoreUnavailable:
                return

    def _look(self, run_id: str, may_claim: bool) -> None:
        found = self._store.look(run_id)
        if found is None:
            raise UnknownRun(_UNKNOWN)
        saved_at, is_free = found
        if saved_at != self._saved_at.get(run_id) or (is_free and may_claim):
            self._load(run_id, claim=may_claim)
        self._warn(self._runs[run_id], not self._store.holds(run_id) and not is_free)

    def _tidy(self, now: float, watched: set[str]) -> None:
        """Pause runs that nobody watches, and let go of those that nobody has for longer."""
        for run in list(self._runs.values()):
            if run.id in watched:
                run.last_watched = now
            unwatched = now - run.last_watched
            if unwatched > limits.PAUSE_UNWATCHED_SECONDS and run.state == "running":
                run.act("run", False)
                run.notice = {
                    "level": "info",
                    "text": "Paused: nobody had this page open for "
                    f"{limits.PAUSE_UNWATCHED_SECONDS / 60:.0f} minutes.",
                }
            is_followed = not self._store.holds(run.id)
            if unwatched > (10 if is_followed else limits.FORGET_UNWATCHED_SECONDS):
                self._let_go(run)

    def _drop(self, run_id: str) -> None:
        self._runs.pop(run_id, None)
        self._dropped.add(run_id)
        self._saved_at.pop(run_id, None)
        self._shares = {share: known for share, known in self._shares.items() if known != run_id}
