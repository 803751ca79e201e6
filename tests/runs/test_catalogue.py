"""The list of a browser's runs, and which runs are cleared away."""

import json
import time

import pytest
import sqlalchemy as sa

from nnviz.runs import catalogue, checkpoint, limits, schema
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.identity import share_id
from tests.runs.samples import run_of, take
from tests.runs.test_store import keep, rows, wait_until, written

MINE, OTHERS = "mine", "others"


@pytest.fixture(scope="module")
def saved():
    """A run of a few epochs, and its checkpoint."""
    run = run_of(seed=2)
    run.act("epoch")
    while run.state == "running":
        run.advance(0.05)
    return take(run, 3), checkpoint.save(run)


def age(url, **values):
    """Set columns of every run that has no name yet changed: `age(url, used_at=...)`."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(schema.runs.update().values(**values))
    engine.dispose()


def clear(url, now=None):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        count = catalogue.clear(connection, now or time.time())
    engine.dispose()
    return count


def test_a_list_holds_what_a_person_wants_to_know(store, saved):
    run, data = saved
    keep(store, run.id, data, MINE)
    (listed,) = store.list_of(MINE)
    assert (listed["id"], listed["share"], listed["name"]) == (run.id, share_id(run.id), "")
    assert abs(listed["saved_at"] - time.time()) < 60
    summary = listed["summary"]
    assert (summary["step"], summary["state"], summary["dataset"]) == (48, "paused", "digits")
    assert summary["layer_sizes"] == [64, 32, 10]
    evaluation = run.evaluate()
    assert summary["test_accuracy"] == pytest.approx(evaluation.test_accuracy, rel=1e-5)
    assert summary["curve"][-1] == pytest.approx(evaluation.training_loss, rel=1e-3)
    assert len(summary["curve"]) == 2
    json.dumps(listed)


def test_a_list_is_of_one_browser_and_the_newest_comes_first(store):
    for number in range(3):
        keep(store, f"run{number}", b"saved", MINE)
        time.sleep(0.01)
    keep(store, "other", b"saved", OTHERS)
    keep(store, "nobodys", b"saved")
    assert [run["id"] for run in store.list_of(MINE)] == ["run2", "run1", "run0"]
    assert [run["id"] for run in store.list_of(OTHERS)] == ["other"]
    assert store.list_of("somebody else") == []


def test_a_run_that_is_not_written_yet_is_in_the_list(store):
    store.add("run", MINE)
    store.save("run", b"saved")
    assert [run["id"] for run in store.list_of(MINE)] == ["run"]


def test_a_list_is_short(store, monkeypatch):
    monkeypatch.setattr(limits, "RUNS_LISTED", 2)
    for number in range(3):
        keep(store, f"run{number}", b"saved", MINE)
    assert len(store.list_of(MINE)) == 2


def test_a_long_list_keeps_what_has_a_name_and_what_was_trained(store, saved, monkeypatch):
    """A class on one machine opens the lab more often than it trains."""
    monkeypatch.setattr(limits, "RUNS_LISTED", 3)
    untrained = checkpoint.save(run_of())
    for name, data in (("named", untrained), ("old", saved[1]), ("trained", saved[1])):
        keep(store, name, data, MINE)
        time.sleep(0.01)
    store.change("named", MINE, "rename", "to keep")
    for number in range(4):
        keep(store, f"opened{number}", untrained, MINE)
    assert [run["id"] for run in store.list_of(MINE)] == ["trained", "old", "named"]


def test_a_run_that_belongs_to_nobody_can_be_given_to_a_browser_once(store):
    keep(store, "run", b"saved")
    assert store.give("run", MINE)
    assert not store.give("run", OTHERS)
    store.save("run", b"later")
    written(store)
    assert [run["id"] for run in store.list_of(MINE)] == ["run"]
    assert store.list_of(OTHERS) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("Two layers", "Two layers"), ("  a \n b ", "a b"), ("", ""), ("é漢字", "é漢字"),
     ("family 👩‍👩‍👧", "family 👩‍👩‍👧"), ("می‌خواهم", "می‌خواهم"),
     ("<b>x</b>", "<b>x</b>"), ("'; DROP TABLE runs; --", "'; DROP TABLE runs; --")],
)
def test_a_name_is_text(store, given, kept):
    keep(store, "run", b"saved", MINE)
    store.change("run", MINE, "rename", given)
    assert store.list_of(MINE)[0]["name"] == kept
    store.save("run", b"later")  # saving does not take it away
    written(store)
    assert store.list_of(MINE)[0]["name"] == kept


@pytest.mark.parametrize(("name", "words"), [
    ("x" * 61, "up to 60 letters, digits and signs. Received: 61."),
    ("a\x00b", "no signs that cannot be seen"),
    ("right\u202eleft", "no signs that cannot be seen"),
    ("half a picture \ud83d", "no signs that cannot be seen"),
])
def test_a_name_that_cannot_be_shown_is_refused(store, name, words):
    keep(store, "run", b"saved", MINE)
    with pytest.raises(RunError, match=f"A name has {words}"):
        store.change("run", MINE, "rename", name)
    assert store.error is None


def test_only_so_many_runs_are_kept_for_good(store, monkeypatch):
    monkeypatch.setattr(limits, "NAMED_RUNS", 1)
    for number in range(2):
        keep(store, f"run{number}", b"saved", MINE)
    store.change("run0", MINE, "rename", "first")
    store.change("run0", MINE, "rename", "renamed")
    with pytest.raises(RunError, match="1 runs of this browser have a name"):
        store.change("run1", MINE, "rename", "second")
    store.change("run0", MINE, "rename", "")
    store.change("run1", MINE, "rename", "second")


def test_a_deleted_run_is_gone_and_can_be_had_back(store, url, open_store):
    keep(store, "run", b"saved", MINE)
    store.change("run", MINE, "delete")
    assert store.load("run") is None
    assert store.find_shared(share_id("run")) is None
    assert store.list_of(MINE) == []
    store.save("run", b"a page was still training it")
    written(store)
    assert store.load("run") is None
    store.change("run", MINE, "undelete")
    assert store.load("run", claim=True).data == b"saved"


@pytest.mark.parametrize("change", ["rename", "delete", "undelete"])
def test_nobody_changes_the_runs_of_others(store, change):
    keep(store, "run", b"saved", MINE)
    keep(store, "nobodys", b"saved")
    for run_id in ("run", "nobodys", "unknown"):
        with pytest.raises(UnknownRun, match="not among the runs of this browser"):
            store.change(run_id, OTHERS, change, "x")
    with pytest.raises(RunError, match="Unknown change 'drop'"):
        store.change("run", MINE, "drop")


def test_old_runs_without_a_name_are_cleared(store, url):
    for name in ("named", "unnamed"):
        keep(store, name, b"saved", MINE)
    store.change("named", MINE, "rename", "keep this")
    store.close()
    assert clear(url) == 0
    assert clear(url, time.time() + (limits.STORE_DAYS - 1) * 86_400) == 0
    assert clear(url, time.time() + (limits.STORE_DAYS + 1) * 86_400) == 1
    assert rows(url, "id") == [("named",)]
    assert rows(url, "run", table=schema.checkpoints) == [("named",)]


def test_a_run_in_memory_is_not_cleared_however_old(store, url):
    keep(store, "run", b"saved")
    age(url, used_at=0.0)
    assert clear(url) == 0
    store.close()
    assert clear(url) == 1


def test_deleted_runs_are_cleared_after_a_day(store, url):
    keep(store, "run", b"saved", MINE)
    store.change("run", MINE, "rename", "named")
    store.change("run", MINE, "delete")
    store.close()
    assert clear(url) == 0
    assert clear(url, time.time() + 2 * 86_400) == 1
    assert rows(url, "id") == []


def test_the_longest_unused_go_first_where_all_do_not_fit(store, url, monkeypatch):
    for number in range(6):
        keep(store, f"run{number}", bytes(1000), MINE)
        time.sleep(0.01)
    store.change("run0", MINE, "rename", "keep this")
    store.close()
    monkeypatch.setattr(limits, "STORE_BYTES", 3500)
    assert clear(url) == 3
    assert rows(url, "id") == [("run0",), ("run4",), ("run5",)]
    assert clear(url) == 0


def test_it_is_cleared_when_a_store_starts(url, open_store, monkeypatch):
    first = open_store(url)
    keep(first, "run", b"saved")
    first.close()
    monkeypatch.setattr(limits, "STORE_DAYS", -1)
    second = open_store(url)
    wait_until(lambda: not rows(url, "id"))
    assert second.error is None
