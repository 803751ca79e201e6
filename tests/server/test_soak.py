"""Sessions that come and go leave nothing behind and lose nothing: a short soak."""

import asyncio

import pytest

from benchmarks import soak
from benchmarks.lab import serving

SECONDS = 20
SESSIONS = 4
RUNS_ALIVE = 16  # fewer than are made, so that some have to make room
STREAMLIT_KEEPS = 128 * 3  # descriptors of sessions that may still come back


def test_sessions_come_and_go_and_nothing_is_left_or_lost(monkeypatch):
    monkeypatch.setenv("NNVIZ_RUNS_ALIVE", str(RUNS_ALIVE))
    monkeypatch.setenv("NNVIZ_WORKERS", "2")
    with serving() as server:
        notes, steps = asyncio.run(soak.come_and_go(server, SECONDS, SESSIONS, RUNS_ALIVE + 8))
        wrong = asyncio.run(soak.lost_runs(server, steps))
    assert wrong == []
    last = notes[-1]
    assert last.processes == 3
    assert last.descriptors < STREAMLIT_KEEPS + 150
    full = next(note for note in notes if note.runs >= RUNS_ALIVE)
    assert last.workers_megabytes < full.workers_megabytes + 5 * RUNS_ALIVE


def note(minutes, **changed):
    values = {"server_megabytes": 200, "workers_megabytes": 300, "descriptors": 50, "processes": 3}
    return soak.Note(minutes, 10, **{**values, **changed})


def test_what_settles_is_no_growth():
    assert soak.growth([note(0, workers_megabytes=100), *(note(m) for m in range(1, 9))]) == []


@pytest.mark.parametrize("name", ["server_megabytes", "workers_megabytes", "descriptors"])
def test_what_goes_on_growing_is_found(name):
    notes = [note(minute, **{name: 100 + 20 * minute}) for minute in range(9)]
    (wrong,) = soak.growth(notes)
    assert wrong.startswith(f"{name} grew from ")
