"""The tables that pages list: every entry under its id, with all that is said of it."""

import pytest

from nnviz.activations import ACTIVATIONS
from nnviz.initializers import INITIALIZERS
from nnviz.losses import LOSSES
from nnviz.optimizers import OPTIMIZERS
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES

TABLES = (ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES)
ENTRIES = [(table, id) for table in TABLES for id in table]


@pytest.mark.parametrize(("table", "id"), ENTRIES, ids=[id for _, id in ENTRIES])
def test_a_table_says_what_a_page_needs(table, id):
    item = table[id]
    assert item.id == id
    for text in (item.label, item.formula, item.when, item.source):
        assert text.strip() == text != ""
    assert item.when.endswith(".")
