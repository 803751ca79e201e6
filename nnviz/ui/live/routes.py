"""The live line of a page: a WebSocket from the browser to its run, and the page's modules.

Frames go from the worker to the browser without passing through a script run of Streamlit:
thirty pages that poll through fragments would keep a core busy with reruns alone.
"""

import asyncio
import contextlib
import json
import mimetypes
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from nnviz.runs import limits
from nnviz.runs.client import WorkerClient
from nnviz.runs.errors import RunError, StoreUnavailable, UnknownRun, WorkerLost
from nnviz.runs.pool import shared_client

UI = Path(__file__).resolve().parents[1]
POLICY_VIOLATION = 1008  # WebSocket close code
_STORE_WAITS = "The store of runs cannot be used at the moment. Trying again."

# Windows takes the type of .js from its registry, where it may be text/plain: no module then.
mimetypes.add_type("text/javascript", ".js")


class _Assets(StaticFiles):
    """Files that the browser asks about again each time, so that an update is seen at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def routes() -> list[BaseRoute]:
    """Return the routes beside Streamlit's own: the live line, and each component's modules.

    Components lie side by side, so that one's module imports another's as ``../live/x.js``.
    """
    folders = sorted(UI.glob("*/assets"))
    return [
        WebSocketRoute("/nnviz/runs/{run}", _live),
        *(
            Mount(f"/nnviz/assets/{folder.parent.name}", _Assets(directory=folder))
            for folder in folders
        ),
    ]


async def _live(socket: WebSocket) -> None:
    if not _is_from_this_site(socket):
        await socket.close(POLICY_VIOLATION)
        return
    await socket.accept()
    run = socket.path_params["run"]
    line = _Line(socket, shared_client().of(run), run)
    # A page that goes away, at any moment, is no error.
    try:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await line.serve()
    finally:
        line.close()


def _is_from_this_site(socket: WebSocket) -> bool:
    """Return whether the page that connects came from this server: browsers send both headers."""
    headers = socket.headers
    origin = urlsplit(headers.get("origin", "")).netloc
    return origin in (headers.get("host"), headers.get("x-forwarded-host"))


class _Line:
    """One open page: answers its requests in order, with one frame under way at a time."""

    def __init__(self, socket: WebSocket, client: WorkerClient, run: str):
        self._socket, self._client, self._run = socket, client, run
        self._frame: asyncio.Task | None = None
        self._future: Future | None = None
        self._questions: set[asyncio.Task] = set()
        # An answer with arrays is two messages; nothing may come between them.
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            message = _parsed(received.get("text") or "")
            if message is None:
                await self._say("error", "The page sent something that could not be read.")
            elif message.get("type") == "frame":
                self._give_up_frame()
                self._frame = asyncio.create_task(self._send_frame(message))
            elif message.get("type") == "ask":
                await self._take_question(message)
            else:
                await self._act(message)

    async def _submit(self, op: str, **arguments: Any) -> Any:
        # Starting a process takes a second; everything else is a short write.
        if not self._client.is_running:
            await asyncio.to_thread(self._client.start)
        future = self._client.submit(op, run=self._run, **arguments)
        if op == "frame":
            self._future = future
        return await asyncio.wrap_future(future)

    async def _send_frame(self, message: dict[str, Any]) -> None:
        seen, quantity = message.get("seen"), message.get("quantity")
        for seen_ in (seen if isinstance(seen, int) else -1, -1):
            try:
                packed = await self._frame_of(seen=seen_, quantity=str(quantity))
            except WorkerLost as error:
                await self._say("waiting", str(error))
                continue
            except RunError as error:
                await self._refuse(error)
                return
            async with self._sending:
                with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                    await self._socket.send_bytes(packed)
            return

    async def _frame_of(self, **asked: Any) -> bytes:
        """Return a frame, of a run that first has to be had from the store as soon as it can be."""
        while True:
            try:
                return await self._submit("frame", **asked)
            except StoreUnavailable:
                await self._say("waiting", _STORE_WAITS)
                await asyncio.sleep(limits.STORE_RETRY_SECONDS)

    async def _take_question(self, message: dict[str, Any]) -> None:
        if len(self._questions) >= limits.QUESTIONS_AT_ONCE:
            text = "Too many questions at once: wait for an answer first."
            await self._say("refused", text, number=message.get("number"))
            return
        task = asyncio.create_task(self._send_answer(message))
        self._questions.add(task)
        task.add_done_callback(self._questions.discard)

    async def _send_answer(self, message: dict[str, Any]) -> None:
        number, arguments = message.get("number"), message.get("arguments")
        try:
            result = await self._submit(
                "question", question=message.get("question"),
                arguments=arguments if isinstance(arguments, dict) else {},
            )
        except RunError as error:
            await self._say("refused", str(error), number=number)
            return
        has_arrays = isinstance(result, bytes)
        about = {"type": "answer", "number": number}
        about |= {"arrays": True} if has_arrays else {"result": result}
        async with self._sending:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.send_text(json.dumps(about))
                if has_arrays:
                    await self._socket.send_bytes(result)

    async def _act(self, message: dict[str, Any]) -> None:
        try:
            await self._submit("act", action=message.get("action"), value=message.get("value"))
        except RunError as error:
            await self._refuse(error)

    async def _refuse(self, error: RunError) -> None:
        await self._say("unknown" if isinstance(error, UnknownRun) else "error", str(error))

    async def _say(self, kind: str, text: str, **more: Any) -> None:
        async with self._sending:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.send_text(json.dumps({"type": kind, "text": text, **more}))

    def close(self) -> None:
        """Give up what is under way."""
        for task in self._questions:
            task.cancel()
        self._give_up_frame()
        if self._client.is_running:
            with contextlib.suppress(WorkerLost):
                self._client.submit("leave", run=self._run)

    def _give_up_frame(self) -> None:
        if self._frame is not None:
            self._frame.cancel()
        if self._future is not None and not self._future.done():
            with contextlib.suppress(WorkerLost):
                self._client.submit("cancel", target=self._future.number)
        self._frame = self._future = None


def _parsed(text: str) -> dict[str, Any] | None:
    if len(text) > limits.LONGEST_QUESTION:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
