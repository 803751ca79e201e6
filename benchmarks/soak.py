"""Let sessions come and go at one server for a long time, and see what it leaves behind.

    python -m benchmarks.soak [--hours 2] [--sessions 20]

At each turn a page is closed and another opened: a new run, or one from before. Buttons are pressed
in between. Every so often memory, descriptors and processes are noted; at the end every run that
was ever made has to be there still, no earlier than the step that was last seen of it. Ends with 1
where something grew or was lost. Starts a server of its own (loopback, a free port, a new data
folder) and ends it again.
"""

import argparse
import asyncio
import random
import sys
import time
from dataclasses import dataclass

import psutil

from benchmarks.lab import serving
from benchmarks.report import machine
from benchmarks.sessions import Crowd, crowd, open_session
from tests.browser.server import Server

NOTES = 24  # lines printed over the whole time
RETURNING = 0.4  # share of the visitors who come back to a run from before
SETTLED = 0.25  # share of the time after which nothing should grow any more
GROWTH = 1.10  # what memory may grow by after that, for what an allocator keeps
CHECKED = 200  # runs looked for at the end, at most


@dataclass(frozen=True)
class Note:
    """What the server holds at a moment."""

    minutes: float
    runs: int
    server_megabytes: float
    workers_megabytes: float
    descriptors: int
    processes: int

    def __str__(self) -> str:
        return (
            f"{self.minutes:7.1f} min  {self.runs:6,} runs made  Streamlit "
            f"{self.server_megabytes:6.0f} MB  workers {self.workers_megabytes:6.0f} MB  "
            f"{self.descriptors:4} descriptors  {self.processes} processes"
        )


def note(people: Crowd, started: float, runs: int) -> Note:
    """Look at the server now."""
    server = psutil.Process(people.server.pid)
    everything = [server, *server.children(recursive=True)]
    return Note(
        (time.monotonic() - started) / 60, runs, *people.memory(),
        descriptors=sum(each.num_fds() for each in everything), processes=len(everything),
    )


async def come_and_go(
    server: Server, seconds: float, size: int, least: int = 0
) -> tuple[list[Note], dict]:
    """Return what was noted, and the last step seen of every run.

    Takes longer than so many seconds where fewer than `least` runs have been made by then.
    """
    choose = random.Random(0)
    steps: dict[str, int] = {}
    notes: list[Note] = []
    started = time.monotonic()
    async with crowd(server) as people:
        while (elapsed := time.monotonic() - started) < seconds or len(steps) < least:
            if len(people.sessions) >= size:
                leaving = choose.choice(people.sessions)
                await people.remove(leaving)
                steps[leaving.run] = max(steps[leaving.run], leaving.moments[-1].step)
            back = steps and choose.random() < RETURNING
            session = await people.add(**({"run": choose.choice(list(steps))} if back else {}))
            steps.setdefault(session.run, 0)
            pressed = choose.choice(people.sessions)
            await pressed.set_running(False)
            await pressed.step()
            await pressed.set_running(True)
            people.check()
            if elapsed >= seconds * len(notes) / NOTES:
                notes.append(note(people, started, len(steps)))
                print(notes[-1], flush=True)
        notes.append(note(people, started, len(steps)))
    return notes, steps


async def lost_runs(server: Server, steps: dict[str, int]) -> list[str]:
    """Return what is wrong with the runs at the end, each in a line."""
    wrong = []
    picked = random.Random(1).sample(sorted(steps), min(CHECKED, len(steps)))
    async with crowd(server) as people:
        for run in picked:
            session = await open_session(server.url, run=run)
            people.follow(session)
            await session.set_running(False)
            if session.run != run or session.moments[-1].step < steps[run]:
                wrong.append(
                    f"A run at step {steps[run]:,} came back as step "
                    f"{session.moments[-1].step:,}."
                )
            await people.remove(session)
    return wrong


def growth(notes: list[Note]) -> list[str]:
    """Return what grew after the settling time, each in a line."""
    end = notes[-1].minutes
    later = [each for each in notes if each.minutes >= SETTLED * end]
    first, last = later[: max(1, len(later) // 3)], later[-max(1, len(later) // 3):]
    wrong = []
    for name in ("server_megabytes", "workers_megabytes", "descriptors", "processes"):
        before, after = (sum(getattr(n, name) for n in part) / len(part) for part in (first, last))
        if after > GROWTH * before:
            wrong.append(f"{name} grew from {before:,.0f} to {after:,.0f}.")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--sessions", type=int, default=20, help="at once (default 20)")
    given = parser.parse_args()
    if min(given.hours, given.sessions) <= 0:
        parser.error("Numbers must be greater than 0.")
    print(machine(), flush=True)
    with serving() as server:
        notes, steps = asyncio.run(come_and_go(server, 3600 * given.hours, given.sessions))
        wrong = growth(notes) + asyncio.run(lost_runs(server, steps))
        wrong += server.complaints()
    print(*(wrong or ["Nothing grew and no run was lost."]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
