"""Measure one server under a class: more and more sessions, then a heavy user among light ones.

    python -m benchmarks.load [--sessions 1 10 30 60] [--browsers 2] [--seconds 10] [--presses 30]
                             [--mnist FOLDER] [--turns 3]

Every session is a Streamlit session over its own protocol, with the WebSocket of its own run, which
trains at full speed; some are real browsers. Server, workers, browsers and this script share the
machine. Starts a server of its own (loopback, a free port, a new data folder) and ends it again.
Needs what the tests need (tests/requirements.txt and a browser), and an idle machine.

A row tells, for so many sessions at once: updates/s in the session that got least and in the
median one; Pause and Step, from the press to the frame that shows it, median and 95th percentile;
steps/s of all together; megabytes of the Streamlit process and of all workers.
"""

import argparse
import asyncio
import math
import statistics
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import async_playwright

from benchmarks.lab import serving
from benchmarks.report import machine
from benchmarks.sessions import WARM_UP_SECONDS, Crowd, crowd, training_processes
from nnviz.runs import limits
from nnviz.runs.places import VARIABLE, place_of
from tests.browser.conftest import BROWSER_ARGUMENTS
from tests.browser.find_browser import find_browser
from tests.browser.server import Server

LIGHT = 29
HEAVY = {"data": "mnist", "hidden": "512-relu.512-relu"}  # as a link says it
COLUMNS = (
    ("sessions", "{count}"),
    ("updates/s least", "{session_frames_least:.1f}"),
    ("median", "{session_frames:.1f}"),
    ("Pause ms p50", "{session_pause:.0f}"),
    ("p95", "{session_pause_p95:.0f}"),
    ("Step ms p50", "{session_step:.0f}"),
    ("p95", "{session_step_p95:.0f}"),
    ("steps/s", "{session_rate:,.0f}"),
    ("Streamlit MB", "{server_memory:.0f}"),
    ("workers MB", "{workers_memory:.0f}"),
)


@asynccontextmanager
async def browsers(server: Server, count: int):
    """Have real pages open, each with a run of its own that trains."""
    async with AsyncExitStack() as stack:
        if count:
            playwright = await stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(
                executable_path=find_browser(), args=BROWSER_ARGUMENTS
            )
            stack.push_async_callback(browser.close)
        for _ in range(count):
            page = await (await browser.new_context()).new_page()
            await page.goto(server.url)
            await page.get_by_role("button", name="Run", exact=True).click(timeout=60_000)
        yield


async def measure_class(server: Server, counts: list[int], given: argparse.Namespace) -> None:
    """Print a row for each number of sessions; the sessions stay as more come."""
    rows = []
    real = given.browsers if counts[0] > given.browsers else 0
    async with crowd(server) as people, browsers(server, real):
        for count in counts:
            while len(people.sessions) < count - real:
                await people.add()
            await asyncio.sleep(WARM_UP_SECONDS)
            measured = await people.watch(given.seconds) | await people.press(given.presses)
            server_memory, workers_memory = people.memory()
            rows.append(measured | {
                "count": count, "server_memory": server_memory, "workers_memory": workers_memory,
            })
            print_row([text.format(**rows[-1]) for _, text in COLUMNS])
    for before, after in pairwise(rows):
        further = after["count"] - before["count"]
        server_, workers = (
            (after[name] - before[name]) / further for name in ("server_memory", "workers_memory")
        )
        print(
            f"from {before['count']} to {after['count']} sessions: {server_:.2f} MB of Streamlit "
            f"and {workers:.2f} MB of the workers for each further one"
        )


def print_row(cells: list[str]) -> None:
    widths = [max(8, len(title)) for title, _ in COLUMNS]
    line = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    print("  ".join(line), flush=True)


async def leave(people: Crowd) -> None:
    """Pause the run that was opened last, and close its page."""
    await people.sessions[-1].set_running(False)
    await people.remove(people.sessions[-1])


def processor_seconds(server: Server) -> dict[int, float]:
    """Return the processor time of each worker so far, by its place."""
    return {
        int(each.environ()[VARIABLE].split("/")[0]): sum(each.cpu_times()[:2])
        for each in training_processes(server)
    }


