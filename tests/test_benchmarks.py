"""The benchmarks' own arithmetic; what they measure is not judged here."""

import json

import pytest

from benchmarks import headless, lab, live, report, sessions
from nnviz.runs.frame import frame
from nnviz.runs.run import Run
from nnviz.runs.wire import unpack
from nnviz.settings import RunConfig


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (range(1, 31), 95, 29),
        (range(1, 101), 95, 95),
        ([3, 1, 2], 50, 2),
        ([4, 1, 3, 2], 50, 2),
        ([7], 95, 7),
        ([2, 1], 0, 1),
        ([2, 1], 100, 2),
    ],
)
def test_a_percentile_is_one_of_the_values(values, percent, expected):
    assert report.percentile(list(values), percent) == expected


def test_no_values_have_no_percentile():
    with pytest.raises(ValueError, match="No percentile"):
        report.percentile([], 95)


def test_a_ratio_is_taken_within_each_pair():
    # The machine gets twice as slow between the pairs: that is no difference between the two.
    assert report.median_ratio([(90, 100), (45, 50), (18, 20)]) == 0.9


def test_a_target_is_a_bound_from_one_side():
    least = report.Figure("page", "redraws/s", target=9, at_least=True)
    most = report.Figure("page", "blank frames", target=0)
    assert [least.reached(value) for value in (8.9, 9, 10)] == [False, True, True]
    assert [most.reached(value) for value in (0, 1)] == [True, False]


def test_the_table_tells_what_is_reached():
    text = report.table(
        {"share": 0.8512, "closed_rate": 4321.4, "pause_label_p95": 201, "page_change": "one page"}
    )
    lines = [line.split("  ") for line in text.splitlines()]
    cells = {line[0]: [cell.strip() for cell in line[1:] if cell.strip()] for line in lines}
    assert cells["training's share with the page open"] == ["0.85", ">= 0.85", "yes"]
    assert cells["steps/s, no page, median"] == ["4,321"]
    assert cells["Pause, click to label, p95"] == ["201 ms", "<= 200 ms", "NO"]
    assert cells["page change, click to script's end, slowest"] == ["one page", "<= 0.50 s", "-"]
    assert [line for line in text.splitlines() if line.startswith("[")] == [
        "[paint]", "[page]", "[share]",
    ]


def test_every_section_of_the_table_is_measured():
    assert set(lab.MEASURES) == set(report.SECTIONS)


def test_a_frame_is_read_without_its_arrays():
    run = Run(RunConfig())
    run.act("step")
    message = frame(run)
    assert live.header(message) == unpack(message)[0]
    moment = live.moment(message)
    assert (moment.version, moment.step, moment.state) == (run.version, 1, "paused")


@pytest.mark.parametrize("message", [b"", b"\x01\0", b"\x02\0\0\0{}", b"\xff\0\0\0{", b"\1\0\0\0x"])
def test_what_is_no_frame_is_refused(message):
    with pytest.raises(ValueError, match=f"Not a frame, {len(message)} bytes"):
        live.header(message)


def test_what_the_server_says_instead_of_a_frame_is_shown():
    with pytest.raises(ValueError, match="This run is not known here"):
        live.header('{"type": "unknown", "text": "This run is not known here."}')


def test_requests_are_those_of_the_page():
    assert json.loads(live.frame_request(7)) == {"type": "frame", "seen": 7, "quantity": "weights"}
    assert json.loads(live.action("run", False)) == {"type": "act", "action": "run", "value": False}
    assert live.run_url("http://127.0.0.1:85", "a/b") == "ws://127.0.0.1:85/nnviz/runs/a%2Fb"


def test_a_rate_is_that_between_two_frames():
    moments = [live.Moment(at, 0, step, "running") for at, step in ((1, 0), (2, 50), (4, 350))]
    assert live.steps_per_second(moments[0], moments[-1]) == pytest.approx(350 / 3)
    assert sessions.within(moments, 2, 4) == [moments[1]]


def test_the_headless_process_trains():
    assert headless.train(0.01) > 0


def test_a_rate_is_taken_between_the_frames_before_two_times():
    moments = [live.Moment(at, at, 10 * at, "running") for at in (1, 2, 4, 7)]
    assert sessions.step_rate(moments, 2.5, 6) == 10
    assert sessions.step_rate(moments, 0, 6) == 10
    assert sessions.step_rate(moments, 7.5, 9) == 0  # no frame came: no step was seen
