"""Many people at once: as many Streamlit sessions, each with the live line of its own run."""

import asyncio
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import headless, live
from benchmarks.report import percentile
from tests.browser.server import Server

WARM_UP_SECONDS = 4
BETWEEN_PRESSES_SECONDS = 0.15
MEGABYTE = 1e6


@dataclass
class Session:
    """One open page without the drawing: asks for the next frame when it has the last one."""

    streamlit: ClientConnection
    line: ClientConnection
    run: str
    moments: list[live.Moment] = field(default_factory=list)
    _waits_for: tuple[Callable[[live.Moment], bool], asyncio.Future] | None = None

    async def watch(self) -> None:
        """Take frames until cancelled; what ends this early ends the wait for a button too."""
        try:
            await self._take_frames()
        except Exception as error:
            if self._waits_for and not self._waits_for[1].done():
                self._waits_for[1].set_exception(error)
            raise

    async def _take_frames(self) -> None:
        seen = -1
        while True:
            await self.line.send(live.frame_request(seen))
            while live.is_waiting(message := await self.line.recv()):
                pass
            moment = live.moment(message)
            seen = moment.version
            self.moments.append(moment)
            if self._waits_for and self._waits_for[0](moment):
                self._waits_for[1].set_result(moment.at)
                self._waits_for = None

    async def drain(self) -> None:
        """Read what Streamlit still has to say, until cancelled."""
        async for _ in self.streamlit:
            pass

    async def press(self, message: str, is_shown: Callable[[live.Moment], bool]) -> float:
        """Press a button; return the seconds until a frame shows what it has done."""
        shown = asyncio.get_running_loop().create_future()
        self._waits_for = is_shown, shown
        started = time.perf_counter()
        await self.line.send(message)
        async with asyncio.timeout(live.ANSWER_SECONDS):
            return await shown - started

    async def set_running(self, running: bool) -> float:
        """Press Run; return the seconds until a frame shows that it has been heard."""
        state = "running" if running else "paused"
        return await self.press(live.action("run", running), lambda moment: moment.state == state)

    async def step(self) -> float:
        """Press Step, at rest; return the seconds until a frame shows the next step."""
        before = self.moments[-1].step
        return await self.press(live.action("step"), lambda moment: moment.step == before + 1)

    async def close(self) -> None:
        await self.line.close()
        await self.streamlit.close()


async def open_session(url: str, **address: str) -> Session:
    """Open the page as a browser does, with a run of its own or what the address names."""
    query = urlencode(address)
    async with asyncio.timeout(live.ANSWER_SECONDS):
        streamlit = await connect(
            live.websocket_url(url, "_stcore/stream"),
            origin=url, subprotocols=["streamlit"], max_size=None, open_timeout=None,
        )
        run = await _first_script_run(streamlit, query) or address["run"]
        line = await connect(
            live.run_url(url, run), origin=url, max_size=None, open_timeout=None
        )
    return Session(streamlit, line, run)


async def _first_script_run(streamlit: ClientConnection, query: str) -> str | None:
    """Have Streamlit run the page; return the id of a run that it puts into the address."""
    message = BackMsg()
    message.rerun_script.query_string = query
    await streamlit.send(message.SerializeToString())
    run = None
    async for data in streamlit:
        forward = ForwardMsg.FromString(data)
        kind = forward.WhichOneof("type")
        if kind == "page_info_changed":
            (run,) = parse_qs(forward.page_info_changed.query_string).get("run", [run])
        if kind == "script_finished" and (run or "run" in parse_qs(query)):
            return run
    raise RuntimeError("Streamlit closed the session before the page had run.")


def within(moments: list[live.Moment], start: float, end: float) -> list[live.Moment]:
    """Return the moments of a span of time."""
    return [moment for moment in moments if start <= moment.at < end]


def step_rate(moments: list[live.Moment], start: float, end: float) -> float:
    """Return steps per second between the frames that were last before two times."""
    first, last = (
        next((each for each in reversed(moments) if each.at <= time_), moments[0])
        for time_ in (start, end)
    )
    return live.steps_per_second(first, last) if last.at > first.at else 0.0


def training_processes(server: Server) -> list[psutil.Process]:
    """Return the server's workers."""
    return [each for each in server.children() if "nnviz.runs.worker" in each.cmdline()]


def memory_of(processes: list[psutil.Process]) -> float:
    """Return the resident memory of some processes together, in megabytes."""
    return sum(each.memory_info().rss for each in processes) / MEGABYTE


class _Clock:
    """Processor time of some processes since it was made, in percent of one core."""

    def __init__(self, processes: dict[str, list[psutil.Process]]):
        self._processes = processes
        self._started, self._before = time.perf_counter(), self._used()

    def _used(self) -> dict[str, float]:
        return {
            name: sum(sum(each.cpu_times()[:2]) for each in group)
            for name, group in self._processes.items()
        }

    def percent(self) -> dict[str, float]:
        elapsed = time.perf_counter() - self._started
        return {
            name: 100 * (used - self._before[name]) / elapsed for name, used in self._used().items()
        }


