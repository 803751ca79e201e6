"""A real worker process, spoken to as the server does."""

import contextlib
import json
import sqlite3
import struct
import sys
import time
from concurrent.futures import TimeoutError as FutureTimeoutError

import numpy as np
import psutil
import pytest

from nnviz.runs import wire
from nnviz.runs import worker as worker_module
from nnviz.runs.client import WorkerClient
from nnviz.runs.errors import RunError, UnknownRun, WorkerLost
from nnviz.runs.run import Run
from nnviz.runs.worker import FrameRequest, Worker
from nnviz.settings import RunConfig
from tests.browser.server import outliving
from tests.runs.samples import FRAGILE, PATIENCE, RUINOUS_RATE, take, wait_for_saved_step


@pytest.fixture
def client(monkeypatch, tmp_path):
    """A client with a data folder of its own; its worker starts with the first request."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    made = WorkerClient()
    yield made
    made.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def shared(folder):
    """One worker for the tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_DATA_DIR", str(folder))
        made = WorkerClient()
        made.start()
    yield made
    made.close()


def look(client, run, seen=-1, quantity="weights"):
    """The next frame of a run that is not of version `seen`."""
    return wire.unpack(
        client.submit("frame", run=run, seen=seen, quantity=quantity).result(PATIENCE)
    )


def look_until(client, run, condition):
    """Watch a run as a page does until its meta fulfils a condition; returns the meta."""
    deadline, seen = time.monotonic() + PATIENCE, -1
    while time.monotonic() < deadline:
        meta, _ = look(client, run, seen)
        if condition(meta):
            return meta
        seen = meta["version"]
    raise AssertionError(f"Not within {PATIENCE} s; the last meta is {meta}.")


def steps(client, run):
    return look(client, run)[0]["step"]


def kill(client):
    """End the worker as a crash would, and wait until the client knows."""
    psutil.Process(client.pid).kill()
    deadline = time.monotonic() + PATIENCE
    while client.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not client.is_running


def test_a_run_is_made_and_shown(shared):
    run = shared.create(RunConfig(seed=5))
    assert shared.config(run) == RunConfig(seed=5)
    meta, arrays = look(shared, run)
    assert (meta["state"], meta["step"], meta["seed"]) == ("ready", 0, 5)
    np.testing.assert_array_equal(
        arrays["W0"], Run(RunConfig(seed=5)).network.weights[0]
    )


def test_the_worker_trains_the_same_weights_as_this_process(shared):
    run = shared.create(RunConfig())
    for _ in range(50):
        shared.act(run, "step")
    _, arrays = look(shared, run)
    np.testing.assert_array_equal(arrays["W0"], take(Run(RunConfig()), 50).network.weights[0])


def test_an_answer_to_an_act_holds_the_settings_after_it(shared):
    run = shared.create(RunConfig())
    assert shared.act(run, "change", {"learning_rate": 0.3}).learning_rate == 0.3
    assert shared.act(run, "new_weights").seed == 1
    assert shared.config(run) == RunConfig(seed=1, learning_rate=0.3)


@pytest.mark.parametrize("run", ["", "unknown", "é\x00", "x" * 3000, "\ud800"])
@pytest.mark.parametrize("op", ["info", "act", "frame"])
def test_an_unknown_run_is_an_error_of_its_own(shared, op, run):
    arguments = {"info": {}, "act": {"action": "step"}, "frame": {"seen": 0, "quantity": "weights"}}
    with pytest.raises(UnknownRun, match="not known here: its link is wrong, or it was deleted"):
        shared.ask(op, run=run, **arguments[op])


@pytest.mark.parametrize(
    ("action", "value"),
    [("fly", None), ([1], None), ({"a": 1}, None), ("run", [1]), ("speed", {}), ("stops", 7),
     ("change", {"learning_rate": 10**400}), ("change", {"batch_size": [1]}), ("back", None)],
)
def test_an_impossible_act_is_refused_and_the_worker_lives(shared, action, value):
    run, pid = shared.create(RunConfig()), shared.pid
    with pytest.raises(RunError):
        shared.ask("act", run=run, action=action, value=value)
    assert shared.act(run, "step") == RunConfig()
    assert shared.pid == pid


