"""What needs a new run, and gets one: other layers, other data, a model file."""

import gzip
import shutil
import sys

import pytest

from nnviz import Network, load_model, save_model
from nnviz.folder import data_folder
from nnviz.runs import downloads, takeaway
from nnviz.settings import RunConfig, output_choices
from nnviz.starts import STARTS
from tests.data import image_files
from tests.pages.app import choose, control, meta_of, offers, press, run_of, settled, texts, visit


def test_other_hidden_layers_need_a_new_run_and_get_one(page, client):
    old = run_of(page)
    client.act(old, "run", True)
    client.act(old, "speed", 3)
    client.act(old, "stops", {"epochs": 40})
    choose(page, "Hidden layers", 2)
    choose(page, "Layer 2 units", 8)
    choose(page, "Layer 2 activation", "tanh")
    assert run_of(page) == old
    assert client.config(old) == RunConfig()
    (text,) = [text for text in texts(page, "markdown") if "Chosen for a new run" in text]
    assert "Hidden layers: 32 ReLU → 32 ReLU, 8 tanh." in text
    assert offers(page) == ["Start new run", "Keep this run's settings", "Apply in a new run"]
    press(page, "Start new run")
    new = run_of(page)
    assert new != old
    assert client.config(new) == RunConfig(hidden=((32, "relu"), (8, "tanh")))
    assert meta_of(client, page)["speed"] == 3
    assert meta_of(client, page)["stop_epochs"] == 40
    assert offers(page) == []
    assert control(page, "Hidden layers").value == 2
    # The old one is kept, where it was.
    kept = visit(old)
    assert client.config(old) == RunConfig()
    assert meta_of(client, kept)["state"] == "paused"
    assert control(kept, "Hidden layers").value == 1


def test_what_was_chosen_can_be_dropped(page, client):
    run = run_of(page)
    choose(page, "Hidden layers", 0)
    choose(page, "Seed", 5)
    assert "Start new run" in offers(page)
    press(page, "Keep this run's settings")
    assert (run_of(page), offers(page)) == (run, [])
    assert (control(page, "Hidden layers").value, control(page, "Seed").value) == (1, 0)
    assert client.config(run) == RunConfig()


@pytest.mark.parametrize("layers", [0, 6])
def test_none_to_six_hidden_layers(page, client, layers):
    choose(page, "Hidden layers", layers)
    units = [widget.label for widget in page.number_input if widget.label.startswith("Layer ")]
    assert units == [f"Layer {number} units" for number in range(1, layers + 1)]
    press(page, "Start new run")
    config = client.config(run_of(page))
    assert len(config.hidden) == layers
    assert meta_of(client, page)["layer_sizes"] == list(config.layer_sizes)


def test_only_outputs_that_fit_the_loss_are_offered(page, client):
    def offered():
        return control(page, "Output layer").options

    assert offered() == list(output_choices("cross_entropy", "digits").values())
    assert offered() == ["softmax", "sigmoid"]
    choose(page, "Loss", "mse")
    assert offered() == list(output_choices("mse", "digits").values()) == ["sigmoid", "linear"]
    assert texts(page, "error") == []
    choose(page, "Output layer", "linear")
    press(page, "Start new run")
    assert client.config(run_of(page)) == RunConfig(loss="mse", output="linear")
    choose(page, "Loss", "cross_entropy")
    assert control(page, "Output layer").value == "softmax"


def test_a_ready_made_run_fills_the_controls_and_replaces_the_run(page, client):
    first = run_of(page)
    client.act(first, "run", True)
    choose(page, "Layer 1 units", 99)  # chosen, not applied: the start is what counts
    choose(page, "Start from", "xor-2-2-1")
    assert run_of(page) != first
    assert client.config(run_of(page)) == STARTS["xor-2-2-1"].config
    assert control(page, "Start from").value is None
    assert meta_of(client, page)["speed"] == STARTS["xor-2-2-1"].speed
    assert control(page, "Layer 1 units").value == 2
    assert control(page, "Output layer").options == ["sigmoid", "linear"]
    assert (offers(page), texts(page, "error"), texts(page, "warning")) == ([], [], [])
    assert "Comes with its own split: 4 training and 4 test samples." in texts(page, "caption")
    meta = meta_of(client, page)
    assert (meta["layer_sizes"], meta["classes"], meta["output_names"]) == (
        [2, 2, 1], ["0", "1"], ["1"],
    )
    assert meta_of(client, visit(first))["state"] == "paused"


