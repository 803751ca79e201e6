"""Measure one server under a class: more and more sessions, then a heavy user among light ones.

    python -m benchmarks.load [--sessions 1 10 30 60] [--browsers 2] [--seconds 10] [--presses 30]
                             [--mnist FOLDER]

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
import statistics
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

from playwright.async_api import async_playwright

from benchmarks.lab import serving
from benchmarks.report import machine
from benchmarks.sessions import WARM_UP_SECONDS, Crowd, crowd
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


async def steps_per_session(people: Crowd, seconds: float) -> list[float]:
    await asyncio.sleep(WARM_UP_SECONDS)
    await people.watch(seconds)
    return people.step_rates


async def measure_heavy(server: Server, seconds: float) -> None:
    """Print what light runs keep of their fair share beside one heavy run."""
    async with crowd(server) as people:
        for _ in range(LIGHT + 1):
            await people.add()
        fair = statistics.median(await steps_per_session(people, seconds))
        await people.sessions[-1].set_running(False)
        await people.remove(people.sessions[-1])
        await people.add(**HEAVY)
        *light, heavy = await steps_per_session(people, seconds)
        print(
            f"{LIGHT} light runs beside one 784-512-512-10: {statistics.median(light) / fair:.2f} "
            f"of the steps/s they have among {LIGHT + 1} light ones, the least "
            f"{min(light) / fair:.2f}; the heavy run {heavy:.0f} steps/s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30, 60])
    parser.add_argument("--browsers", type=int, default=2, help="of the sessions, from 10 on")
    parser.add_argument("--seconds", type=float, default=10, help="of each rate (default 10)")
    parser.add_argument("--mnist", type=Path, help="folder of its IDX files, for the heavy user")
    parser.add_argument("--presses", type=int, default=30, help="of each button (default 30)")
    given = parser.parse_args()
    if min(*given.sessions, given.seconds, given.presses) <= 0 or given.browsers < 0:
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
        asyncio.run(measure_heavy(server, given.seconds))


if __name__ == "__main__":
    main()
