"""The page of building blocks."""

from nnviz import ACTIVATIONS, INITIALIZERS, LOSSES, OPTIMIZERS
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES
from tests.pages.app import settled


def test_every_building_block_is_shown_with_its_formula(page):
    page.switch_page("pages/functions.py")
    settled(page)
    for name, table in (
        ("Activations", ACTIVATIONS), ("Losses", LOSSES), ("First weights", INITIALIZERS),
        ("Optimisers", OPTIMIZERS), ("Schedules", SCHEDULES), ("Regularisation", REGULARIZERS),
    ):
        page.button_group[0].set_value(name)
        settled(page)
        shown = [block.value for block in page.latex]
        words = "\n".join(block.value for block in page.markdown)
        for item in table.values():
            assert f"$$\n{item.formula}\n$$" in shown
            assert f"## {item.label}" in words
            assert item.when in words
