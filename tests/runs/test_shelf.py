"""The runs of a worker: in memory, in the store, or another worker's."""

import gc
import time
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from nnviz.runs import limits
from nnviz.runs.database import sqlite_url
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.frame import frame
from nnviz.runs.identity import share_id
from nnviz.runs.run import Run
from nnviz.runs.shelf import Shelf
from nnviz.settings import RunConfig
from tests.runs.samples import parameters, run_of, take
from tests.runs.test_store import execute, wait_until, written

NOBODY = (set(), set())


@pytest.fixture
def new_shelf(url, open_store):
    """Make shelves over one database, as so many workers: `new_shelf()`."""

    def make(restarted=False, **options):
        store = open_store(url, **options)
        shelf = Shelf(store, restarted)
        shelf.store = store
        return shelf

    return make


@pytest.fixture
def shelf(new_shelf):
    return new_shelf()


def added(shelf, run=None, steps=0):
    """A run that is on a shelf and in the store."""
    run = take(run or Run(RunConfig()), steps)
    shelf.add(run)
    written(shelf.store)
    return run


def look_after(shelf, run, may_act=True):
    """Keep house as a worker does while a page shows a run, after a while."""
    shelf._looked_at -= limits.FOLLOW_SECONDS + 1
    return shelf.keep_house({run.id}, {run.id} if may_act else set())


def test_a_run_is_found_by_its_id_and_shown_by_its_share_id(shelf):
    run = added(shelf)
    assert shelf.find(run.id, to_act=True) is run
    assert shelf.find(share_id(run.id)) is run
    with pytest.raises(RunError, match="This link only shows the run"):
        shelf.find(share_id(run.id), to_act=True)


@pytest.mark.parametrize("any_id", ["x", "~x", "", "~", "~\ud800", "\x00", share_id("x")])
def test_what_is_not_known_is_said(shelf, any_id):
    with pytest.raises(UnknownRun):
        shelf.find(any_id)


def test_a_run_that_left_memory_comes_back_by_either_id(shelf):
    run = added(shelf, steps=3)
    shelf._let_go(run)
    written(shelf.store)
    assert len(shelf) == 0
    shown = shelf.find(share_id(run.id))
    assert (shown.id, shown.trainer.step_count) == (run.id, 3)
    assert shelf.held() == []  # whoever only looks takes nothing over
    assert shelf.find(run.id, to_act=True).trainer.step_count == 3
    assert [held.id for held in shelf.held()] == [run.id]


@pytest.mark.parametrize("changed", [
    {}, {"optimizer": "adam", "dropout": 0.5, "l2": 0.01}, {"augment": "warped"},
])
def test_a_run_that_left_memory_frees_its_arrays_at_once(shelf, changed):
    gc.collect()
    gc.disable()
    try:
        run = added(shelf, run_of(**changed), steps=3)
        frame(run)
        parts = run, run.trainer, run.evaluator, run.network.parameters
        freed = [weakref.ref(part) for part in parts]
        shelf._let_go(run)
        del run, parts
        written(shelf.store)
        assert all(part() is None for part in freed)
    finally:
        gc.enable()


def test_a_run_of_another_worker_is_followed_and_not_trained(shelf, new_shelf):
    run = added(shelf, steps=1)
    other = new_shelf()
    followed = other.find(run.id)
    assert followed.trainer.step_count == 1
    assert other.held() == []
    look_after(other, followed)
    assert "Trained by another server" in other.get(run.id).warning
    take(run, 4)
    shelf.save(run)
    written(shelf.store)
    version = other.get(run.id).version
    look_after(other, followed)
    assert other.get(run.id).trainer.step_count == 5
    assert other.get(run.id).version > version
    # Nothing newer: nothing is read, and no page gets a frame.
    version = other.get(run.id).version
    look_after(other, followed)
    assert other.get(run.id).version == version


