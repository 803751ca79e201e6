"""What a worker cannot save goes to its server, which gives it to the worker after it.

A full disk, or a database that is away, and then a worker that ends: without this, a run that was
made or trained in between would be gone.
"""

import base64
from collections.abc import Iterator
from typing import Any

from nnviz.runs import limits
from nnviz.runs.leases import Checkpoint

UNASKED = 0  # number of a message that answers no request
_ABOUT = ("id", "lease", "browser")


def message_of(unsaved: Checkpoint) -> dict[str, Any]:
    """Return what goes before the data of a checkpoint, from the worker to its server."""
    return {"number": UNASKED, "unsaved": {name: getattr(unsaved, name) for name in _ABOUT}}


# All could be saved: what was entrusted is no longer needed.
SAVED = {"number": UNASKED, "saved": True}


def checkpoint_of(about: dict[str, Any], data: str) -> Checkpoint:
    """Return the checkpoint of a request of `Entrusted.requests`."""
    return Checkpoint(**about, data=base64.b64decode(data))


class Entrusted:
    """The server's part: what its worker could not save, newest state of each run."""

    def __init__(self):
        self._kept: dict[str, tuple[dict[str, Any], bytes]] = {}

    def take(self, message: dict[str, Any], data: bytes) -> None:
        """Take note of a message that the worker sent unasked."""
        if "saved" in message:
            self._kept = {}
        elif "unsaved" in message:
            about = message["unsaved"]
            kept = self._kept | {about["id"]: (about, data)}
            if sum(len(each) for _, each in kept.values()) <= limits.ENTRUSTED_BYTES:
                self._kept = kept

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yield the requests that give all of it to a new worker."""
        for about, data in self._kept.values():
            text = base64.b64encode(data).decode()
            yield {"number": UNASKED, "op": "take_back", "about": about, "data": text}