@pytest.mark.parametrize(
    ("op", "arguments"),
    [("frame", {"seen": 0, "quantity": "colour"}), ("fly", {}), ("act", {"nonsense": 1}),
     ("create", {"config": {"seed": -1}}), ("create", {"config": {"wings": 2}})],
)
def test_a_request_that_makes_no_sense_is_refused_and_the_worker_lives(shared, op, arguments):
    run, pid = shared.create(RunConfig()), shared.pid
    if op in ("frame", "act"):
        arguments = arguments | {"run": run}
    with pytest.raises(RunError):
        shared.ask(op, **arguments)
    assert (steps(shared, run), shared.pid) == (0, pid)


def test_a_frame_waits_until_something_changes(shared):
    run = shared.create(RunConfig())
    version = look(shared, run)[0]["version"]
    waiting = shared.submit("frame", run=run, seen=version, quantity="weights")
    with pytest.raises(FutureTimeoutError):
        waiting.result(0.3)
    shared.act(run, "step")
    meta, _ = wire.unpack(waiting.result(PATIENCE))
    assert meta["step"] == 1
    assert meta["version"] > version


def test_everybody_who_waits_gets_the_frame(shared):
    run = shared.create(RunConfig())
    version = look(shared, run)[0]["version"]
    waiting = [
        shared.submit("frame", run=run, seen=version, quantity=quantity)
        for quantity in ("weights", "weights", "gradient")
    ]
    shared.act(run, "step")
    metas = [wire.unpack(future.result(PATIENCE))[0] for future in waiting]
    assert [(meta["step"], meta["quantity"]) for meta in metas] == [
        (1, "weights"), (1, "weights"), (1, "gradient"),
    ]


def test_a_frame_given_up_does_not_come(shared):
    run = shared.create(RunConfig())
    version = look(shared, run)[0]["version"]
    waiting = shared.submit("frame", run=run, seen=version, quantity="weights")
    shared.ask("cancel", target=waiting.number)
    shared.act(run, "step")
    assert steps(shared, run) == 1
    assert not waiting.done()
    waiting.cancel()
    assert waiting.number not in shared._futures


def test_a_run_trains_by_itself_until_it_is_paused(shared):
    run = shared.create(RunConfig())
    shared.act(run, "run", True)
    meta = look_until(shared, run, lambda meta: meta["step"] > 100)
    assert meta["state"] == "running"
    assert meta["steps_per_second"] > 0
    shared.act(run, "run", False)
    paused = steps(shared, run)
    time.sleep(0.2)
    assert steps(shared, run) == paused


def test_a_pause_holds_while_others_train(shared):
    runs = [shared.create(RunConfig(seed=seed)) for seed in range(3)]
    for run in runs:
        shared.act(run, "run", True)
    try:
        for _ in range(20):
            shared.act(runs[0], "run", False)
            paused = steps(shared, runs[0])
            shared.act(runs[0], "step")
            shared.act(runs[0], "step")
            assert steps(shared, runs[0]) == paused + 2
            shared.act(runs[0], "speed", 1)  # in the middle of a turn: nothing is due then
            shared.act(runs[0], "run", True)
            shared.act(runs[0], "speed", 0)
    finally:
        for run in runs:
            shared.act(run, "run", False)


class Held(list):
    """The runs of a shelf without a store."""

    def held(self):
        return list(self)

    def get(self, run_id):
        return next((run for run in self if run.id == run_id), None)

    def in_use(self):
        return len(self)


@pytest.mark.parametrize("act", [("run", False), ("reset",), ("speed", 1), ("step",)])
def test_a_run_whose_turn_is_over_before_it_came_is_passed_over(act):
    runs = [Run(RunConfig(seed=seed)) for seed in range(2)]
    worker = Worker(None, Held(runs))
    for run in runs:
        run.act("run", True)
    worker._train_next()
    (next_one,) = worker._turn
    next_one.act(*act)
    version, step = next_one.version, next_one.trainer.step_count
    worker._train_next()
    assert (next_one.version, next_one.trainer.step_count) == (version, step)


class Mail:
    """A connection whose requests come while the worker is at work; keeps what is sent back."""

    def __init__(self):
        self.requests, self.replies = [], []

    def poll(self, patience):
        return bool(self.requests)

    def recv_bytes(self):
        return json.dumps(self.requests.pop(0)).encode()

    def send_bytes(self, message):
        (length,) = struct.unpack_from("<I", message)
        self.replies.append(json.loads(message[4 : 4 + length])["number"])


