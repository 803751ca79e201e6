"""The server's end of the line to a worker process: starts it, asks it, replaces it."""

import contextlib
import itertools
import json
import os
import secrets
import struct
import subprocess
import sys
import threading
from concurrent.futures import Future
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from nnviz.runs import identity, places
from nnviz.runs.entrusted import UNASKED, Entrusted
from nnviz.runs.errors import BY_NAME, RunError, WorkerLost
from nnviz.settings import RunConfig
from nnviz.timing import Timing

ANSWER_SECONDS = 30.0
_LOST = "The training process ended; a new one is starting."
_PROJECT = Path(__file__).resolve().parents[2]


class Requests:
    """What can be asked of workers, by name; a subclass sends it (`submit`)."""

    def submit(self, op: str, **arguments: Any) -> Future:
        """Send a request; return the future of its answer (its `number` is an attribute).

        Raises
        ------
        WorkerLost
            If no worker can be started.
        """
        raise NotImplementedError

    def ask(self, op: str, **arguments: Any) -> Any:
        """Send a request and wait for its answer; ask a new worker if this one ends meanwhile.

        Raises
        ------
        RunError
            If the request cannot be fulfilled.
        """
        try:
            return self.submit(op, **arguments).result(timeout=ANSWER_SECONDS)
        except WorkerLost:
            return self.submit(op, **arguments).result(timeout=ANSWER_SECONDS)

    def create(
        self, config: RunConfig, like: str | None = None, given: dict[str, str] | None = None,
        browser: str | None = None,
    ) -> str:
        """Return the id of a new run.

        Parameters
        ----------
        config : RunConfig
        like : str, optional
            A run whose speed and stops it takes over.
        given : dict, optional
            First weights other than those of its seed, of `takeaway.packed_weights`.
        browser : str, optional
            Whose it is (`identity.browser_id`).
        """
        return self.ask(
            "create", config=config.to_dict(), like=like, given=given, browser=browser
        )["run"]

    def copy(self, any_id: str, browser: str | None = None) -> str:
        """Return the id of a new run that is as another is now, named by its id or share id."""
        return self.ask("copy", run=any_id, browser=browser)["run"]

    def runs_of(self, browser: str) -> list[dict[str, Any]]:
        """Return a browser's runs, the one saved last first (`catalogue.list_of`)."""
        return self.ask("runs", browser=browser)["runs"]

    def change(self, run_id: str, browser: str, change: str, value: str = "") -> None:
        """Rename, delete or undelete one of a browser's runs (`catalogue.CHANGES`)."""
        self.ask("change", run=run_id, browser=browser, change=change, value=value)

    def preview(self, config: RunConfig) -> list[dict[str, float]]:
        """Return what the first weights do to signals (`preview.first_signals`)."""
        return self.ask("preview", config=config.to_dict())

    def config(self, run_id: str, browser: str | None = None) -> RunConfig:
        """Return the settings of a run as they are now; a run of no browser becomes this one's.

        Raises
        ------
        UnknownRun
            If there is no such run.
        """
        return RunConfig.from_dict(self.ask("info", run=run_id, browser=browser)["config"])

    def timing(self, run_id: str) -> Timing:
        """Return speed and stops of a run as they are now."""
        return Timing(**self.ask("info", run=run_id)["timing"])

    def set_timing(self, run_id: str, timing: Timing) -> None:
        """Have a run train at a speed, and stop as told."""
        stops = {
            name.removeprefix("stop_"): value
            for name, value in timing.to_dict().items() if name != "speed"
        }
        self.act(run_id, "speed", timing.speed)
        self.act(run_id, "stops", stops)

    def act(self, run_id: str, action: str, value: Any = None) -> RunConfig:
        """Do something with a run (`actions.ACTIONS`); return its settings after it."""
        return RunConfig.from_dict(
            self.ask("act", run=run_id, action=action, value=value)["config"]
        )