def test_another_data_set_takes_settings_along_as_far_as_they_fit(page, client):
    run = run_of(page)
    choose(page, "Data set", "xor")
    assert texts(page, "error") == []
    (text,) = [text for text in texts(page, "markdown") if "Chosen for a new run" in text]
    assert "Batch size: 32 → 4 (the data set has 4 training samples)" in text
    assert "Output layer: softmax → sigmoid" in text
    assert any("no softmax" in text for text in texts(page, "caption"))
    assert client.config(run) == RunConfig()  # the run that is shown keeps its batch size
    press(page, "Start new run")
    expected = RunConfig(dataset="xor", output="sigmoid", batch_size=4)
    assert client.config(run_of(page)) == expected
    assert (control(page, "Batch size").value, offers(page)) == (4, [])
    choose(page, "Batch size", 5)
    (message,) = texts(page, "error")
    assert message.startswith("Batch size cannot be 5: there are 4 training samples. Give 1 to 4.")
    assert client.config(run_of(page)) == expected


@pytest.fixture
def slow_download(monkeypatch):
    """What the page downloads with: a process that reads a while and fails."""
    monkeypatch.setattr(downloads, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    downloads.shared_download.cache_clear()
    yield downloads.shared_download()
    downloads.shared_download().stop()
    downloads.shared_download.cache_clear()


@pytest.mark.parametrize(
    ("label", "value"), [("Data set", "mnist"), ("Start from", "mnist-784-128-128-10")]
)
def test_without_mnist_the_page_says_what_is_missing_and_goes_on(
    page, client, slow_download, label, value
):
    run = run_of(page)
    choose(page, label, value)
    (text,) = texts(page, "warning")
    assert "MNIST is not on this computer" in text
    assert "mnist.npz" in text
    assert (run_of(page), texts(page, "error")) == (run, [])
    assert offers(page) == ["Download MNIST"]
    press(page, "Download MNIST")
    assert slow_download.is_running()
    assert offers(page) == ["Stop the download"]
    press(page, "Stop the download")
    assert not slow_download.is_running()
    slow_download.reason = "No network."
    settled(page)
    (message,) = texts(page, "error")
    assert message.startswith("No network. The files can also be put there by hand.")
    choose(page, "Data set", "digits")
    assert (offers(page), texts(page, "warning"), texts(page, "error")) == ([], [], [])
    assert client.config(run) == RunConfig()


def test_mnist_that_is_there_is_trained(page, client, monkeypatch):
    folder = data_folder() / "mnist"
    image_files.write(folder, training=200, test=50)
    try:
        choose(page, "Start from", "mnist-784-128-128-10")
        assert texts(page, "warning") == []
        assert client.config(run_of(page)) == STARTS["mnist-784-128-128-10"].config
        meta = meta_of(client, page)
        assert (meta["training_samples"], meta["test_samples"]) == (200, 50)
        assert meta["layers"][0]["image_shape"] == [28, 28]
        assert "Comes with its own split: 200 training and 50 test" in texts(page, "caption")[-1]
        # Files that look well and are damaged are found out when they are read.
        labels = folder / "train-labels-idx1-ubyte.gz"
        labels.write_bytes(gzip.compress(image_files.idx_bytes([99] * 200)))
        choose(page, "Seed", 3)
        (message,) = texts(page, "error")
        assert message.startswith("train-labels-idx1-ubyte.gz does not belong to MNIST")
        press(page, "Start new run")
        assert any("train-labels-idx1-ubyte.gz" in text for text in texts(page, "warning"))
    finally:
        shutil.rmtree(folder)


def model_file():
    """A network of the lab's, as a file of the library."""
    return save_model(Network((64, 15, 10), ("tanh", "softmax"), seed=3), step=50)


def upload(page, content, name="model.npz"):
    """Put a file into the field for model files."""
    (field,) = page.file_uploader
    field.set_value((name, content, "application/octet-stream"))
    return settled(page)


def test_a_model_file_becomes_a_new_run_with_its_weights(client, page):
    before = run_of(page)
    page = upload(page, model_file())
    assert "64\\-15\\-10" in "".join(text.value for text in page.markdown)
    control(page, "Start a run from these weights").click()
    page = settled(page)
    run = run_of(page)
    assert run != before
    record = takeaway.unpacked(
        client.ask("question", run=run, question="record", arguments={})
    )
    expected = load_model(model_file()).network.parameters
    assert record.parameters.tolist() == expected.tolist()
    assert control(page, "Layer 1 units").value == 15
    (field,) = page.file_uploader
    assert field.value is None


def test_a_model_file_whose_answers_are_not_finite_leaves_the_page_as_it_is(client, page):
    before, network = run_of(page), Network((64, 15, 10), ("tanh", "linear"), seed=3)
    network.weights[1][...] = 3e38
    press(upload(page, save_model(network, loss="mse")), "Start a run from these weights")
    assert run_of(page) == before
    (message,) = texts(page, "warning")
    assert "no run can begin from them" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip at all", "not a whole zip archive"),
        (save_model(Network((3, 2), ("softmax",))), "no data for this network"),
    ],
)
def test_a_broken_model_file_is_refused_politely(page, content, words):
    before = run_of(page)
    page = upload(page, content, "![x](http://a.example).npz")
    (error,) = page.error
    assert words in error.value
    assert "![x](" not in error.value
    assert run_of(page) == before
