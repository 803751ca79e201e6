"""Train the lab's first network with nothing around it, and print its steps per second.

    OMP_NUM_THREADS=1 python -m benchmarks.headless SECONDS
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from nnviz.runs.run import Run
from nnviz.settings import RunConfig

ROOT = Path(__file__).resolve().parents[1]
STEPS_AT_ONCE = 50
START_SECONDS = 60
# What the server's worker is started with.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def train(seconds: float) -> float:
    """Return the steps per second of a trainer that is alone in its process."""
    trainer = Run(RunConfig()).trainer
    for _ in range(STEPS_AT_ONCE):
        trainer.step()
    first, started = trainer.step_count, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(STEPS_AT_ONCE):
            trainer.step()
    return (trainer.step_count - first) / elapsed


def rate(seconds: float) -> float:
    """Return what `train` measures in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.headless", str(seconds)],
        cwd=ROOT, env=os.environ | ONE_THREAD, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=seconds + START_SECONDS, check=True,
    )
    return float(result.stdout)


if __name__ == "__main__":
    print(train(float(sys.argv[1])))
