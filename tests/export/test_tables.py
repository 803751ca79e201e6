"""The history as CSV."""

import csv
import io

import numpy as np

from nnviz.export import tables
from tests.export.scripts import trained


def test_the_figures_come_back_exactly():
    record = trained(40)
    head, *rows = csv.reader(io.StringIO(tables.figures(record.history)))
    assert head == ["step", "training_loss", "test_loss", "training_accuracy", "test_accuracy"]
    np.testing.assert_array_equal(np.array(rows, float), record.history)


def test_mini_batches_too_and_nothing_is_only_the_head():
    record = trained(7)
    head, *rows = csv.reader(io.StringIO(tables.batches(record.batches)))
    assert head == ["step", "batch_loss", "smoothed_loss"]
    assert [row[0] for row in rows] == list("1234567")
    assert tables.batches(np.empty((0, 3))) == "step,batch_loss,smoothed_loss\r\n"
