"""kill -9 at any moment: of what writes, and of server and worker together."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest

from nnviz.runs import wire
from nnviz.runs.client import WorkerClient
from nnviz.runs.database import sqlite_url
from nnviz.runs.salvage import is_sound
from nnviz.settings import RunConfig
from tests.browser.server import outliving
from tests.runs.samples import PATIENCE, wait_for_saved_step
from tests.runs.test_worker import look

ROUNDS = 4
# Saves as fast as it can, and says what has been written.
WRITER = """
import sys
import sqlalchemy as sa
from nnviz.runs.store import RunStore
store = RunStore(sa.make_url(sys.argv[1]), holder="writer")
saved = store.load("run", claim=True)
number = 0 if saved is None else int(saved.data[:8])
if saved is None:
    store.add("run")
while True:
    number += 1
    store.save("run", b"%08d" % number + bytes([number % 256]) * 200_000)
    while store._waiting:
        pass
    print(number, flush=True)
"""
# A server with a run that trains; what is killed with it is its worker.
SERVER = """
import time
from nnviz.runs.client import WorkerClient
from nnviz.settings import RunConfig
client = WorkerClient()
run = client.create(RunConfig(seed=3))
client.act(run, "run", True)
print(run, client.pid, flush=True)
time.sleep(600)
"""


def started(code, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True,
        env=os.environ | environment,
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_writer_that_is_killed_in_the_middle_loses_nothing_that_was_written(
    kind, path, request, open_store
):
    url = sqlite_url(path) if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    dice = random.Random(1)
    written = 0
    for _ in range(ROUNDS):
        process = started(WRITER, url.render_as_string(hide_password=False))
        with process.stdout as lines:
            first = int(lines.readline())
            assert first > written  # it goes on from where the last one was
            time.sleep(dice.random() / 5)
            process.send_signal(signal.SIGKILL)
            written = max([first, *(int(line) for line in lines if line.endswith("\n"))])
        process.wait()
        store = open_store(url, holder="writer")
        data = store.load("run").data
        store.close()
        number = int(data[:8])
        assert number >= written
        assert data[8:] == bytes([number % 256]) * 200_000
        written = number
    if kind == "sqlite":
        assert is_sound(path)


def test_server_and_worker_killed_together_lose_a_few_seconds_and_no_run(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    server = started(SERVER)
    with server.stdout as lines:
        run, worker = lines.readline().split()
    wait_for_saved_step(tmp_path / "runs.sqlite3", run)
    killed = [psutil.Process(server.pid), psutil.Process(int(worker))]
    for process in killed:
        process.kill()
    server.wait()
    assert outliving(killed[1:]) == []
    client = WorkerClient()
    try:
        meta, _ = look(client, run)
        assert (meta["state"], meta["step"] > 0) == ("running", True)
        # Nobody tells the new worker that the old one is dead: whoever presses something need not
        # wait until its lease ends, and whoever only watches waits for that long at most.
        client.act(run, "step")
        pressed, _ = look(client, run)
        # After that step at once; or after others, where the lease had ended by then.
        assert (pressed["state"], pressed["step"] > meta["step"]) == ("paused", True)
        client.act(run, "run", True)
        deadline = time.monotonic() + PATIENCE
        while look(client, run)[0]["step"] < pressed["step"] + 50:
            assert time.monotonic() < deadline
    finally:
        client.close()


@contextlib.contextmanager
def locked(path):
    """Keep an SQLite file from being written, as a full disk does."""
    with contextlib.closing(sqlite3.connect(path, PATIENCE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def entrusted_steps(client):
    """The steps of the runs that the server keeps for its worker, by id."""
    return {
        run: wire.unpack(data)[0]["trainer"]["step_count"]
        for run, (_, data) in client._entrusted._kept.items()
    }


def wait_for_entrusted(client, steps):
    deadline = time.monotonic() + PATIENCE
    while entrusted_steps(client) != steps:
        assert time.monotonic() < deadline, entrusted_steps(client)
        time.sleep(0.02)


def test_a_worker_killed_while_nothing_can_be_saved_loses_no_run(tmp_path, monkeypatch):
    """Neither one that was never saved, nor what another one has learned since it was."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    path, client = tmp_path / "runs.sqlite3", WorkerClient()
    try:
        old = client.create(RunConfig(seed=3))
        client.act(old, "step")
        wait_for_saved_step(path, old)
        with locked(path):
            client.act(old, "step")
            new = client.create(RunConfig(seed=4), browser="mine")
            client.act(new, "step")
            wait_for_entrusted(client, {old: 2, new: 1})
            psutil.Process(client.pid).kill()
            for run, step in ((old, 2), (new, 1)):
                # Asked again of the new worker, where the old one's end comes in between.
                figures = client.ask("question", run=run, question="figures", arguments={})
                assert figures["step"] == step
        wait_for_saved_step(path, old, 2)
        wait_for_saved_step(path, new)
        assert [run["id"] for run in client.runs_of("mine")] == [new]
        wait_for_entrusted(client, {})  # or old states would come back after another end
    finally:
        client.close()
