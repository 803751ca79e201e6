"""The process that trains every run of a server, a few milliseconds each in turn.

Started by `client.WorkerClient` as ``python -m nnviz.runs.worker``; reads a key from standard
input, prints the address it listens at, takes one connection, and ends with it. Training
inside the Streamlit process would share its interpreter lock with every page.
"""

import json
import os
import signal
import sqlite3
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, NamedTuple

from nnviz import data
from nnviz.data import DataError
from nnviz.runs import checkpoint, limits, takeaway
from nnviz.runs.admission import check_size
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.frame import frame
from nnviz.runs.preview import first_signals
from nnviz.runs.quantities import QUANTITIES
from nnviz.runs.questions import answer
from nnviz.runs.run import Run
from nnviz.runs.store import RunStore, default_path
from nnviz.settings import RunConfig, SettingError


class FrameRequest(NamedTuple):
    """A page that waits for something newer than the version it has seen."""

    number: int
    run: Run
    seen: int
    quantity: str

    @property
    def key(self) -> tuple[str, str]:
        return self.run.id, self.quantity


class MadeFrame(NamedTuple):
    """The last frame made of a run and quantity; `at` and `seconds`: when, and how long it took."""

    version: int
    packed: bytes
    at: float
    seconds: float


class Worker:
    """Trains runs in turn and answers requests between two slices.

    A request is a JSON object ``{"number", "op", ...}``; an answer is a length (uint32), a JSON
    object ``{"number", "result"}`` or ``{"number", "error", "kind"}``, then raw bytes (a frame).
    """

    def __init__(self, connection: Connection, store: RunStore, restarted: bool):
        self._connection = connection
        self._store = store
        self._restarted = restarted
        self._runs: dict[str, Run] = {}
        self._turn: list[Run] = []
        self._waiting: list[FrameRequest] = []
        self._frames: dict[tuple[str, str], MadeFrame] = {}
        self._last_tidy = time.monotonic()

    def serve(self) -> None:
        """Work until the connection closes; then save every run."""
        try:
            while True:
                if self._connection.poll(self._pause()):
                    self._answer(self._connection.recv_bytes())
                    while self._connection.poll(0):
                        self._answer(self._connection.recv_bytes())
                self._train_next()
                self._send_due_frames()
                self._keep_house()
        except (EOFError, OSError):
            for run in self._runs.values():
                self._save(run)

    def _pause(self) -> float | None:
        """Return how long to wait for a request: until a step or a frame is due, at most."""
        due = [seconds for run in self._runs.values() if (seconds := run.due_in()) is not None]
        if due and min(due) <= 0:
            return 0
        now, moving = time.monotonic(), self._moving()
        due += [
            max(0.0, self._frame_due_at(request, moving) - now)
            for request in self._waiting
            if request.run.version != request.seen
        ]
        if due:
            return min(due)
        return 5.0 if self._runs else None

    # ---------------------------------------------------------------- training

    def _train_next(self) -> None:
        if not self._turn:
            self._turn = [run for run in self._runs.values() if run.due_in() == 0]
            self._alone = len(self._turn) == 1
        run = self._turn.pop() if self._turn else None
        # A request may have paused or slowed it since the turn began.
        if run is None or run.due_in() != 0:
            return
        seconds = limits.LONE_SLICE_SECONDS if self._alone else limits.SLICE_SECONDS
        # What a run takes beyond its turn, with steps longer than that or measuring at the end of
        # an epoch, it goes without later: a large network takes no more from others than a small.
        run.credit = min(run.credit + seconds, seconds)
        if run.credit <= 0:
            return
        started = time.perf_counter()
        try:
            run.advance(seconds)
        except Exception:  # a fault in one run must not end the others
            traceback.print_exc()
            run.halt("Training met a fault of the program and was paused; the log has it.")
        taken = time.perf_counter() - started
        run.credit = max(run.credit - taken, -limits.LONGEST_DEBT_SECONDS)

    # ---------------------------------------------------------------- requests

    def _answer(self, message: bytes) -> None:
        request = json.loads(message)
        number = request.pop("number")
        try:
            result = OPERATIONS[request.pop("op")](self, number, **request)
        except (RunError, SettingError, DataError) as error:
            self._refuse(number, error)
        except (EOFError, OSError):
            raise
        except Exception as error:
            # The runs of all other pages live in this process: a mistake here must not end them.
            traceback.print_exc()
            self._refuse(number, RunError(f"The training process could not do this: {error!r}"))
        else:
            if result is not None:
                self._reply({"number": number, "result": result})

    def _refuse(self, number: int, error: Exception) -> None:
        self._reply({"number": number, "error": str(error), "kind": type(error).__name__})

    def _reply(self, header: dict[str, Any], payload: bytes = b"") -> None:
        encoded = json.dumps(header, allow_nan=False).encode()
        self._connection.send_bytes(struct.pack("<I", len(encoded)) + encoded + payload)

    def _find(self, run_id: str) -> Run:
        run = self._runs.get(run_id)
        if run is None:
            saved = self._store.load(run_id)
            if saved is None:
                raise UnknownRun("This run is not known here: its link is wrong or it is too old.")
            try:
                run = checkpoint.load(run_id, saved)
            except ValueError as error:
                raise UnknownRun(f"This run cannot be read: {error}") from error
            if self._restarted and run.state == "running":
                run.notice = {
                    "level": "warning",
                    "text": "The training process had ended and was started again. The run goes "
                    f"on from step {run.trainer.step_count:,}, where it was last saved.",
                }
            self._take_in(run)
        run.last_watched = time.monotonic()
        return run

    def _take_in(self, run: Run) -> None:
        """Have a run in memory; the one that nobody has watched for longest makes room for it.

        Raises
        ------
        RunError
            If all runs are being watched.
        """
        if len(self._runs) >= max(1, limits.RUNS_ALIVE // limits.WORKERS):
            watched, latest = self._watched(), time.monotonic() - limits.IDLE_SECONDS
            idle = [
                other for other in self._runs.values()
                if other.id not in watched and other.last_watched <= latest
            ]
            if not idle:
                raise RunError(
                    f"This server is full: {len(self._runs):,} runs are open here. "
                    "Try again when somebody has left."
                )
            self._let_go(min(idle, key=lambda other: other.last_watched))
        self._runs[run.id] = run

    def _let_go(self, run: Run) -> None:
        """Leave a run to the store; it comes back when it is asked for."""
        self._save(run)
        del self._runs[run.id]
        self._turn = [other for other in self._turn if other is not run]
        for key in [key for key in self._frames if key[0] == run.id]:
            del self._frames[key]

    def _watched(self) -> set[str]:
        """Return the ids of the runs that a page waits for a frame of."""
        return {request.run.id for request in self._waiting}

    def _about(self, run: Run) -> dict[str, Any]:
        return {"run": run.id, "config": run.config.to_dict(), "version": run.version}

    def _create(
        self, number: int, config: dict, like: str | None = None, given: dict | None = None
    ) -> dict[str, Any]:
        checked = RunConfig.from_dict(config)
        check_size(checked)
        run = Run(checked, given=takeaway.given_weights(checked, given))
        if like is not None:
            run.train_like(self._find(like))
        self._take_in(run)
        self._save(run)
        return self._about(run)

    def _preview(self, number: int, config: dict) -> list[dict[str, float]]:
        return first_signals(RunConfig.from_dict(config))

    def _info(self, number: int, run: str) -> dict[str, Any]:
        return self._about(self._find(run))

    def _act(self, number: int, run: str, action: str, value: Any = None) -> dict[str, Any]:
        found = self._find(run)
        found.act(action, value)
        # Looking at an earlier moment changes nothing that is saved.
        if found.state != "running" and found.now is None:
            self._save(found)
        return self._about(found)

    def _question(
        self, number: int, run: str, question: Any, arguments: Any
    ) -> dict[str, Any] | None:
        result = answer(self._find(run), question, arguments)
        if isinstance(result, dict):
            return result
        self._reply({"number": number}, result)
        return None

    def _frame(self, number: int, run: str, seen: int, quantity: str) -> None:
        if quantity not in QUANTITIES:
            raise RunError(f"Shown is one of {', '.join(QUANTITIES)}. Received: {quantity[:20]!r}.")
        self._waiting.append(FrameRequest(number, self._find(run), seen, quantity))

    def _cancel(self, number: int, target: int) -> dict[str, Any]:
        self._waiting = [request for request in self._waiting if request.number != target]
        return {}

    def _leave(self, number: int, run: str) -> dict[str, Any]:
        """Note that a page of a run has gone, so that it may make room for another."""
        if run in self._runs:
            self._runs[run].last_watched -= limits.IDLE_SECONDS
        return {}

    def _close(self, number: int) -> None:
        raise EOFError

    def _status(self, number: int) -> dict[str, Any]:
        return {
            "runs": len(self._runs),
            "running": sum(run.state == "running" for run in self._runs.values()),
            "steps": sum(run.trainer.step_count for run in self._runs.values()),
            "store_error": self._store.error,
        }

    # ---------------------------------------------------------------- frames

    def _frame_due_at(self, request: FrameRequest, moving: int) -> float:
        """Return when a frame newer than the last one made may be made for a request.

        Pages share what frames may cost: each gets fewer as more of them watch, and a run whose
        frames are expensive spends most of its time on training all the same.
        """
        made = self._frames.get(request.key)
        if made is None or request.run.state != "running":
            return 0.0
        share = limits.LONE_FRAME_SHARE if moving == 1 else limits.FRAME_SHARE
        return made.at + max(
            1 / limits.MAX_FRAMES_PER_SECOND,
            moving / limits.ALL_FRAMES_PER_SECOND,
            made.seconds / share,
        )

    def _moving(self) -> int:
        return sum(request.run.state == "running" for request in self._waiting)

    def _send_due_frames(self) -> None:
        now, moving, still_waiting = time.monotonic(), self._moving(), []
        for request in self._waiting:
            if request.run.version == request.seen:
                still_waiting.append(request)
            elif self._frame_due_at(request, moving) <= now:
                self._send_frame(request, self._made(request))
            elif self._frames[request.key].version > request.seen:
                # Another page of this run had one made that this page has not seen.
                self._send_frame(request, self._frames[request.key])
            else:
                still_waiting.append(request)
        self._waiting = still_waiting

    def _send_frame(self, request: FrameRequest, made: "MadeFrame | None") -> None:
        request.run.last_watched = time.monotonic()
        if made is None:
            self._refuse(request.number, RunError("This run cannot be shown; see the log."))
        else:
            self._reply({"number": request.number}, made.packed)

    def _made(self, request: FrameRequest) -> "MadeFrame | None":
        """Return the frame of the present moment; None where that met a fault."""
        run, made = request.run, self._frames.get(request.key)
        if made is not None and made.version == run.version:
            return made
        started = time.monotonic()
        try:
            packed = frame(run, request.quantity)
        except Exception:  # one run that cannot be shown must not end the others
            traceback.print_exc()
            return None
        now = time.monotonic()
        made = self._frames[request.key] = MadeFrame(run.version, packed, now, now - started)
        return made

    # ---------------------------------------------------------------- housekeeping

    def _save(self, run: Run) -> None:
        run.saved_at = time.monotonic()
        if run.saved_version == run.version:
            return
        try:
            self._store.save(run.id, checkpoint.save(run))
        except Exception:  # one run that cannot be saved must not end the others
            traceback.print_exc()
        run.saved_version = run.version

    def _keep_house(self) -> None:
        now = time.monotonic()
        # One at a time, or every page would wait while thirty runs are packed.
        longest = min(self._runs.values(), key=lambda run: run.saved_at, default=None)
        if longest is not None and now - longest.saved_at > limits.SAVE_SECONDS:
            self._save(longest)
        if now - self._last_tidy > 10:
            self._last_tidy = now
            self._tidy(now)

    def _tidy(self, now: float) -> None:
        """Pause runs that nobody watches, and let go of those that nobody has for longer."""
        watched = self._watched()
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
            if unwatched > limits.FORGET_UNWATCHED_SECONDS:
                self._let_go(run)


OPERATIONS: dict[str, Callable[..., dict[str, Any] | None]] = {
    "create": Worker._create,
    "preview": Worker._preview,
    "info": Worker._info,
    "act": Worker._act,
    "question": Worker._question,
    "frame": Worker._frame,
    "cancel": Worker._cancel,
    "leave": Worker._leave,
    "close": Worker._close,
    "status": Worker._status,
}


def open_store() -> RunStore:
    """Return the user's store; one in a temporary folder where that cannot be written."""
    try:
        return RunStore(default_path())
    except (OSError, sqlite3.Error) as error:
        folder = Path(tempfile.mkdtemp(prefix="nnviz-"))
        print(
            f"Runs cannot be kept in {default_path()}: {error}. They are kept in {folder}, until "
            "the server ends. Set NNVIZ_DATA_DIR to a folder that can be written.",
            file=sys.stderr,
        )
        return RunStore(folder / "runs.sqlite3")


def main() -> None:
    """Serve the server process that started this one."""
    # Ctrl-C goes to every process of a terminal; this one ends with its connection, saving first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    key = bytes.fromhex(sys.stdin.readline().strip())

    def end_with_parent() -> None:
        # Not sys.stdin.read(): its lock, held by a waiting thread, stops Python from exiting.
        while os.read(0, 1):
            pass
        if not connected.is_set():
            os._exit(1)

    connected = threading.Event()
    threading.Thread(target=end_with_parent, daemon=True).start()
    store = open_store()
    with Listener(authkey=key) as listener:
        print(json.dumps(listener.address), flush=True)
        connection = listener.accept()
    connected.set()
    store.delete_older_than(limits.STORE_DAYS)
    data.load("digits")  # before the first page asks for it
    Worker(connection, store, restarted="--restarted" in sys.argv).serve()
    store.close()


if __name__ == "__main__":
    main()
