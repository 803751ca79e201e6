"""A download under way beside the server: begun by one page, seen by all."""

import atexit
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

from nnviz.data import download
from nnviz.folder import data_folder

_PROJECT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", download.__name__)


class Download:
    """Brings MNIST into the data folder, in a process of its own.

    Attributes
    ----------
    reason : str or None
        Why the last one failed.
    """

    def __init__(self):
        self.reason: str | None = None
        self._process: subprocess.Popen | None = None
        self._home: Path | None = None
        self._began = 0.0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin, where it has not begun yet."""
        with self._lock:
            if self._process is not None:
                return
            self.reason = None
            try:
                data_folder().mkdir(parents=True, exist_ok=True)
                self._home = Path(tempfile.mkdtemp(prefix="download-", dir=data_folder()))
                self._process = subprocess.Popen(
                    [*COMMAND, str(self._home)], cwd=_PROJECT, text=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                )
            except OSError as error:
                self.reason = f"The download could not be begun: {error}."
                self._tidy()
                return
            self._began = time.monotonic()

    def is_running(self) -> bool:
        """Return whether it is under way; what it has come to is then in `reason`."""
        with self._lock:
            if self._process is None:
                return False
            if self._process.poll() is None:
                return True
            said = self._process.communicate()[0]
            if self._process.returncode:
                self.reason = _reason(said)
            self._tidy()
            return False

    @property
    def megabytes(self) -> float:
        """What has been read so far."""
        home = self._home
        if home is None:
            return 0.0
        try:
            return sum(p.stat().st_size for p in home.rglob("*") if p.is_file()) / 1e6
        except OSError:  # a file was just moved
            return 0.0

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """Give it up."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
                self._tidy()

    def _tidy(self) -> None:
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
        self._process = self._home = None


def _reason(said: str) -> str:
    try:
        return json.loads(said.strip().splitlines()[-1])["reason"]
    except (ValueError, LookupError, TypeError):
        return "The download ended without a word; the server's log may have one."


@cache
def shared_download() -> Download:
    """Return this server's download."""
    made = Download()
    atexit.register(made.stop)
    return made
