"""Many people at once: as many Streamlit sessions, each with the live line of its own run."""

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import headless, live
from benchmarks.report import percentile
from tests.browser.server import Server

WARM_UP_SECONDS = 4
BETWEEN_PAUSES_SECONDS = 0.15
MEGABYTE = 1e6


@dataclass
class Session:
    """One open page without the drawing: asks for the next frame when it has the last one."""

    streamlit: ClientConnection
    line: ClientConnection
    moments: list[live.Moment] = field(default_factory=list)
    _waits_for: tuple[str, asyncio.Future] | None = None

    async def watch(self) -> None:
        """Take frames until cancelled."""
        seen = -1
        while True:
            await self.line.send(live.frame_request(seen))
            moment = live.moment(await self.line.recv())
            seen = moment.version
            self.moments.append(moment)
            if self._waits_for and self._waits_for[0] == moment.state:
                self._waits_for[1].set_result(moment.at)
                self._waits_for = None

    async def drain(self) -> None:
        """Read what Streamlit still has to say, until cancelled."""
        async for _ in self.streamlit:
            pass

    async def set_running(self, running: bool) -> float:
        """Press Run; return the seconds until a frame shows that it has been heard."""
        shown = asyncio.get_running_loop().create_future()
        self._waits_for = ("running" if running else "paused", shown)
        started = time.perf_counter()
        await self.line.send(live.action("run", running))
        async with asyncio.timeout(live.ANSWER_SECONDS):
            return await shown - started

    async def close(self) -> None:
        await self.line.close()
        await self.streamlit.close()


async def open_session(url: str) -> Session:
    """Open the page as a browser does, with a run of its own."""
    async with asyncio.timeout(live.ANSWER_SECONDS):
        streamlit = await connect(
            live.websocket_url(url, "_stcore/stream"),
            origin=url, subprotocols=["streamlit"], max_size=None,
        )
        run = await _first_script_run(streamlit)
        line = await connect(live.run_url(url, run), origin=url, max_size=None)
    return Session(streamlit, line)


async def _first_script_run(streamlit: ClientConnection) -> str:
    """Have Streamlit run the page; return the id of the run that it puts into the address."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    await streamlit.send(message.SerializeToString())
    run = None
    async for data in streamlit:
        forward = ForwardMsg.FromString(data)
        kind = forward.WhichOneof("type")
        if kind == "page_info_changed":
            run = parse_qs(forward.page_info_changed.query_string)["run"][0]
        if kind == "script_finished" and run:
            return run
    raise RuntimeError("Streamlit closed the session before the page had run.")


def within(moments: list[live.Moment], start: float, end: float) -> list[live.Moment]:
    """Return the moments of a span of time."""
    return [moment for moment in moments if start <= moment.at < end]


def training_process(server: Server) -> psutil.Process:
    """Return the server's worker.

    Raises
    ------
    RuntimeError
        If there is not exactly one.
    """
    workers = [each for each in server.children() if "nnviz.runs.worker" in each.cmdline()]
    if len(workers) != 1:
        raise RuntimeError(f"Expected one training process. Found: {workers}.")
    return workers[0]


class _Clock:
    """Processor time of some processes since it was made, in percent of one core."""

    def __init__(self, processes: dict[str, psutil.Process]):
        self._processes = processes
        self._started, self._before = time.perf_counter(), self._used()

    def _used(self) -> dict[str, float]:
        return {name: sum(each.cpu_times()[:2]) for name, each in self._processes.items()}

    def percent(self) -> dict[str, float]:
        elapsed = time.perf_counter() - self._started
        return {
            name: 100 * (used - self._before[name]) / elapsed for name, used in self._used().items()
        }


async def _measure(server: Server, count: int, seconds: float, pauses: int) -> dict[str, float]:
    sessions, tasks = [], []

    async def open_one() -> None:
        session = await open_session(server.url)
        sessions.append(session)
        tasks.extend(asyncio.create_task(job) for job in (session.watch(), session.drain()))
        await session.set_running(True)

    try:
        await open_one()
        await asyncio.sleep(WARM_UP_SECONDS)
        worker, streamlit = training_process(server), psutil.Process(server.pid)
        memory_of_one = worker.memory_info().rss
        for _ in range(count - 1):
            await open_one()
        await asyncio.sleep(WARM_UP_SECONDS)

        clock = _Clock(
            {"worker_cpu": worker, "server_cpu": streamlit, "client_cpu": psutil.Process()}
        )
        start = time.perf_counter()
        await asyncio.sleep(seconds)
        end = time.perf_counter()
        processor_use = clock.percent()
        _raise_first_error(tasks)
        seen = [within(session.moments, start, end) for session in sessions]

        pause_seconds = []
        for turn in range(pauses):
            session = sessions[turn % count]
            pause_seconds.append(await session.set_running(False))
            await session.set_running(True)
            await asyncio.sleep(BETWEEN_PAUSES_SECONDS)
        _raise_first_error(tasks)
        memory = worker.memory_info().rss
        server_memory = streamlit.memory_info().rss
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(session.close() for session in sessions), return_exceptions=True)

    frame_rates = [len(moments) / (end - start) for moments in seen]
    return processor_use | {
        "session_frames_least": min(frame_rates),
        "session_frames": statistics.median(frame_rates),
        "session_pause": 1000 * statistics.median(pause_seconds),
        "session_pause_p95": 1000 * percentile(pause_seconds, 95),
        "session_rate": sum(live.steps_per_second(each[0], each[-1]) for each in seen),
        "server_memory": server_memory / MEGABYTE,
        "run_memory": (memory - memory_of_one) / MEGABYTE / max(1, count - 1),
    }


def _raise_first_error(tasks: list[asyncio.Task]) -> None:
    """Raise what ended a task that should still be at work."""
    for task in tasks:
        if task.done():
            raise task.exception() or RuntimeError("A session ended while it was measured.")


def measure(start_server, count: int, seconds: float, pauses: int) -> tuple[dict, str]:
    """Measure a server that `count` people use at once, between two times a process alone."""
    alone = [headless.rate(seconds)]
    with start_server() as server:
        measured = asyncio.run(_measure(server, count, seconds, pauses))
    alone.append(headless.rate(seconds))
    headless_rate = statistics.mean(alone)
    measured |= {
        "headless_rate": headless_rate,
        "session_share": measured["session_rate"] / headless_rate,
    }
    before, after = alone
    return measured, (
        f"{count} at once, {pauses} pauses; the headless process alone before them {before:,.0f}, "
        f"after them {after:,.0f} steps/s"
    )