async def steps_of_each(people: Crowd, seconds: float) -> tuple[list[float], list[float]]:
    """Return each session's steps/s, and its steps for a second of its worker's processor time."""
    await asyncio.sleep(WARM_UP_SECONDS)
    before = processor_seconds(people.server)
    await people.watch(seconds)
    used = {
        place: (now - before[place]) / seconds
        for place, now in processor_seconds(people.server).items()
    }
    places = (place_of(session.run, limits.WORKERS) for session in people.sessions)
    return people.step_rates, [
        rate / used[place] for rate, place in zip(people.step_rates, places, strict=True)
    ]


class Kept(NamedTuple):
    """What the light runs have beside the heavy one, over what they had among light ones alone.

    `mates`: what those of its worker have over those of the others at the same time, for as much
    of the processor: this holds on a machine that is not idle, too.
    """

    median: float
    least: float
    mates: float
    heavy: float

    def __str__(self) -> str:
        return (
            f"{self.median:.2f} (least {self.least:.2f}); those of its worker {self.mates:.2f} of "
            f"the others, for as much of the processor; the heavy run {self.heavy:.1f} steps/s"
        )


async def kept_beside_heavy(people: Crowd, seconds: float) -> Kept:
    """Measure the light runs, then put a heavy one in the place of the last and measure again."""
    rates, _ = await steps_of_each(people, seconds)
    fair = statistics.median(rates)
    await leave(people)
    await people.add(**HEAVY)
    (*light, heavy), for_processor = await steps_of_each(people, seconds)
    *places, its_place = (place_of(session.run, limits.WORKERS) for session in people.sessions)
    mates, others = (
        [steps for steps, place in zip(for_processor[:-1], places, strict=True)
         if (place == its_place) == beside] or [math.nan]
        for beside in (True, False)
    )
    return Kept(
        statistics.median(light) / fair, min(light) / fair,
        statistics.median(mates) / statistics.median(others), heavy,
    )


async def measure_heavy(server: Server, seconds: float, turns: int) -> None:
    """Print what light runs keep of their fair share beside one heavy run, turn by turn."""
    kept = []
    async with crowd(server) as people:
        for _ in range(LIGHT):
            await people.add()
        for turn in range(1, turns + 1):
            await people.add()
            kept.append(await kept_beside_heavy(people, seconds))
            await leave(people)
            print(f"turn {turn}: {kept[-1]}", flush=True)
    print(f"{LIGHT} light runs beside one 784-512-512-10, of the steps/s among {LIGHT + 1} light:")
    print(Kept(*map(statistics.median, zip(*kept, strict=True))))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30, 60])
    parser.add_argument("--browsers", type=int, default=2, help="of the sessions, from 10 on")
    parser.add_argument("--seconds", type=float, default=10, help="of each rate (default 10)")
    parser.add_argument("--mnist", type=Path, help="folder of its IDX files, for the heavy user")
    parser.add_argument("--turns", type=int, default=3, help="with the heavy user (default 3)")
    parser.add_argument("--presses", type=int, default=30, help="of each button (default 30)")
    given = parser.parse_args()
    if min(*given.sessions, given.seconds, given.presses, given.turns) <= 0 or given.browsers < 0:
        parser.error("Numbers must be greater than 0.")
    print(machine(), flush=True)
    print_row([title for title, _ in COLUMNS])
    # One alone is measured without a browser beside it: there would be two.
    few, many = ([n for n in sorted(given.sessions) if (n > given.browsers) == more]
                 for more in (False, True))
    for counts in (few, many):
        if counts:
            with serving() as server:
                asyncio.run(measure_class(server, counts, given))
    if given.mnist is None:
        print("No --mnist: the heavy user is left out.")
        return
    with serving() as server:
        for file in given.mnist.iterdir():
            (server.data_dir / file.name).symlink_to(file.resolve())
        asyncio.run(measure_heavy(server, given.seconds, given.turns))


if __name__ == "__main__":
    main()
