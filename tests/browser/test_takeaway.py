"""What is taken away really arrives, and loads again."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from nnviz import load_model
from nnviz.export.archive import unpack
from nnviz.runs import takeaway
from nnviz.runs.questions import answer
from nnviz.runs.run import Run
from nnviz.settings import MAX_HIDDEN_LAYERS, RunConfig
from nnviz.ui.takeaway.files import FILES
from tests.browser.lab import Lab
from tests.data import image_files
from tests.runs.samples import take


def download(lab, name, folder):
    """Take away a file from the open list; returns where it is."""
    with lab.page.expect_download() as started:
        lab.button(name).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


@pytest.fixture
def opened(lab):
    """The lab after one epoch, the list of what can be taken away open."""
    lab.epoch()
    lab.button("Take away").click()
    expect(lab.button("Report")).to_be_visible()
    return lab


def test_a_model_comes_and_begins_a_new_run(opened, tmp_path):
    page, before = opened.page, opened.status
    model = download(opened, "Model", tmp_path)
    assert model.name == "digits-64-32-10-step-45.npz"
    assert load_model(model).known["step"] == 45
    page.locator("input[type=file]").set_input_files(model)
    page.get_by_role("button", name="Start a run from these weights").click()
    began = opened.wait_for_status(lambda now: now.step == 0, "the new run")
    assert began.training_loss == before.training_loss
    assert began.test_accuracy == before.test_accuracy
    expect(page.get_by_text("first weights from a model file")).to_be_visible()


def test_code_report_and_tables_arrive_and_the_list_stays_open(opened, tmp_path, new_context):
    script = download(opened, "NumPy script", tmp_path)
    assert set(unpack(script.read_bytes(), most=4)) == {"train.py", "model.npz"}
    history = download(opened, "History", tmp_path).read_text(encoding="utf-8").splitlines()
    assert history[0].startswith("step,training_loss")
    np.testing.assert_allclose(
        float(history[-1].split(",")[1]), opened.status.training_loss, atol=5e-5
    )
    report = download(opened, "Report", tmp_path)
    page = new_context().new_page()
    page.goto(report.as_uri())
    expect(page.get_by_role("heading", name="Confusion matrix")).to_be_visible()
    expect(page.get_by_text("Step 45")).to_be_visible()
    expect(opened.page.get_by_text(f"Saved as {report.name}")).to_be_visible()


@pytest.mark.parametrize("dataset", ["digits", "emnist-letters"])
def test_the_report_of_the_deepest_network_prints_on_one_page(
    page, tmp_path, monkeypatch, dataset
):
    monkeypatch.setenv("NNVIZ_DATA_DIR", str(tmp_path))
    image_files.write(tmp_path / "emnist-letters", classes=26, first_label=1, test_word="test")
    layers = ((512, "leaky_relu"),) * MAX_HIDDEN_LAYERS
    run = take(Run(RunConfig(dataset=dataset, hidden=layers)), 20)
    record = takeaway.unpacked(answer(run, "record", {}))
    report = tmp_path / "report.html"
    report.write_bytes(FILES["report"].make(record))
    page.goto(report.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_a_broken_file_is_refused_and_the_run_goes_on(opened, tmp_path):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    opened.page.locator("input[type=file]").set_input_files(broken)
    expect(opened.page.get_by_text(re.compile("not a whole zip archive"))).to_be_visible()
    opened.page.keyboard.press("Escape")
    assert opened.step().step == 46


@pytest.mark.expected_console("404")
def test_what_went_wrong_is_said_beside_the_list(lab, server):
    lab.page.route("**/files/model", lambda route: route.fulfill(status=404, body="It is gone."))
    lab.button("Take away").click()
    lab.button("Model").click()
    expect(lab.page.get_by_text("Model: It is gone.")).to_be_visible()
    assert Lab(lab.page, server.url).button("Model").is_enabled()
