"""Several workers on one server, each with runs of its own."""

import time
from concurrent.futures import Future

import psutil
import pytest

from nnviz.runs import limits
from nnviz.runs.errors import UnknownRun, WorkerLost
from nnviz.runs.places import place_of
from nnviz.runs.pool import WorkerPool
from nnviz.settings import RunConfig
from tests.runs.samples import PATIENCE
from tests.runs.test_worker import look_until, steps


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Two workers, of which the second has been started by the number of runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_DATA_DIR", str(tmp_path_factory.mktemp("pool")))
        made = WorkerPool(2)
        made.runs = [made.create(RunConfig(seed=seed)) for seed in range(limits.RUNS_EACH + 2)]
        yield made
    made.close()


def test_the_second_worker_starts_when_the_first_has_its_share_of_runs(pool):
    assert [place_of(run, 2) for run in pool.runs] == [0] * limits.RUNS_EACH + [1, 1]
    assert all(client.is_running for client in pool.clients)


class Client:
    """A worker that counts the runs it is asked for, and makes one when it is told to."""

    def __init__(self, in_use=0, is_running=True):
        self.in_use, self.is_running, self.asked = in_use, is_running, []

    def submit(self, op, **arguments):
        if not self.is_running:
            raise WorkerLost("It does not start.")
        self.asked.append(Future())
        return self.asked[-1]

    def make_one(self):
        self.in_use += 1
        self.asked.pop().set_result({"run": "x"})


@pytest.fixture
def two(monkeypatch):
    """A pool of two counting workers."""
    made = WorkerPool(2)
    made.clients = [Client(), Client()]
    return made


def test_a_new_run_goes_where_fewest_are_in_use(two):
    first, second = two.clients
    first.in_use, second.in_use = 9, 7
    for _ in range(4):
        two.submit("create", config={})
    # Asked for in one go, before any of them is there: they count all the same.
    assert (len(first.asked), len(second.asked)) == (1, 3)
    for client in (first, second, second, second):
        client.make_one()
    second.in_use -= 4  # their pages have been closed
    for _ in range(4):
        two.submit("create", config={})
    assert (len(first.asked), len(second.asked)) == (0, 4)


def test_a_run_that_could_not_be_made_does_not_count(two):
    two.clients[1].is_running = False
    two.clients[0].in_use = limits.RUNS_EACH
    for _ in range(3):
        with pytest.raises(WorkerLost):
            two.submit("create", config={})
    assert two._coming == [0, 0]


def test_every_run_is_found_where_it_is(pool):
    assert [pool.config(run).seed for run in pool.runs] == list(range(len(pool.runs)))
    last = pool.runs[-1]
    pool.act(last, "step")
    assert steps(pool, last) == 1
    assert pool.of(last) is pool.clients[1]


def test_a_run_like_another_is_made_beside_it(pool):
    for run in (pool.runs[0], pool.runs[-1]):
        pool.act(run, "speed", 30)
        made = pool.create(RunConfig(), like=run)
        assert pool.of(made) is pool.of(run)
        assert look_until(pool, made, lambda meta: True)["speed"] == 30


def test_an_unknown_run_is_unknown_everywhere(pool):
    for run in ("a", "b", "c", "d"):
        with pytest.raises(UnknownRun):
            pool.config(run)


def test_the_end_of_one_worker_leaves_the_others_runs_alone(pool):
    near, far = pool.runs[0], pool.runs[-1]
    before = pool.clients[0].pid
    pool.act(far, "run", True)
    psutil.Process(pool.clients[1].pid).kill()
    deadline = time.monotonic() + PATIENCE
    while pool.clients[1].is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert pool.config(near).seed == 0
    assert pool.clients[0].pid == before
    assert pool.config(far).seed == len(pool.runs) - 1


def test_a_closed_pool_has_no_process_left(tmp_path, monkeypatch):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    made = WorkerPool(2)
    made.create(RunConfig())
    process = psutil.Process(made.clients[0].pid)
    assert made.clients[1].pid is None  # one run needs one worker
    made.close()
    assert not process.is_running()
    with pytest.raises(WorkerLost):
        made.create(RunConfig())
