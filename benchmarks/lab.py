"""Measure the lab as its users meet it: one browser, training beside it, a class of thirty.

    python benchmarks/lab.py [--seconds 10] [--clicks 30] [--sessions 30] [--only paint page ...]

Starts a server of its own for each section (loopback, a free port, a new data folder) and ends
it again. Needs what the tests need (tests/requirements.txt and a browser), and an idle machine.

paint     a new visitor, until Step can be pressed and the loss chart is drawn
page      headless Chromium at a run at full speed: redraws, blank frames, zoom, hover; clicks are
          timed in the page, from the click as the browser received it to the changed text
share     steps/s of one run with its page open and with no page, turn by turn: median of ratios
sessions  Streamlit sessions over its own protocol, each with the WebSocket of its own run, asking
          for the next frame when it has the last one; all runs train at full speed
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import browser, sessions
from benchmarks.report import SECTIONS, machine, table
from tests.browser.server import Server, start_server, stop_server


@contextmanager
def serving() -> Iterator[Server]:
    """Serve the app with an empty data folder; the server and its worker end with the block."""
    with tempfile.TemporaryDirectory(prefix="nnviz-", ignore_cleanup_errors=True) as folder:
        process, server = start_server(Path(folder))
        try:
            yield server
        finally:
            stop_server(process)
            if server.complaints():
                print(f"The server's log has complaints:\n{server.log}", file=sys.stderr)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10, help="of each rate (default 10)")
    parser.add_argument("--clicks", type=int, default=30, help="of each kind (default 30)")
    parser.add_argument("--sessions", type=int, default=30, help="at once (default 30)")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    arguments = parser.parse_args()
    if min(arguments.seconds, arguments.clicks, arguments.sessions) <= 0:
        parser.error("--seconds, --clicks and --sessions must be greater than 0.")
    return arguments


# By section: what was measured, and under which conditions.
MEASURES = {
    "paint": lambda given: browser.measure_paint(serving),
    "page": lambda given: browser.measure_page(serving, given.seconds, given.clicks),
    "share": lambda given: browser.measure_share(serving, given.seconds),
    "sessions": lambda given: sessions.measure(
        serving, given.sessions, given.seconds, given.clicks
    ),
}


def main() -> None:
    arguments = read_arguments()
    # So that the blocks that end servers and browsers are left in order on a kill, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    print(machine(), flush=True)
    measured: dict[str, float | str] = {}
    notes: list[str] = []
    try:
        for section in arguments.only:
            print(f"measuring: {section}", file=sys.stderr, flush=True)
            values, note = MEASURES[section](arguments)
            measured |= values
            notes.append(f"{section}: {note}")
    finally:
        # What was measured before an error is not lost by it.
        if measured:
            print("", table(measured), "", *notes, sep="\n")


if __name__ == "__main__":
    main()
