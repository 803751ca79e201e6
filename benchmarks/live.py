"""The live WebSocket of a run, spoken as the page does, from Python."""

import json
import struct
import time
from typing import Any, NamedTuple
from urllib.parse import quote

from websockets.sync.client import connect

ANSWER_SECONDS = 60


class Moment(NamedTuple):
    """What a benchmark needs of a frame, and when it came."""

    at: float
    version: int
    step: int
    state: str


def websocket_url(url: str, path: str) -> str:
    """Return the address of a WebSocket of the server at `url`."""
    return f"{url.replace('http', 'ws', 1)}/{path}"


def run_url(url: str, run: str) -> str:
    """Return the address of a run's live WebSocket."""
    return websocket_url(url, f"nnviz/runs/{quote(run, safe='')}")


def frame_request(seen: int) -> str:
    """Return the request for a frame newer than version `seen`; -1 for whatever there is."""
    return json.dumps({"type": "frame", "seen": seen, "quantity": "weights"})


def action(name: str, value: Any = None) -> str:
    """Return the request to do something with the run."""
    return json.dumps({"type": "act", "action": name, "value": value})


def header(message: bytes) -> dict[str, Any]:
    """Return the `meta` of a frame; its arrays are not touched.

    Raises
    ------
    ValueError
        If the message is no frame: the server answers with a text where it cannot send one.
    """
    if isinstance(message, str):
        raise ValueError(f"Expected a frame. Received: {message[:200]}")
    try:
        (length,) = struct.unpack_from("<I", message)
        return json.loads(message[4 : 4 + length])["meta"]
    except (struct.error, KeyError, ValueError) as error:
        raise ValueError(f"Not a frame, {len(message)} bytes: {error}.") from error


def is_waiting(message: bytes | str) -> bool:
    """Return whether this says that the frame comes later, for the store of runs is busy."""
    return isinstance(message, str) and json.loads(message)["type"] == "waiting"


def moment(message: bytes) -> Moment:
    """Return what is needed of a frame that came just now."""
    at = time.perf_counter()
    meta = header(message)
    return Moment(at, meta["version"], meta["step"], meta["state"])


def steps_per_second(first: Moment, last: Moment) -> float:
    """Return the rate of training between two frames."""
    return (last.step - first.step) / (last.at - first.at)


def measured_rate(url: str, run: str, seconds: float) -> float:
    """Return a run's steps per second over some seconds, for the price of two frames."""
    with connect(run_url(url, run), origin=url, max_size=None) as socket:

        def now() -> Moment:
            socket.send(frame_request(-1))
            return moment(socket.recv(ANSWER_SECONDS))

        first = now()
        time.sleep(seconds)
        return steps_per_second(first, now())
