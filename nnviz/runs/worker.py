"""The process that trains every run of a server, a few milliseconds each in turn.

Started by `client.WorkerClient` as ``python -m nnviz.runs.worker``; reads a key from standard
input, prints the address it listens at, takes one connection, and ends with it. Training
inside the Streamlit process would share its interpreter lock with every page.
"""

import json
import os
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Listener
from typing import Any, NamedTuple

from nnviz import data
from nnviz.data import DataError
from nnviz.runs import entrusted, identity, limits, takeaway, turns
from nnviz.runs.admission import check_size
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.frame import frame
from nnviz.runs.preview import first_signals
from nnviz.runs.quantities import QUANTITIES
from nnviz.runs.questions import CHANGING, answer
from nnviz.runs.run import Run
from nnviz.runs.shelf import Shelf
from nnviz.runs.store import RunStore
from nnviz.settings import RunConfig, SettingError


class FrameRequest(NamedTuple):
    """A page that waits for something newer than the version it has seen.

    `run` is the run's id, whatever id it was asked by; `may_act`: that was its own.
    """

    number: int
    run: str
    may_act: bool
    seen: int
    quantity: str

    @property
    def key(self) -> tuple[str, str]:
        return self.run, self.quantity


class MadeFrame(NamedTuple):
    """The last frame made of a run and quantity; `at` and `seconds`: when, and what it cost."""

    version: int
    packed: bytes
    at: float
    seconds: float


