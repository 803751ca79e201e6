"""All worker processes of a server, asked as if they were one."""

import atexit
import contextlib
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

from nnviz.runs import limits, places
from nnviz.runs.client import Requests, WorkerClient
from nnviz.runs.errors import WorkerLost


class WorkerPool(Requests):
    """All worker processes of a server: a request goes to the one that has the run.

    Parameters
    ----------
    count : int
        Workers at most. A further one is started when those at work have `limits.RUNS_EACH` runs
        in use each, ahead of the run that it is for. A new run goes where fewest are in use.
    """

    def __init__(self, count: int):
        self.clients = [WorkerClient(place, count) for place in range(count)]
        self._coming = [0] * count  # runs that have been asked for and not yet made
        self._lock = threading.Lock()

    def of(self, run: str) -> WorkerClient:
        """Return the client whose worker has this run."""
        return self.clients[places.place_of(run, len(self.clients))]

    def submit(self, op: str, **arguments: Any) -> Future:
        # A run that is made like another one may need to look at it.
        run = arguments.get("run") or arguments.get("like")
        if op == "create" and run is None:
            return self._create(arguments)
        client = self.clients[0] if run is None else self.of(run)
        return client.submit(op, **arguments)

    def _create(self, arguments: dict[str, Any]) -> Future:
        place = self._least_used()
        try:
            future = self.clients[place].submit("create", **arguments)
        except WorkerLost:
            self._has_come(place)
            raise
        future.add_done_callback(lambda ended: self._has_come(place))
        return future

    def _has_come(self, place: int) -> None:
        with self._lock:
            self._coming[place] -= 1

    def runs_of(self, browser: str) -> list[dict[str, Any]]:
        # Each writes what waits of its runs before it lists them: the last one knows them all.
        for client in [client for client in self.clients if client.is_running] or self.clients[:1]:
            found = client.runs_of(browser)
        return found

    def _least_used(self) -> int:
        """Return the place of a new run, and get the next worker ready when it will be needed."""
        with self._lock:
            runs = [
                client.in_use + coming
                for client, coming in zip(self.clients, self._coming, strict=True)
            ]
            open_ = 1 + sum(count >= limits.RUNS_EACH for count in runs)
            at_work = [
                place for place, client in enumerate(self.clients)
                if place < open_ or client.is_running
            ]
            place = min(at_work, key=runs.__getitem__)
            self._coming[place] += 1
            is_nearly_full = all(
                runs[each] + (each == place) >= limits.RUNS_EACH - 1 for each in at_work
            )
        if is_nearly_full and len(at_work) < len(self.clients):
            threading.Thread(target=self._start_quietly, args=(len(at_work),), daemon=True).start()
        return place

    def _start_quietly(self, place: int) -> None:
        with contextlib.suppress(WorkerLost):  # the first request tries again, and says so
            self.clients[place].start()

    def close(self) -> None:
        """End all workers; they save their runs first."""
        closing = [threading.Thread(target=client.close) for client in self.clients]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()


@cache
def shared_client() -> WorkerPool:
    """Return this server's workers, which train the runs of all sessions."""
    pool = WorkerPool(limits.WORKERS)
    atexit.register(pool.close)
    return pool
