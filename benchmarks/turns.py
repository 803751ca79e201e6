"""Measure what one worker gives each of its runs, in processor time, on a machine of any load.

    python -m benchmarks.turns --mnist FOLDER [--light 14] [--seconds 10]

Two workers take turns in this process: one trains light runs only, the other has a heavy one in
the place of the last. Every run has a page that asks for the next frame as soon as it has one, and
is saved as ever, into a store of its own. The time of day that they see is the processor time that
they have had: a core that nothing else uses. So what is printed, the steps of each light run over
those of the runs among themselves, depends little on what else the machine does.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace

from nnviz.runs import shelf as shelf_module
from nnviz.runs import turns
from nnviz.runs import worker as worker_module
from nnviz.runs.database import sqlite_url
from nnviz.runs.run import Run
from nnviz.runs.shelf import Shelf
from nnviz.runs.store import RunStore
from nnviz.runs.worker import FrameRequest, Worker
from nnviz.settings import RunConfig

HEAVY = RunConfig(dataset="mnist", hidden=((512, "relu"), (512, "relu")))
CHUNK_SECONDS = 0.5  # of one worker before the other's turn
WARM_UP_SECONDS = 2  # of each, not counted


class Bench:
    """A worker with its runs, whose time stands still while it has no turn."""

    def __init__(self, folder: Path, configs: list[RunConfig]):
        folder.mkdir()
        self._had, self._began = 0.0, None
        self._store = RunStore(sqlite_url(folder / "runs.sqlite3"))
        self._shelf = Shelf(self._store, restarted=False)
        self._worker = Worker(SimpleNamespace(poll=lambda patience: False), self._shelf)
        self._worker._reply = lambda header, payload=b"": None
        self.runs = [Run(config) for config in configs]
        for run in self.runs:
            self._shelf.add(run)
            run.act("run", True)

    def now(self) -> float:
        """Return the processor time that this worker has had."""
        return self._had + (0.0 if self._began is None else turns.clock() - self._began)

    def work(self, seconds: float) -> None:
        """Do what `Worker.serve` does, for about so long."""
        worker_module.time = shelf_module.time = SimpleNamespace(monotonic=self.now)
        self._began = turns.clock()
        worker, until = self._worker, self.now() + seconds
        while self.now() < until:
            waiting = {request.run for request in worker._waiting}
            worker._waiting += [
                FrameRequest(0, run.id, True, run.version, "weights")
                for run in self.runs if run.id not in waiting
            ]
            worker._train_next()
            worker._send_due_frames()
            worker._keep_house()
        self._had, self._began = self.now(), None

    def counts(self) -> list[int]:
        """Return the steps of each run so far."""
        return [run.trainer.step_count for run in self.runs]

    def close(self) -> None:
        self._store.close()


def rates(benches: list[Bench], seconds: float) -> list[list[float]]:
    """Have each work for so long, in turns; return the steps/s of the runs of each."""
    before = [(bench.now(), bench.counts()) for bench in benches]
    for _ in range(max(1, round(seconds / CHUNK_SECONDS))):
        for bench in benches:
            bench.work(CHUNK_SECONDS)
    return [
        [(now - then) / (bench.now() - at) for now, then in zip(bench.counts(), steps, strict=True)]
        for bench, (at, steps) in zip(benches, before, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mnist", type=Path, required=True, help="folder of its IDX files")
    parser.add_argument("--light", type=int, default=14, help="beside the heavy one (default 14)")
    parser.add_argument("--seconds", type=float, default=10, help="of each worker (default 10)")
    given = parser.parse_args()
    light = [RunConfig(seed=seed) for seed in range(given.light + 1)]
    with tempfile.TemporaryDirectory(prefix="nnviz-", ignore_cleanup_errors=True) as folder:
        Path(folder, "mnist").symlink_to(given.mnist.resolve())
        os.environ["NNVIZ_DATA_DIR"] = folder
        benches = [
            Bench(Path(folder, "alone"), light), Bench(Path(folder, "beside"), [*light[:-1], HEAVY])
        ]
        rates(benches, WARM_UP_SECONDS)
        alone, (*beside, heavy) = rates(benches, given.seconds)
        for bench in benches:
            bench.close()
    fair, kept = statistics.median(alone), [rate / statistics.median(alone) for rate in beside]
    print(
        f"{given.light} light runs beside one 784-512-512-10, of the {fair:,.0f} steps that one of "
        f"{given.light + 1} light ones makes in a second of the worker's processor time:\n"
        f"kept: median {statistics.median(kept):.2f}, least {min(kept):.2f}; the least of the "
        f"light ones among themselves {min(alone) / fair:.2f}; the heavy run {heavy:.0f} steps/s"
    )


if __name__ == "__main__":
    main()
