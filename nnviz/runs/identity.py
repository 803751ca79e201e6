"""The names of runs and browsers: each unguessable, and none to be had from another.

Who knows a run's id controls the run; who knows its share id sees it and may copy it. A browser's
key is kept by the browser alone: what is stored is its hash.
"""

import base64
import hashlib
import re
import secrets
import zlib

HOLDER_VARIABLE = "NNVIZ_HOLDER"  # a worker's name in the store; set for the worker by its client
# Not in the alphabet of `secrets.token_urlsafe`, so that no run's id reads like a share id.
SHARED = "~"
_PURPOSES = {"share": b"nnviz share ", "browser": b"nnviz browser "}
_PLACE = re.compile(r"[0-9a-f]{8}")
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")


def new_id() -> str:
    """Return an unguessable id of 128 bits: for a run, or as a browser's key."""
    return secrets.token_urlsafe(16)


def share_id(run_id: str) -> str:
    """Return the id under which a run is seen and copied; the run's own cannot be had from it.

    It ends with the hash that says which worker has the run: 32 of the id's 128 bits.
    """
    return f"{SHARED}{_hashed('share', run_id)}{place_hash(run_id):08x}"


def place_hash(any_id: str) -> int:
    """Return 32 bits that a run's id and its share id have in common."""
    if is_share_id(any_id) and _PLACE.fullmatch(any_id[-8:]):
        return int(any_id[-8:], 16)
    return zlib.crc32(any_id.encode(errors="replace"))


def is_share_id(any_id: str) -> bool:
    """Return whether an id only shows a run."""
    return any_id.startswith(SHARED)


def is_browser_key(key: str) -> bool:
    """Return whether a text has the form of a browser's key."""
    return _KEY.fullmatch(key) is not None


def browser_id(key: str) -> str:
    """Return what is stored of a browser's key."""
    return _hashed("browser", key)


def _hashed(purpose: str, text: str) -> str:
    digest = hashlib.sha256(_PURPOSES[purpose] + text.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
