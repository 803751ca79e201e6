"""Which worker a run belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnviz.runs import places


@given(st.text(), st.integers(1, 64))
def test_any_text_has_one_place(run_id, count):
    place = places.place_of(run_id, count)
    assert 0 <= place < count
    assert place == places.place_of(run_id, count)


def test_half_a_character_from_an_address_has_a_place():
    assert places.place_of("\ud800", 2) in (0, 1)


@pytest.mark.parametrize(("place", "count"), [(0, 1), (0, 2), (1, 2), (6, 7)])
def test_a_new_id_leads_back_to_the_worker_that_made_it(monkeypatch, place, count):
    monkeypatch.setenv(places.VARIABLE, f"{place}/{count}")
    ids = {places.new_run_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(run_id) >= 20 for run_id in ids)
    assert {places.place_of(run_id, count) for run_id in ids} == {place}
