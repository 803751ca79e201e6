"""Runs to take away, and their scripts executed as a person would."""

import runpy

from nnviz.export import archive
from nnviz.runs import takeaway
from nnviz.ui.takeaway.files import FILES
from tests.runs.samples import run_of, take

BIT_FOR_BIT = "The weights are those of the run, bit for bit."


def record_of(run):
    """What is taken away of a run."""
    return takeaway.unpacked(takeaway.record(run))


def trained(steps, **settings):
    """The record of a run after some steps."""
    return record_of(take(run_of(**settings), steps))


def execute(record, folder, kind="numpy", change=lambda code: code):
    """Unpack a script with its files into a folder and run it; returns its variables."""
    for name, content in archive.unpack(FILES[kind].make(record), most=4).items():
        (folder / name).write_bytes(content)
    (script,) = folder.glob("*.py")
    script.write_text(change(script.read_text(encoding="utf-8")), encoding="utf-8")
    return runpy.run_path(str(script), run_name="__main__")
