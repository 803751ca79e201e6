"""The code beside the numbers is the library's own, and the marked lines are those that count."""

import inspect
import re
from pathlib import Path

import pytest

from nnviz import ACTIVATIONS, LOSSES, OPTIMIZERS
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES
from nnviz.ui.inside import listings
from nnviz.workings import LOSS_TERMS, TERMS

ASSETS = Path(listings.__file__).parent / "assets"


@pytest.mark.parametrize("name", listings.all_listings())
def test_every_line_is_the_file_s_own(name):
    listing = listings.all_listings()[name]
    module = listing["title"].partition(",")[0]
    file = Path(inspect.getfile(__import__(module, fromlist=["x"])))
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(listing["lines"]) == len(listing["numbers"]) > 1
    for number, line in zip(listing["numbers"], listing["lines"], strict=True):
        assert lines[number - 1].strip() == line.strip()


@pytest.mark.parametrize("name", listings.LISTINGS)
def test_the_marks_are_on_lines_that_hold_their_text(name):
    shown = listings.all_listings()[name]
    for mark, fragment in listings.LISTINGS[name].marks.items():
        marked = " ".join(shown["lines"][line].strip() for line in shown["marks"][mark])
        assert fragment.replace("( ", "(") in marked
        assert len(shown["marks"][mark]) <= 5


@pytest.mark.parametrize("name", listings.LISTINGS)
def test_every_coloured_name_stands_in_the_code(name):
    code = "\n".join(listings.all_listings()[name]["lines"])
    for symbol in listings.LISTINGS[name].symbols:
        assert re.search(rf"(?<![\w.]){re.escape(symbol)}\b", code), symbol


def test_a_line_that_changed_is_noticed():
    function = listings.LISTINGS["forward"].function
    with pytest.raises(LookupError, match="stands 0 times in forward"):
        listings._listing(listings.Listing(function, {"z": "no such line"}))


def test_every_entry_of_the_tables_has_its_code():
    names = listings.all_listings()
    for f in ACTIVATIONS:
        assert {f"f {f}", f"slope {f}"} <= set(names)
    for loss in LOSSES:
        assert {f"loss {loss}", f"loss gradient {loss}"} <= set(names)
    assert {f"update {optimizer}" for optimizer in OPTIMIZERS} <= set(names)


def test_functions_that_are_called_are_shown_too():
    names = listings.all_listings()
    assert names["forward"]["helpers"] == ["helper nnviz.products.product"]
    assert names["helper nnviz.products.product"]["about"].startswith("out = kept * out + multiple")
    assert names["update adam"]["helpers"] == [
        "helper nnviz.optimizers.adaptive._average", "helper nnviz.optimizers.adaptive._scaled",
    ]
    assert names["update adamw"]["helpers"] == [
        "helper nnviz.optimizers.adaptive.Adam.compute_update",
    ]
    assert {helper for listing in names.values() for helper in listing["helpers"]} <= set(names)


def test_the_page_s_formulas_know_every_command_of_the_tables():
    source = (ASSETS / "math.js").read_text(encoding="utf-8")
    tables = source[: source.index("function element")]
    known = {*re.findall(r"([A-Za-z]+):", tables), *re.findall(r'"([A-Za-z]+)"', tables)}
    formulas = [f.formula for f in ACTIVATIONS.values()]
    formulas += [f.derivative_formula for f in ACTIVATIONS.values()]
    for table in (LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES):
        formulas += [item.formula for item in table.values()]
    formulas += [term.formula for terms in TERMS.values() for term in terms]
    formulas += [formula for both in LOSS_TERMS.values() for formula in both]
    used = set(re.findall(r"\\([A-Za-z]+)", " ".join(formulas)))
    assert used <= known, used - known