class WorkerClient(Requests):
    """One worker process: started when first needed, and again if it ends.

    Safe to use from any thread. Every request has a number; one thread reads the answers and
    hands each to the future that waits for it.

    Parameters
    ----------
    place, count : int, default 0 and 1
        This worker is number `place` of `count`, see `places`.

    Attributes
    ----------
    in_use : int
        Runs that trained there or had a page open when it last said so.
    """

    def __init__(self, place: int = 0, count: int = 1):
        self._environment = {
            places.VARIABLE: f"{place}/{count}",
            # A worker that replaces one that has died holds its runs at once.
            identity.HOLDER_VARIABLE: identity.new_id(),
        }
        self._lock = threading.Lock()
        self._send_lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._futures: dict[int, Future] = {}
        self._entrusted = Entrusted()
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self.in_use = 0
        self._was_started = False
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker's process id; None before it is started."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._connection is not None

    def start(self) -> None:
        """Start the worker where none is running.

        Raises
        ------
        WorkerLost
            If the process does not come up.
        """
        with self._lock:
            if self._closed:
                raise WorkerLost("The server is stopping.")
            if self._connection is not None:
                return
            key = secrets.token_bytes(32)
            arguments = ["--restarted"] if self._was_started else []
            # One thread for products: many runs share the cores, and a fixed number of
            # threads keeps results the same bit for bit.
            threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "nnviz.runs.worker", *arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_PROJECT,
                env=os.environ | threads | self._environment,
            )
            try:
                self._process.stdin.write(key.hex() + "\n")
                self._process.stdin.flush()
                address = json.loads(self._process.stdout.readline())
                address = tuple(address) if isinstance(address, list) else address
                self._connection = Client(address, authkey=key)
            except (OSError, ValueError, EOFError) as error:
                self._process.kill()
                self._bury()
                raise WorkerLost(f"The training process did not start: {error}") from error
            self._was_started = True
            threading.Thread(
                target=self._read_answers, args=(self._connection,), name="worker", daemon=True
            ).start()
            with contextlib.suppress(OSError):  # it has ended again: the next one gets them
                for request in self._entrusted.requests():
                    self._connection.send_bytes(json.dumps(request).encode())

    def _read_answers(self, connection: Connection) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = connection.recv_bytes()
                (length,) = struct.unpack_from("<I", message)
                header = json.loads(message[4 : 4 + length])
                self.in_use = header.get("in_use", self.in_use)
                if header["number"] == UNASKED:
                    self._entrusted.take(header, message[4 + length :])
                    continue
                future = self._futures.pop(header["number"], None)
                if future is None or not future.set_running_or_notify_cancel():
                    continue
                if "error" in header:
                    kind = BY_NAME.get(header["kind"], RunError)
                    future.set_exception(kind(header["error"]))
                else:
                    future.set_result(header.get("result") or message[4 + length :])
        with self._lock:
            self._connection, self.in_use = None, 0
            connection.close()
            self._bury()
            lost, self._futures = self._futures, {}
        for future in lost.values():
            if future.set_running_or_notify_cancel():
                future.set_exception(WorkerLost(_LOST))

    def _bury(self) -> None:
        """Let go of a process that has ended or is about to."""
        self._process.wait()
        with contextlib.suppress(OSError):  # what could not be written to it any more
            self._process.stdin.close()
        self._process.stdout.close()

    def of(self, run: str) -> "WorkerClient":
        """Return the client whose worker has this run: itself."""
        return self

    def submit(self, op: str, **arguments: Any) -> Future:
        self.start()
        future: Future = Future()
        future.number = next(self._numbers)
        self._futures[future.number] = future
        # One given up, a frame of a page that has gone, never gets its answer.
        future.add_done_callback(lambda ended: self._futures.pop(ended.number, None))
        message = json.dumps({"number": future.number, "op": op, **arguments}).encode()
        try:
            with self._send_lock:
                self._connection.send_bytes(message)
        except (OSError, AttributeError) as error:
            self._futures.pop(future.number, None)
            raise WorkerLost(_LOST) from error
        return future

    def close(self) -> None:
        """End the worker; it saves its runs first."""
        with self._lock:
            self._closed = True
            connection, process = self._connection, self._process
        if connection is not None:
            # Ends the worker's loop; our reading thread sees the same end and tidies up.
            process.stdin.close()
            with contextlib.suppress(OSError):
                connection.send_bytes(b'{"number": 0, "op": "close"}')
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