def test_a_question_goes_before_the_next_frame_and_may_give_it_up(monkeypatch):
    mail, runs = Mail(), [Run(RunConfig(seed=seed)) for seed in range(3)]
    worker = Worker(mail, Held(runs))
    worker._waiting = [
        FrameRequest(number, run.id, True, -1, "weights") for number, run in enumerate(runs, 1)
    ]

    def make(run, quantity):
        if run is runs[0]:
            mail.requests += [
                {"number": 10, "op": "preview", "config": RunConfig().to_dict()},
                {"number": 11, "op": "cancel", "target": 2},
            ]
        return b""

    monkeypatch.setattr(worker_module, "frame", make)
    worker._send_due_frames()
    assert mail.replies == [1, 10, 11, 3]
    assert worker._waiting == []


def test_two_runs_get_the_same_time(shared):
    runs = [shared.create(RunConfig(seed=seed)) for seed in (1, 2)]
    for run in runs:
        shared.act(run, "run", True)
    look_until(shared, runs[0], lambda meta: meta["step"] > 2000)
    # The second began later, and is read a little later: what counts is what either gets from now
    # on. Where something else kept this process from looking, it looks again.
    for _ in range(20):
        before = [steps(shared, run) for run in runs]
        look_until(shared, runs[0], lambda meta, past=before[0]: meta["step"] > past + 2000)
        counts = [steps(shared, run) - past for run, past in zip(runs, before, strict=True)]
        if max(counts) < 3 * min(counts):
            break
    else:
        pytest.fail(f"The runs took {counts} steps in the same time.")
    for run in runs:
        shared.act(run, "run", False)


def test_a_wide_network_does_not_starve_a_small_one(shared):
    wide = shared.create(RunConfig(hidden=((512, "relu"),) * 3))
    small = shared.create(RunConfig())
    for run in (wide, small):
        shared.act(run, "run", True)
    look_until(shared, small, lambda meta: meta["step"] > 300)
    # In this order: the small one may go on between the two.
    assert steps(shared, wide) < steps(shared, small)
    # Nor is it left out, once it has paid for being made.
    look_until(shared, wide, lambda meta: meta["step"] > 0)
    for run in (wide, small):
        shared.act(run, "run", False)


def test_an_idle_worker_uses_no_processor(client):
    runs = [client.create(RunConfig(seed=seed)) for seed in range(3)]
    for run in runs:
        client.act(run, "step")
        client.submit("frame", run=run, seen=look(client, run)[0]["version"], quantity="weights")
    process = psutil.Process(client.pid)
    # A busy machine takes a while to get there; one that waits by asking never gets there.
    for _ in range(20):
        before = sum(process.cpu_times()[:2])
        time.sleep(1.5)
        if (used := sum(process.cpu_times()[:2]) - before) <= 0.06:
            return
    pytest.fail(f"It uses {used} s of 1.5 s.")


def test_training_that_blows_up_says_so_to_who_watches(shared):
    run = shared.create(FRAGILE.changed(learning_rate=RUINOUS_RATE))
    shared.act(run, "run", True)
    meta = look_until(shared, run, lambda meta: meta["state"] != "running")
    assert meta["state"] == "diverged"
    assert "blew up at step" in meta["notice"]["text"]
    _, arrays = look(shared, run, quantity="gradient")
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_a_killed_worker_is_replaced_and_the_run_goes_on(client, tmp_path):
    run, still = client.create(RunConfig()), client.create(RunConfig())
    client.act(run, "speed", 100)
    client.act(run, "run", True)
    saved = wait_for_saved_step(tmp_path / "runs.sqlite3", run)
    version = look(client, still)[0]["version"]
    waiting = client.submit("frame", run=still, seen=version, quantity="weights")
    killed = client.pid
    kill(client)
    with pytest.raises(WorkerLost, match="ended; a new one is starting"):
        waiting.result(PATIENCE)
    meta, _ = look(client, run)
    assert client.pid != killed
    assert (meta["state"], meta["speed"]) == ("running", 100)
    assert "was started again. The run goes on from step" in meta["notice"]["text"]
    assert meta["step"] >= saved
    look_until(client, run, lambda later: later["step"] > meta["step"] + 5)
    client.act(run, "step")
    assert look(client, run)[0]["notice"] is None
    assert look(client, still)[0]["notice"] is None