class Worker:
    """Trains runs in turn and answers requests between two slices.

    A request is a JSON object ``{"number", "op", ...}``; an answer is a length (uint32), a JSON
    object ``{"number", "result", "in_use"}`` or ``{"number", "error", "kind"}``, then raw bytes (a
    frame).
    """

    def __init__(self, connection: Connection, shelf: Shelf):
        self._connection = connection
        self._shelf = shelf
        self._turn: list[Run] = []
        self._training = 1  # runs that had a turn, the last time round
        self._slowdown = turns.Slowdown()
        self._waiting: list[FrameRequest] = []
        self._frames: dict[tuple[str, str], MadeFrame] = {}

    def serve(self) -> None:
        """Work until the connection closes; then save every run."""
        try:
            while True:
                self._answer_all(self._pause())
                self._train_next()
                # Between any two of these parts, for each of them may take some milliseconds.
                self._answer_all()
                self._send_due_frames()
                self._answer_all()
                self._keep_house()
        except (EOFError, OSError):
            self._shelf.save_all()

    def _answer_all(self, patience: float | None = 0) -> None:
        """Answer the requests that are there, or come within so many seconds (None: any number)."""
        while self._connection.poll(patience):
            self._answer(self._connection.recv_bytes())
            patience = 0

    def _pause(self) -> float | None:
        """Return how long to wait for a request: until a step or a frame is due, at most."""
        due = [seconds for run in self._shelf.held() if (seconds := run.due_in()) is not None]
        if due and min(due) <= 0:
            return 0
        now, moving = time.monotonic(), self._moving()
        due += [
            max(0.0, self._frame_due_at(request, moving) - now)
            for request in self._waiting
            if self._has_news(request)
        ]
        due += [limits.FOLLOW_SECONDS] * self._shelf.is_restless() + [5.0] * bool(self._shelf)
        return min(due, default=None)

    # ---------------------------------------------------------------- training

    def _train_next(self) -> None:
        if not self._turn:
            self._turn = [run for run in self._shelf.held() if run.due_in() == 0]
            self._training = max(1, len(self._turn))
        run = self._turn.pop() if self._turn else None
        # A request may have paused or slowed it since the turn began.
        if run is None or run.due_in() != 0:
            return
        alone = self._training == 1
        seconds = turns.grant(run, limits.LONE_SLICE_SECONDS if alone else limits.SLICE_SECONDS)
        if not seconds:
            return
        started = time.monotonic()
        try:
            with turns.charged(run) as bill:
                run.advance(seconds)
        except Exception:  # a fault in one run must not end the others
            traceback.print_exc()
            run.halt("Training met a fault of the program and was paused; the log has it.")
        self._slowdown.add(time.monotonic() - started, bill.seconds)

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
                in_use = self._shelf.in_use()
                self._reply({"number": number, "result": result, "in_use": in_use})

    def _refuse(self, number: int, error: Exception) -> None:
        self._reply({"number": number, "error": str(error), "kind": type(error).__name__})

    def _reply(self, header: dict[str, Any], payload: bytes = b"") -> None:
        encoded = json.dumps(header, allow_nan=False).encode()
        self._connection.send_bytes(struct.pack("<I", len(encoded)) + encoded + payload)

    def _about(self, run: Run, asked: str) -> dict[str, Any]:
        """Return what a page knows of a run: under the id it has asked by, never another."""
        return {
            "run": asked, "config": run.config.to_dict(), "timing": run.timing.to_dict(),
            "version": run.version,
        }

    def _create(
        self, number: int, config: dict, like: str | None = None, given: dict | None = None,
        browser: str | None = None,
    ) -> dict[str, Any]:
        checked = RunConfig.from_dict(config)
        check_size(checked)
        run = Run(checked, given=takeaway.given_weights(checked, given))
        if run.given is not None:
            takeaway.check_answers(run)
        if like is not None:
            run.train_like(self._shelf.find(like))
        self._shelf.add(run, browser)
        return self._about(run, run.id)

    def _copy(self, number: int, run: str, browser: str | None = None) -> dict[str, Any]:
        copied = self._shelf.copy(self._shelf.find(run), browser)
        return self._about(copied, copied.id)

    def _preview(self, number: int, config: dict) -> list[dict[str, float]]:
        return first_signals(RunConfig.from_dict(config))

    def _info(self, number: int, run: str, browser: str | None = None) -> dict[str, Any]:
        found = self._shelf.find(run)
        if browser is not None and found.id == run:
            self._shelf.give(found, browser)
        return self._about(found, run)

    def _act(self, number: int, run: str, action: str, value: Any = None) -> dict[str, Any]:
        found = self._shelf.find(run, to_act=True)
        with turns.charged(found):
            found.act(action, value)
        # Looking at an earlier moment changes nothing that is saved.
        if found.state != "running" and found.now is None:
            self._shelf.save(found)
        return self._about(found, run)

    def _question(
        self, number: int, run: str, question: Any, arguments: Any
    ) -> dict[str, Any] | None:
        found = self._shelf.find(run, to_act=isinstance(question, str) and question in CHANGING)
        with turns.charged(found):
            result = answer(found, question, arguments)
        if isinstance(result, dict):
            return result
        self._reply({"number": number}, result)
        return None

    def _runs_of(self, number: int, browser: str) -> dict[str, Any]:
        return {"runs": self._shelf.runs_of(browser)}

    def _change(self, number: int, run: str, browser: str, change: str, value: str) -> dict:
        self._shelf.change(run, browser, change, value)
        return {"run": run}

    def _frame(self, number: int, run: str, seen: int, quantity: str) -> None:
        if quantity not in QUANTITIES:
            raise RunError(f"Shown is one of {', '.join(QUANTITIES)}. Received: {quantity[:20]!r}.")
        found = self._shelf.find(run)
        self._waiting.append(FrameRequest(number, found.id, found.id == run, seen, quantity))

    def _cancel(self, number: int, target: int) -> dict[str, Any]:
        self._waiting = [request for request in self._waiting if request.number != target]
        return {}

    def _take_back(self, number: int, about: dict[str, Any], data: str) -> None:
        """Take what the worker before this one could not save."""
        self._shelf.take_back(entrusted.checkpoint_of(about, data))

    def _leave(self, number: int, run: str) -> dict[str, Any]:
        """Note that a page of a run has gone, so that it may make room for another."""
        self._shelf.leave(run)
        return {}

    def _close(self, number: int) -> None:
        raise EOFError

    def _status(self, number: int) -> dict[str, Any]:
        return {
            "runs": len(self._shelf),
            "running": sum(run.state == "running" for run in self._shelf),
            "steps": sum(run.trainer.step_count for run in self._shelf),
            "warning": self._shelf.warning,
        }

    # ---------------------------------------------------------------- frames

    def _frame_due_at(self, request: FrameRequest, moving: int) -> float:
        """Return when a frame newer than the last one made may be made for a request.

        Pages share what frames may cost: each gets fewer as more of them watch, and a run whose
        frames are expensive spends most of its time on training all the same.
        """
        made = self._frames.get(request.key)
        run = self._shelf.get(request.run)
        if made is None or run is None or run.state != "running":
            return 0.0
        return made.at + max(
            1 / limits.MAX_FRAMES_PER_SECOND,
            moving / limits.ALL_FRAMES_PER_SECOND,
            turns.frame_interval(made.seconds, self._training, self._slowdown.factor),
        )

    def _moving(self) -> int:
        shown = (self._shelf.get(request.run) for request in self._waiting)
        return sum(run is not None and run.state == "running" for run in shown)

    def _has_news(self, request: FrameRequest) -> bool:
        """Return whether the run is another than the page has seen, or gone."""
        run = self._shelf.get(request.run)
        return run is None or run.version != request.seen

    def _send_due_frames(self) -> None:
        now, moving = time.monotonic(), self._moving()
        for request in list(self._waiting):
            # Answering, between two frames, may have given it up.
            if request in self._waiting and self._is_sent(request, now, moving):
                self._waiting.remove(request)
                self._answer_all()

    def _is_sent(self, request: FrameRequest, now: float, moving: int) -> bool:
        """Send what is due on a request; return whether anything was."""
        run = self._shelf.get(request.run)
        if run is None:
            self._refuse(request.number, UnknownRun("This run has been deleted."))
        elif run.version == request.seen:
            return False
        elif self._frame_due_at(request, moving) <= now:
            self._send_frame(request, run, self._made(request, run))
        elif self._frames[request.key].version > request.seen:
            # Another page of this run had one made that this page has not seen.
            self._send_frame(request, run, self._frames[request.key])
        else:
            return False
        return True

    def _send_frame(self, request: FrameRequest, run: Run, made: MadeFrame | None) -> None:
        run.last_watched = time.monotonic()
        if made is None:
            self._refuse(request.number, RunError("This run cannot be shown; see the log."))
        else:
            self._reply({"number": request.number}, made.packed)

    def _made(self, request: FrameRequest, run: Run) -> MadeFrame | None:
        """Return the frame of the present moment; None where that met a fault."""
        made = self._frames.get(request.key)
        if made is not None and made.version == run.version:
            return made
        try:
            with turns.charged(run) as bill:
                packed = frame(run, request.quantity)
        except Exception:  # one run that cannot be shown must not end the others
            traceback.print_exc()
            return None
        made = MadeFrame(run.version, packed, time.monotonic(), bill.seconds)
        self._frames[request.key] = made
        return made

    # ---------------------------------------------------------------- housekeeping

    def _keep_house(self) -> None:
        watched = {request.run for request in self._waiting}
        controlled = {request.run for request in self._waiting if request.may_act}
        for run_id in self._shelf.keep_house(watched, controlled):
            self._turn = [run for run in self._turn if run.id != run_id]
            for key in [key for key in self._frames if key[0] == run_id]:
                del self._frames[key]
        self._entrust()

    def _entrust(self) -> None:
        """Give the server what cannot be saved, for the worker after this one."""
        unsaved = self._shelf.to_entrust()
        if unsaved is None:
            self._reply(entrusted.SAVED)
        for each in unsaved or ():
            self._reply(entrusted.message_of(each), each.data)


OPERATIONS: dict[str, Callable[..., dict[str, Any] | None]] = {
    "create": Worker._create,
    "preview": Worker._preview,
    "copy": Worker._copy,
    "info": Worker._info,
    "act": Worker._act,
    "question": Worker._question,
    "runs": Worker._runs_of,
    "change": Worker._change,
    "frame": Worker._frame,
    "cancel": Worker._cancel,
    "leave": Worker._leave,
    "take_back": Worker._take_back,
    "close": Worker._close,
    "status": Worker._status,
}


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
    store = RunStore(holder=os.environ.get(identity.HOLDER_VARIABLE))
    with Listener(authkey=key) as listener:
        print(json.dumps(listener.address), flush=True)
        connection = listener.accept()
    connected.set()
    data.load("digits")  # before the first page asks for it
    Worker(connection, Shelf(store, restarted="--restarted" in sys.argv)).serve()
    store.close()


if __name__ == "__main__":
    main()
