"""The app as its users get it: `streamlit run app.py` in a process of its own."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.runs.samples import wait_for_saved_step

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.1
START_SECONDS = 60
STOP_SECONDS = 60
COMPLAINT = re.compile(r"Traceback \(most recent call last\)|Warning: ")


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes
    ----------
    url : str
        Where the app is, without a slash at the end.
    pid : int
        Process id of Streamlit.
    data_dir : Path
        The server's NNVIZ_DATA_DIR.
    log_path : Path
        What the server and its worker have printed.
    """

    url: str
    pid: int
    data_dir: Path
    log_path: Path

    @property
    def store(self):
        """The SQLite file of its runs."""
        return self.data_dir / "runs.sqlite3"

    def wait_for_saved_step(self, run):
        """Wait until a run has been saved after its first step; returns at which one."""
        return wait_for_saved_step(self.store, run)

    @property
    def log(self):
        """Everything printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def complaints(self):
        """The lines of the log that begin an exception or tell a warning."""
        return [line for line in self.log.splitlines() if COMPLAINT.search(line)]

    def children(self):
        """The processes that the server has started, and theirs, as psutil.Process."""
        return psutil.Process(self.pid).children(recursive=True)


def pause_run_of(address):
    """Pause the run that a page's address names, if it does: it would train on for ten minutes."""
    found = re.match(r"http(://[^/]+)/.*[?&]run=([\w-]+)", address)
    if found is None:
        return
    host, run = found.groups()
    with (
        contextlib.suppress(OSError, TimeoutError, WebSocketException),
        connect(f"ws{host}/nnviz/runs/{run}", origin=f"http{host}") as line,
    ):
        line.send(json.dumps({"type": "act", "action": "run", "value": False}))
        line.send(json.dumps({"type": "frame", "seen": -1, "quantity": "weights"}))
        line.recv(START_SECONDS)  # an act has no answer, but is done before the frame


def free_port():
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_healthy(url):
    """Whether the server answers at Streamlit's health address."""
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def outliving(processes):
    """Those of the processes that still run after STOP_SECONDS."""
    for _ in range(int(STOP_SECONDS / POLL_SECONDS)):
        processes = [process for process in processes if is_alive(process)]
        if not processes:
            break
        time.sleep(POLL_SECONDS)
    return processes


def is_alive(process):
    """Whether a process runs; in a container the dead may stay as zombies, with nobody to reap."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start_server(folder):
    """Start the app and wait until it answers.

    Parameters
    ----------
    folder : Path
        An empty folder for the log and the server's data.

    Returns
    -------
    process : subprocess.Popen
        To be given to `stop_server`.
    server : Server

    Raises
    ------
    RuntimeError
        If the server ends or does not answer in time; the message holds its log.
    """
    port = free_port()
    server_folder = folder / "data"
    server_folder.mkdir()
    log_path = folder / "server.log"
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += [f"--server.{name}={value}" for name, value in options.items()]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                **os.environ,
                "NNVIZ_DATA_DIR": str(server_folder),
                "PYTHONWARNINGS": "default",  # into the log, where complaints() finds them
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process.pid, server_folder, log_path)
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        if is_healthy(server.url):
            return process, server
        if process.poll() is not None:
            break
        time.sleep(POLL_SECONDS)
    stop_server(process)
    raise RuntimeError(f"`{' '.join(command)}` did not come up:\n{server.log}")


def stop_server(process):
    """End the server and see that everything it started ends with it.

    Raises
    ------
    RuntimeError
        If a process that the server had started outlives it; it is killed first.
    """
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
    orphans = outliving(children)
    for orphan in orphans:
        orphan.kill()
    if orphans:
        raise RuntimeError(f"The server is gone, but not what it had started: {orphans}.")
