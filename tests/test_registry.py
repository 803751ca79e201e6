"""The tables that pages list: every entry under its id, with all that is said of it."""

from dataclasses import replace
from io import BytesIO

import joblib
import pytest

from nnviz import registry
from nnviz.activations import ACTIVATIONS, Activation, LeakyRelu, Relu
from nnviz.early_stopping import EarlyStopping
from nnviz.initializers import INITIALIZERS
from nnviz.losses import LOSSES, MSE, Huber
from nnviz.optimizers import OPTIMIZERS, SGD, AdamW, Momentum
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES

TABLES = (ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES)
ENTRIES = [(table, id) for table in TABLES for id in table]


def stored(item):
    """The item as joblib keeps it in a file, and takes it to other processes."""
    file = BytesIO()
    joblib.dump(item, file)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize(("table", "id"), ENTRIES, ids=[id for _, id in ENTRIES])
def test_a_table_says_what_a_page_needs(table, id):
    item = table[id]
    assert item.id == id
    for text in (item.label, item.formula, item.when, item.source):
        assert text.strip() == text != ""
    assert item.when.endswith(".")


@pytest.mark.parametrize(("table", "id"), ENTRIES, ids=[id for _, id in ENTRIES])
def test_an_entry_can_be_stored_with_an_estimator_that_holds_it(table, id):
    item = table[id]
    twin = stored(item)
    assert type(twin) is type(item)
    if table is SCHEDULES:
        longer = replace(item, epochs=30.0)
        assert stored(longer) == longer
        assert twin(3.5) == item(3.5)
    if table is INITIALIZERS:
        assert (twin(3, 2, rng=1) == item(3, 2, rng=1)).all()


@pytest.mark.parametrize(
    ("instance", "text"),
    [
        (Relu(), "Relu()"), (LeakyRelu(0.3), "LeakyRelu(slope=0.3)"), (MSE(), "MSE()"),
        (Huber(3), "Huber(threshold=3.0)"), (SGD(0.5), "SGD(learning_rate=0.5)"),
        (Momentum(0.1, 0.5), "Momentum(learning_rate=0.1, momentum=0.5)"),
        (
            AdamW(weight_decay=0.3),
            "AdamW(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, weight_decay=0.3)",
        ),
        (EarlyStopping(3), "EarlyStopping(patience=3, least_gain=0.0)"),
    ],
)
def test_an_object_shows_the_call_that_makes_it(instance, text):
    assert repr(instance) == text


def test_a_message_repeats_little_of_what_was_received():
    for wrong in ("x" * 1000, list(range(1000)), Activation):
        with pytest.raises((TypeError, ValueError)) as refused:
            registry.resolve(wrong, ACTIVATIONS, Activation, "activation")
        assert len(str(refused.value)) < 250