def test_a_closed_client_saves_its_runs_and_starts_no_more_workers(client, tmp_path):
    run = client.create(RunConfig())
    client.act(run, "run", True)
    look_until(client, run, lambda meta: meta["step"] > 20)
    process = psutil.Process(client.pid)
    client.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait(PATIENCE)
    with pytest.raises(WorkerLost, match="The server is stopping"):
        client.start()
    second = WorkerClient()
    try:
        meta, _ = look(second, run)
        # Saved at its last step, and no crash: nothing to tell.
        assert meta["step"] > 20
        assert (meta["state"], meta["notice"]) == ("running", None)
        assert look(second, run)[0]["step"] >= meta["step"]
    finally:
        second.close()


def test_a_worker_ends_with_the_server_that_started_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    code = (
        "import os\n"
        "from nnviz.runs.client import WorkerClient\n"
        "client = WorkerClient()\n"
        "client.start()\n"
        "print(client.pid, flush=True)\n"
        "os._exit(1)\n"
    )
    server = psutil.Popen([sys.executable, "-c", code], stdout=-1, text=True)
    with server.stdout:
        worker = int(server.stdout.readline())
    with contextlib.suppress(psutil.NoSuchProcess):
        assert outliving([psutil.Process(worker)]) == []
    server.wait(PATIENCE)


def test_a_worker_that_does_not_start_is_an_error(client, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/true" if sys.platform != "win32" else "where")
    with pytest.raises(WorkerLost, match="The training process did not start"):
        client.start()
    assert not client.is_running


@pytest.fixture
def two_at_most(monkeypatch, tmp_path):
    """A client of a worker that keeps two runs in memory."""
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NNVIZ_RUNS_ALIVE", "2")
    monkeypatch.setenv("NNVIZ_WORKERS", "1")
    made = WorkerClient()
    yield made
    made.close()


def test_runs_that_are_being_looked_at_fill_a_server(two_at_most):
    first, second = (two_at_most.create(RunConfig(seed=seed)) for seed in (1, 2))
    with pytest.raises(RunError, match="This server is full: 2 runs are open here"):
        two_at_most.create(RunConfig())
    assert [two_at_most.config(run).seed for run in (first, second)] == [1, 2]


def test_a_damaged_checkpoint_is_an_unknown_run(shared, folder):
    with contextlib.closing(sqlite3.connect(folder / "runs.sqlite3")) as connection, connection:
        connection.execute(
            "INSERT INTO runs (id, share, name, created_at, saved_at, used_at, lease, bytes, "
            "summary) VALUES ('broken', '~broken', '', ?, ?, ?, 0, 6, '{}')", (time.time(),) * 3
        )
        connection.execute("INSERT INTO checkpoints VALUES ('broken', ?)", (b"broken",))
    with pytest.raises(UnknownRun, match="This run cannot be read"):
        shared.config("broken")
    assert shared.ask("status")["warning"] is None


def test_pages_of_one_run_all_get_its_frames(client):
    run = client.create(RunConfig())
    client.act(run, "run", True)
    pages = dict.fromkeys(range(5), -1)
    waiting = {}
    shown = {number: [] for number in pages}
    deadline = time.monotonic() + PATIENCE
    while min(map(len, shown.values())) < 20:
        assert time.monotonic() < deadline, shown
        for number, seen in pages.items():
            if number not in waiting:
                waiting[number] = client.submit("frame", run=run, seen=seen, quantity="weights")
        for number, future in list(waiting.items()):
            if future.done():
                pages[number] = wire.unpack(waiting.pop(number).result())[0]["version"]
                shown[number].append(pages[number])
        time.sleep(0.005)
    client.act(run, "run", False)
    # Each of them, not all of them together, gets what one page alone would get: the same frames.
    counts = [len(versions) for versions in shown.values()]
    assert min(counts) > 0.6 * max(counts)
    assert len(set().union(*shown.values())) < 0.6 * sum(counts)
