"""The report: everything in it, escaped, and nothing fetched."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from nnviz.export import report
from nnviz.ui.takeaway.files import FILES
from tests.export.scripts import trained

VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects headings, texts, addresses."""

    def __init__(self, page):
        super().__init__()
        self.open, self.addresses, self.texts = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def record():
    return trained(150, dropout=0.1)


def page_of(record):
    return FILES["report"].make(record).decode()


def test_it_says_what_the_run_is_and_did(record):
    page = Outline(page_of(record))
    for words in (
        "64-32-10 on Handwritten digits", "Step 150", "Confusion matrix", "By class", "Recall",
        "Mistakes", "Settings", "Learning rate 0.1", "Dropout 0.1", "Parameters", "= 2,410",
        "Layer Shape", "cross-entropy, mean over samples",
    ):
        assert words in page.text, words


def test_it_needs_nothing_else_and_runs_nothing(record):
    page = page_of(record)
    assert all(address.startswith("data:image/png;base64,") for address in Outline(page).addresses)
    assert "default-src 'none'" in page
    assert not re.search(r"<script|\bon\w+=|url\(|https?://(?!www\.w3\.org/2000/svg)", page)


def test_names_are_text_and_never_markup(record):
    evil = "<script>alert(1)</script>"
    names = (evil, '"&', *record.classes[2:])
    mistakes = dataclasses.replace(record.mistakes, true=[evil] * 24, predicted=[evil] * 24)
    page = report.page(dataclasses.replace(record, classes=names, mistakes=mistakes), {})
    assert "<script>" not in page
    assert evil in Outline(page).text


def test_its_figures_are_those_of_the_confusion_matrix(record):
    counts = record.confusion
    recall = counts[3, 3] / counts[3].sum()
    precision = counts[3, 3] / counts[:, 3].sum()
    f1 = 2 * recall * precision / (recall + precision)
    row = f"3 {precision:.3f} {recall:.3f} {f1:.3f} {counts[3].sum()}"
    assert row in Outline(page_of(record)).text


def test_a_run_before_its_first_step_and_one_without_images_have_a_report():
    assert "Step 0" in page_of(trained(0))
    settings = {"dataset": "xor", "hidden": ((2, "relu"),), "output": "sigmoid", "batch_size": 4}
    assert "true class → read as" in page_of(trained(2, **settings))


def test_many_changes_are_shortened(record):
    changes = {step: (0.1 + step, 32) for step in range(50)}
    text = Outline(report.page(dataclasses.replace(record, changes=changes), {})).text
    assert "From step 49 learning rate 49.1, batch size 32" in text
    assert "Changes before these 37" in text
