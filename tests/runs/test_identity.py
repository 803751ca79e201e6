"""Ids: unguessable, told apart by their form, and none to be had from another."""

from hypothesis import given
from hypothesis import strategies as st

from nnviz.runs import identity
from nnviz.runs.places import place_of


def test_ids_are_long_and_never_the_same():
    ids = {identity.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(identity.is_browser_key(each) and not identity.is_share_id(each) for each in ids)


@given(st.text(), st.integers(1, 64))
def test_a_share_id_leads_to_the_worker_of_its_run(run_id, count):
    share = identity.share_id(run_id)
    assert identity.is_share_id(share)
    assert place_of(share, count) == place_of(run_id, count)


@given(st.text().map(lambda text: "~" + text), st.integers(1, 64))
def test_anything_that_looks_like_a_share_id_has_a_place(share, count):
    assert 0 <= place_of(share, count) < count


def test_a_share_id_neither_holds_the_runs_id_nor_changes():
    run_id = identity.new_id()
    share = identity.share_id(run_id)
    assert share == identity.share_id(run_id)
    assert run_id not in share
    assert share != identity.share_id(identity.new_id())
    assert len(share) == 31


def test_what_is_stored_of_a_browser_is_not_its_key():
    key = identity.new_id()
    assert key not in identity.browser_id(key)
    assert identity.browser_id(key) == identity.browser_id(key)
    assert identity.browser_id(key) != identity.share_id(key)[1:23]


def test_a_key_has_one_form():
    for text in ("", "short", "x" * 65, "é" * 22, "a b" * 10, "\n" * 22, "x" * 21 + "~"):
        assert not identity.is_browser_key(text)