class Crowd:
    """The sessions that are open at a server."""

    def __init__(self, server: Server):
        self.server = server
        self.sessions: list[Session] = []
        self._tasks: list[asyncio.Task] = []

    async def add(self, **address: str) -> Session:
        """Open one more page and press Run there."""
        session = await open_session(self.server.url, **address)
        self.follow(session)
        await session.set_running(True)
        return session

    def follow(self, session: Session) -> None:
        """Take the frames of a page that has been opened."""
        self.sessions.append(session)
        self._tasks += [asyncio.create_task(job) for job in (session.watch(), session.drain())]

    def check(self) -> None:
        """Raise what ended a session that should still be at work."""
        for task in self._tasks:
            if task.done():
                raise task.exception() or RuntimeError("A session ended while it was measured.")

    async def watch(self, seconds: float) -> dict[str, float]:
        """Return frames and steps of all sessions over a time, and the processors' use in it."""
        clock = _Clock({
            "worker_cpu": training_processes(self.server),
            "server_cpu": [psutil.Process(self.server.pid)],
            "client_cpu": [psutil.Process()],
        })
        start = time.perf_counter()
        await asyncio.sleep(seconds)
        end = time.perf_counter()
        self.check()
        measured = clock.percent()
        seen = [within(session.moments, start, end) for session in self.sessions]
        frame_rates = [len(moments) / (end - start) for moments in seen]
        self.step_rates = [step_rate(each.moments, start, end) for each in self.sessions]
        return measured | {
            "session_frames_least": min(frame_rates),
            "session_frames": statistics.median(frame_rates),
            "session_rate": sum(self.step_rates),
        }

    async def press(self, presses: int) -> dict[str, float]:
        """Press Pause, Step and Run in one session after the other; return how long it takes."""
        pauses, steps = [], []
        for turn in range(presses):
            session = self.sessions[turn % len(self.sessions)]
            pauses.append(await session.set_running(False))
            steps.append(await session.step())
            await session.set_running(True)
            await asyncio.sleep(BETWEEN_PRESSES_SECONDS)
        self.check()
        return {
            f"session_{name}{suffix}": 1000 * value
            for name, seconds in (("pause", pauses), ("step", steps))
            for suffix, value in (
                ("", statistics.median(seconds)), ("_p95", percentile(seconds, 95)),
            )
        }

    def memory(self) -> tuple[float, float]:
        """Return the megabytes of the Streamlit process, and of all workers."""
        return (
            memory_of([psutil.Process(self.server.pid)]),
            memory_of(training_processes(self.server)),
        )

    async def remove(self, session: Session) -> None:
        """Close one page."""
        index = self.sessions.index(session)
        for task in self._tasks[2 * index : 2 * index + 2]:
            task.cancel()
        del self.sessions[index], self._tasks[2 * index : 2 * index + 2]
        await session.close()

    async def close(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        closing = (session.close() for session in self.sessions)
        await asyncio.gather(*closing, return_exceptions=True)


@asynccontextmanager
async def crowd(server: Server):
    """Give an empty `Crowd`, and see that all of it leaves."""
    async with AsyncExitStack() as stack:
        made = Crowd(server)
        stack.push_async_callback(made.close)
        yield made


async def _measure(server: Server, count: int, seconds: float, presses: int) -> dict[str, float]:
    async with crowd(server) as people:
        # Half of them first: then every worker has started, and what comes is runs alone.
        for _ in range(max(1, count // 2)):
            await people.add()
        await asyncio.sleep(WARM_UP_SECONDS)
        first = len(people.sessions)
        server_before, workers_before = people.memory()
        for _ in range(count - first):
            await people.add()
        await asyncio.sleep(WARM_UP_SECONDS)
        measured = await people.watch(seconds) | await people.press(presses)
        server_after, workers_after = people.memory()
    further = max(1, count - first)
    return measured | {
        "server_memory": server_after,
        "session_memory": (server_after - server_before) / further,
        "run_memory": (workers_after - workers_before) / further,
    }


def measure(start_server, count: int, seconds: float, presses: int) -> tuple[dict, str]:
    """Measure a server that `count` people use at once, between two times a process alone."""
    alone = [headless.rate(seconds)]
    with start_server() as server:
        measured = asyncio.run(_measure(server, count, seconds, presses))
    alone.append(headless.rate(seconds))
    headless_rate = statistics.mean(alone)
    measured |= {
        "headless_rate": headless_rate,
        "session_share": measured["session_rate"] / headless_rate,
    }
    before, after = alone
    return measured, (
        f"{count} at once, {presses} times Pause, Step and Run; the headless process alone before "
        f"them {before:,.0f}, after them {after:,.0f} steps/s"
    )