def test_whoever_presses_a_button_takes_the_run_over(shelf, new_shelf):
    run = added(shelf, steps=2)
    other = new_shelf()
    other.find(run.id)
    taken = take(other.find(run.id, to_act=True), 3)
    assert [held.id for held in other.held()] == [run.id]
    other.save(taken)
    written(other.store)
    # The first worker trains on, until it learns of it when it next saves; then it follows.
    take(run, 10)
    shelf.save(run)
    wait_until(lambda: not shelf.store.holds(run.id))
    assert shelf.held() == []
    look_after(shelf, run)
    assert shelf.get(run.id).trainer.step_count == 5
    np.testing.assert_array_equal(parameters(shelf.get(run.id)), parameters(take(run_of(), 5)))
    # And back again, where the person is now.
    assert take(shelf.find(run.id, to_act=True), 1).trainer.step_count == 6


def test_a_run_whose_worker_died_goes_on_by_itself_where_a_page_shows_it(
    shelf, new_shelf, url, monkeypatch
):
    monkeypatch.setattr(limits, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(limits, "HEARTBEAT_SECONDS", 1000)
    run = run_of(seed=3)
    run.act("run", True)
    run.advance(0.02)
    shelf.add(run)
    written(shelf.store)
    steps = run.trainer.step_count
    other = new_shelf()
    followed = other.find(run.id)
    assert other.held() == []
    time.sleep(1.1)
    look_after(other, followed, may_act=False)
    assert other.held() == []  # a page that only shows it does not train it
    look_after(other, followed)
    (held,) = other.held()
    assert (held.state, held.trainer.step_count, held.warning) == ("running", steps, None)
    held.pause()
    expected = take(run_of(seed=3), steps + 5)
    np.testing.assert_array_equal(parameters(take(held, 5)), parameters(expected))


def test_a_worker_that_replaces_another_has_its_runs_and_says_so(new_shelf):
    first = new_shelf(holder="worker")
    run = added(first)
    run.act("run", True)
    run.advance(0.02)
    first.save(run)
    written(first.store)
    second = new_shelf(holder="worker", restarted=True)
    found = second.find(run.id)
    assert [held.id for held in second.held()] == [run.id]
    assert f"goes on from step {run.trainer.step_count:,}" in found.notice["text"]


def test_a_copy_is_a_run_of_its_own_at_the_same_step(shelf):
    run = added(shelf, steps=7)
    run.act("run", True)
    copied = shelf.copy(run, "browser")
    assert copied.id != run.id
    assert (copied.state, copied.trainer.step_count) == ("paused", 7)
    np.testing.assert_array_equal(parameters(copied), parameters(run))
    run.act("run", False)
    np.testing.assert_array_equal(parameters(take(copied, 5)), parameters(take(run, 5)))
    written(shelf.store)
    assert [listed["id"] for listed in shelf.runs_of("browser")] == [copied.id]


def test_a_deleted_run_leaves_memory_and_can_be_had_back(shelf):
    run = take(run_of(), 2)
    shelf.add(run, "browser")
    shelf.change(run.id, "browser", "delete", "")
    assert shelf.keep_house(*NOBODY) == {run.id}
    for any_id in (run.id, share_id(run.id)):
        with pytest.raises(UnknownRun):
            shelf.find(any_id)
    shelf.change(run.id, "browser", "undelete", "")
    assert shelf.find(run.id, to_act=True).trainer.step_count == 2
    assert [held.id for held in shelf.held()] == [run.id]


def test_a_run_deleted_elsewhere_leaves_the_pages_that_show_it(shelf, new_shelf):
    run = take(run_of(), 2)
    shelf.add(run, "browser")
    written(shelf.store)
    other = new_shelf()
    followed = other.find(share_id(run.id))
    shelf.change(run.id, "browser", "delete", "")
    assert look_after(other, followed, may_act=False) == {run.id}
    assert other.get(run.id) is None


def test_runs_are_saved_while_they_train_one_at_a_time(shelf):
    runs = [added(shelf, Run(RunConfig(seed=seed))) for seed in range(3)]
    for run in runs:
        take(run, 1)
        run.saved_at -= limits.SAVE_SECONDS + 1
    for count in (1, 2, 3):
        shelf.keep_house(*NOBODY)
        assert sum(run.saved_version == run.version for run in runs) == count
    written(shelf.store)
    assert shelf.store.load(runs[0].id) is not None


def test_a_run_with_a_page_is_saved_right_after_a_frame_or_a_little_later(shelf, monkeypatch):
    now = time.monotonic()  # and no later, however long the rest takes
    monkeypatch.setattr("nnviz.runs.shelf.time", SimpleNamespace(monotonic=lambda: now))
    run = take(added(shelf), 1)
    shown, late = ({run.id}, set()), limits.SAVE_PATIENCE_SECONDS / 2
    run.saved_at -= limits.SAVE_SECONDS + late
    shelf.keep_house(*shown)
    assert run.saved_version != run.version
    run.evaluate()  # as for a frame
    shelf.keep_house(*shown)
    assert run.saved_version == run.version
    take(run, 1).saved_at -= limits.SAVE_SECONDS + limits.SAVE_PATIENCE_SECONDS + late
    shelf.keep_house(*shown)
    assert run.saved_version == run.version
    take(run, 1).saved_at -= limits.SAVE_SECONDS + late
    shelf.keep_house(*NOBODY)  # no frame will come
    assert run.saved_version == run.version


def test_in_use_are_runs_that_train_or_have_a_page(shelf):
    runs = [added(shelf, Run(RunConfig(seed=seed))) for seed in range(4)]
    assert shelf.in_use() == 4  # all of them have just been made
    for run in runs:
        run.last_watched -= limits.IDLE_SECONDS
    runs[0].start()
    shelf.keep_house({runs[1].id}, set())
    shelf.find(runs[2].id)
    assert shelf.in_use() == 3


def test_what_is_wrong_with_the_store_is_said_on_every_page_until_it_is_right(
    path, open_store, monkeypatch
):
    monkeypatch.setattr(limits, "STORE_RETRY_SECONDS", 0.1)
    store = open_store(sqlite_url(path))
    shelf = Shelf(store, False)
    shelf.store = store
    runs = [added(shelf, Run(RunConfig(seed=seed))) for seed in range(2)]
    execute(path, "ALTER TABLE checkpoints RENAME TO gone")
    shelf.save(take(runs[0], 1))
    wait_until(lambda: shelf.store.error)
    versions = [run.version for run in runs]
    shelf.keep_house(*NOBODY)
    assert all("Runs cannot be saved at the moment" in run.warning for run in runs)
    assert all(run.version > before for run, before in zip(runs, versions, strict=True))
    assert shelf.is_restless()
    take(runs[0], 5)  # training goes on
    execute(path, "ALTER TABLE gone RENAME TO checkpoints")
    wait_until(lambda: not shelf.store.error)
    shelf.keep_house(*NOBODY)
    assert [run.warning for run in runs] == [None, None]
    assert not shelf.is_restless()


def test_a_run_that_nobody_has_looked_at_makes_room_and_comes_back(shelf, monkeypatch):
    monkeypatch.setattr(limits, "RUNS_ALIVE", 6 * limits.WORKERS)
    runs = [added(shelf, Run(RunConfig(seed=seed))) for seed in range(6)]
    with pytest.raises(RunError, match="This server is full: 6 runs are open here"):
        shelf.add(Run(RunConfig()))
    runs[3].act("step")
    runs[3].last_watched -= limits.IDLE_SECONDS + 1
    shelf.add(Run(RunConfig()))
    assert shelf.get(runs[3].id) is None
    with pytest.raises(RunError, match="full"):
        shelf.find(runs[3].id)
    runs[5].last_watched -= limits.IDLE_SECONDS + 1
    assert shelf.find(runs[3].id).trainer.step_count == 1
    assert shelf.get(runs[5].id) is None


def test_a_run_that_nobody_watches_is_paused_then_let_go(shelf):
    run = added(shelf)
    run.act("run", True)
    run.last_watched -= limits.PAUSE_UNWATCHED_SECONDS + 1
    shelf._tidied_at -= 11
    shelf.keep_house({run.id}, set())
    assert run.state == "running"
    run.last_watched -= limits.PAUSE_UNWATCHED_SECONDS + 1
    shelf._tidied_at -= 11
    shelf.keep_house(*NOBODY)
    assert run.state == "paused"
    assert "nobody had this page open for 10 minutes" in run.notice["text"]
    run.last_watched -= limits.FORGET_UNWATCHED_SECONDS
    shelf._tidied_at -= 11
    assert shelf.keep_house(*NOBODY) == {run.id}
    written(shelf.store)
    assert not shelf.store.holds(run.id)
