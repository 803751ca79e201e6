"""The pages, from app.py, without a browser; a real worker trains the runs."""

import gzip
import shutil
import sys
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nnviz import (
    ACTIVATIONS,
    INITIALIZERS,
    LOSSES,
    OPTIMIZERS,
    Network,
    load_model,
    save_model,
)
from nnviz.first_visitor import first_visitor_config
from nnviz.folder import data_folder
from nnviz.recipes import RECIPES
from nnviz.regularization import REGULARIZERS
from nnviz.runs import downloads, takeaway, wire
from nnviz.runs.client import shared_client
from nnviz.schedules import SCHEDULES
from nnviz.settings import SETTINGS, RunConfig, output_choices
from nnviz.starts import STARTS
from tests.data import image_files

APP = Path(__file__).resolve().parent.parent / "app.py"
PATIENCE = 60  # seconds: the machine may be busy with something else
WIDGETS = ("selectbox", "number_input", "select_slider", "text_input", "button")
ANY_RATE = "Learning rate, any value"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The server's client, as the pages find it, with a data folder of its own."""
    shared_client.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NNVIZ_DATA_DIR", str(tmp_path_factory.mktemp("pages")))
        made = shared_client()
        made.ask("status")
        yield made
        made.close()
    shared_client.cache_clear()


@pytest.fixture
def page(client):
    """The page of a new run."""
    return visit()


def visit(run=None):
    """The page as it opens, at the address of a run or of none."""
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    if run is not None:
        page.query_params["run"] = run
    return settled(page)


def settled(page):
    """Run the page's script; whatever happens, it shows no exception."""
    page.run()
    assert not page.exception
    return page


def control(page, label):
    """The one control of this label."""
    found = [
        widget for kind in WIDGETS for widget in getattr(page, kind) if widget.label == label
    ]
    assert len(found) == 1, f"{label}: {found}"
    return found[0]


def choose(page, label, value):
    """Set a control and run the page."""
    control(page, label).set_value(value)
    return settled(page)


def press(page, label):
    control(page, label).click()
    return settled(page)


def run_of(page):
    """The id in the address."""
    return page.query_params["run"]


def meta_of(client, page):
    """What the live part of the page would show."""
    frame = client.submit("frame", run=run_of(page), seen=-1, quantity="weights")
    return wire.unpack(frame.result(PATIENCE))[0]


def texts(page, kind):
    return [element.value for element in getattr(page, kind)]


def offers(page):
    """Labels of the buttons of the script's part of the page."""
    return [button.label for button in page.button]


def test_the_page_opens_ready_to_train(page, client):
    assert len(page.title) + sum(text.startswith("# ") for text in texts(page, "markdown")) == 1
    assert (texts(page, "error"), texts(page, "warning"), offers(page)) == ([], [], [])
    assert client.config(run_of(page)) == RunConfig()
    meta = meta_of(client, page)
    assert (meta["state"], meta["step"]) == ("ready", 0)


def test_the_live_part_is_told_of_the_run(page):
    (live,) = [part for part in page.get("bidi_component") if part.key == "lab"]
    assert run_of(page).encode() in live.proto.SerializeToString()


def test_every_setting_has_a_control_that_holds_the_runs_value_and_explains_itself(client):
    run = client.create(RunConfig(
        hidden=((20, "tanh"), (5, "sigmoid")), loss="mse", output="sigmoid", seed=9,
        initializer="uniform", scaling="standard", test_share=0.5, learning_rate=0.07,
        batch_size=100,
    ))
    page = visit(run)
    for name, value in client.config(run).to_dict().items():
        if name == "hidden":
            assert control(page, SETTINGS[name].label).value == len(value)
            for number, (units, activation) in enumerate(value, 1):
                assert control(page, f"Layer {number} units").value == units
                assert control(page, f"Layer {number} activation").value == activation
        else:
            assert control(page, SETTINGS[name].label).value == value, name
            assert control(page, SETTINGS[name].label).help.endswith(SETTINGS[name].help)
    assert control(page, ANY_RATE).value == 0.07
    assert run_of(page) == run
    assert offers(page) == []


def test_every_control_has_a_label(page):
    labels = [widget.label for kind in WIDGETS for widget in getattr(page, kind)]
    assert len(labels) >= len(SETTINGS)
    assert all(label.strip() for label in labels)
    assert len(set(labels)) == len(labels)


def test_the_parameters_are_counted_with_their_formula(page):
    assert any("64*32 + 32 + 32*10 + 10 = 2,410" in text for text in texts(page, "markdown"))
    choose(page, "Layer 1 units", 100)
    assert any("64*100 + 100 + 100*10 + 10 = 7,510" in text for text in texts(page, "markdown"))


@pytest.mark.parametrize("rate", [0.0, -1.0, 500.0, 1e-9])
def test_an_impossible_learning_rate_gives_a_message_and_leaves_the_run_alone(client, rate):
    page = visit()
    before = meta_of(client, page)
    choose(page, ANY_RATE, rate)
    (message,) = texts(page, "error")
    assert message.startswith(f"Learning rate cannot be {rate:g}. Give a number from 1e-05 to 10.")
    assert client.config(run_of(page)) == RunConfig()
    assert meta_of(client, page)["version"] == before["version"]
    choose(page, ANY_RATE, 0.25)
    assert texts(page, "error") == []
    assert client.config(run_of(page)).learning_rate == 0.25


@pytest.mark.parametrize(
    ("label", "value", "start"),
    [
        ("Batch size", 0, "Batch size cannot be 0"),
        ("Batch size", 1439, "Batch size cannot be 1,439: there are 1,438 training samples"),
        ("Seed", -1, "Seed cannot be -1"),
        ("Share of test samples", 0.99, "Share of test samples cannot be 0.99"),
        ("Layer 1 units", 513, "Layer 1 units cannot be 513"),
        ("Layer 1 units", 0, "Layer 1 units cannot be 0"),
        ("Hidden layers", 7, "Hidden layers cannot be 7"),
        ("Hidden layers", -1, "Hidden layers cannot be -1"),
    ],
)
def test_no_impossible_number_gets_through(page, client, label, value, start):
    run = run_of(page)
    choose(page, label, value)
    (message,) = texts(page, "error")
    assert message.startswith(start)
    assert client.config(run) == RunConfig()
    assert run_of(page) == run
    assert offers(page) == ["Keep this run's settings"]
    choose(page, ANY_RATE, 0.3)  # what makes sense is applied all the same
    assert client.config(run) == RunConfig(learning_rate=0.3)
    press(page, "Keep this run's settings")
    assert texts(page, "error") == []


@pytest.mark.parametrize("label", ["Learning rate", ANY_RATE])
def test_a_learning_rate_reaches_the_run_at_once(page, client, label):
    run = run_of(page)
    client.act(run, "step")
    choose(page, label, 0.3)
    assert client.config(run) == RunConfig(learning_rate=0.3)
    assert (run_of(page), offers(page)) == (run, [])
    assert meta_of(client, page)["step"] == 1
    assert control(page, "Learning rate").value == control(page, ANY_RATE).value == 0.3


def test_a_batch_size_reaches_the_run_at_once(page, client):
    choose(page, "Batch size", 1438)
    assert client.config(run_of(page)) == RunConfig(batch_size=1438)
    assert offers(page) == []


def test_what_is_typed_right_after_a_change_is_not_written_over(page, client):
    choose(page, "Batch size", 100)
    choose(page, "Batch size", 2.5)
    (message,) = texts(page, "error")
    assert message.startswith("Batch size cannot be 2.5")
    assert client.config(run_of(page)) == RunConfig(batch_size=100)


def test_a_change_of_the_run_elsewhere_comes_into_the_controls(page, client):
    choose(page, "Layer 1 units", 50)
    client.act(run_of(page), "change", {"learning_rate": 0.03})
    settled(page)
    assert control(page, ANY_RATE).value == 0.03
    assert client.config(run_of(page)).learning_rate == 0.03
    # What was chosen for a new run stays.
    assert control(page, "Layer 1 units").value == 50


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


@pytest.mark.parametrize("run", ["no-such-run", "", "<script>alert(1)</script>", "x" * 3000])
def test_an_unknown_run_in_the_address_gives_a_message_and_a_new_run(client, run):
    page = visit(run)
    (message,) = texts(page, "warning")
    assert message.startswith("This run is not known here")
    assert message.endswith("This is a new run.")
    assert run_of(page) != run
    assert client.config(run_of(page)) == RunConfig()
    settled(page)
    assert texts(page, "warning") == []


def test_a_second_tab_has_the_same_run_and_its_settings(page, client):
    choose(page, ANY_RATE, 0.3)
    other = visit(run_of(page))
    assert run_of(other) == run_of(page)
    assert control(other, ANY_RATE).value == 0.3
    assert texts(other, "warning") == []


def test_new_weights_are_seen_by_the_controls(page, client):
    client.act(run_of(page), "new_weights")
    settled(page)
    assert control(page, "Seed").value == 1
    assert offers(page) == []


@pytest.mark.parametrize("path", sorted(APP.parent.glob("pages/*.py")), ids=lambda path: path.stem)
def test_every_page_opens_and_the_lab_is_found_again(page, path):
    choose(page, "Layer 1 units", 77)
    run = page.query_params["run"]
    if path.stem != "lab":
        page.switch_page(f"pages/{path.name}")
        settled(page)
        assert page.markdown[0].value.startswith("# ")
        page.switch_page("pages/lab.py")
        settled(page)
    assert page.query_params["run"] == run
    assert control(page, "Layer 1 units").value == 77


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


def test_a_text_opens_in_the_lab(page, client):
    first = page.query_params["run"]
    page.switch_page("pages/texts.py")
    settled(page)
    words = "\n".join(block.value for block in page.markdown)
    for recipe in RECIPES.values():
        assert recipe.what in words
        assert recipe.change in words
    press(page, "Open in the lab, with the correct gradient")
    assert page.query_params["run"] != first
    config = client.config(page.query_params["run"])
    assert config.layer_sizes == (64, 15, 10)
    assert config.activations == ("relu", "sigmoid")


def test_a_step_small_enough_to_check_by_hand_is_one_button_away(page, client):
    first = run_of(page)
    page.switch_page("pages/inside.py")
    settled(page)
    (opened,) = page.get("bidi_component")
    assert first.encode() in opened.proto.SerializeToString()
    assert offers(page)[:2] == ["XOR, 2-2-1", "XOR, 2-3-1"]
    press(page, "XOR, 2-2-1")
    assert run_of(page) != first
    assert client.config(run_of(page)).layer_sizes == (2, 2, 1)
    page.switch_page("pages/lab.py")
    settled(page)
    assert client.config(run_of(page)).layer_sizes == (2, 2, 1)


def open_landscape(page, view=None):
    """Go to the page of the loss landscape and choose a view; returns the page."""
    page.switch_page("pages/landscape.py")
    settled(page)
    if view is not None:
        page.button_group[0].set_value(view)
        settled(page)
    return page


def until_drawn(page):
    """Let a view of the landscape be made; returns its chart."""
    deadline = time.monotonic() + PATIENCE
    while not page.get("plotly_chart"):
        assert time.monotonic() < deadline
        settled(page)
    return page.get("plotly_chart")[0]


def test_the_landscape_says_what_the_learning_rate_would_do(page, client):
    for _ in range(3):
        client.act(run_of(page), "step")
    until_drawn(open_landscape(page))
    assert any("The run's rate of 0.1 is **" in text for text in texts(page, "markdown"))
    assert any(text.startswith("Step 3: cross-entropy") for text in texts(page, "caption"))
    client.act(run_of(page), "step")
    settled(page)
    assert any("The run shows step 4 now." in text for text in texts(page, "caption"))
    press(page, "Compute for step 4")
    until_drawn(page)


def test_a_surface_is_made_when_asked_for_and_can_be_given_up(page, client):
    for _ in range(4):
        client.act(run_of(page), "step")
    open_landscape(page, "path")
    assert not page.get("plotly_chart")
    press(page, "Compute for step 4")
    if "Cancel" in offers(page):
        press(page, "Cancel")
        settled(page)
        assert not page.get("plotly_chart")
        press(page, "Compute for step 4")
    until_drawn(page)
    page.button_group[1].set_value("In relief")
    settled(page)
    assert page.get("plotly_chart")


def test_a_way_too_short_for_a_plane_is_explained(page):
    open_landscape(page, "path")
    press(page, "Compute for step 0")
    assert any("too short for a plane" in text for text in texts(page, "warning"))


def test_breaking_backpropagation_turns_the_check_red(page):
    page.switch_page("pages/inside.py")
    settled(page)
    assert texts(page, "error") == []
    (good,) = texts(page, "success")
    assert good.startswith("Backpropagation and finite differences agree")
    choose(page, "Break it", "no_bias")
    (wrong,) = texts(page, "error")
    assert wrong == (
        "Wrong: the biases of layer 1, the biases of layer 2. The other 2 of 4 parts agree."
    )
    assert texts(page, "success") == []
    words = "\n".join(texts(page, "markdown"))
    assert "✗ wrong: biases of layer 1" in words
    assert "test samples right, against" in words
    choose(page, "Break it", "last_batch_dropped")
    assert texts(page, "error") == []
    assert "No gradient check can see it" in texts(page, "info")[0]
    assert "30 of 1,438 samples are left out" in "\n".join(texts(page, "markdown"))


def test_one_weight_is_checked_by_its_place(page):
    page.switch_page("pages/inside.py")
    settled(page)
    page.button_group[0].set_value("one weight")
    settled(page)
    choose(page, "From", 20)
    choose(page, "To unit", 3)
    choose(page, "Break it", "no_derivative")
    assert texts(page, "error") == ["Wrong: the weights of layer 1."]
    assert "w[20 → 3]" in "\n".join(texts(page, "markdown"))


# ---------------------------------------------------------------- a model file


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


def draw_page(page):
    """Go to the page to draw on; a browser leaves the run out of the address then."""
    del page.query_params["run"]
    page.switch_page("pages/draw.py")
    return settled(page)


def wait_for_training(client, run):
    """Wait until a run is being trained; returns what its frame says."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        meta = wire.unpack(
            client.submit("frame", run=run, seen=-1, quantity="weights").result(PATIENCE)
        )[0]
        if meta["step"]:
            return meta
        time.sleep(0.05)
    raise AssertionError(f"The run is still {meta['state']} at step {meta['step']}.")


def test_who_has_trained_nothing_gets_a_network_to_draw_for(page, client):
    lab_run = run_of(page)
    draw_page(page)
    reader = page.query_params["run"]
    assert reader != lab_run
    config, epochs = first_visitor_config("digits")
    assert client.config(reader) == config
    assert wait_for_training(client, reader)["stop_epochs"] == epochs
    settled(page)
    assert page.query_params["run"] == reader
    client.act(reader, "run", False)


def test_the_labs_run_reads_once_it_has_learned(page, client):
    run = run_of(page)
    client.act(run, "step")
    draw_page(page)
    assert page.query_params["run"] == run


def test_the_address_decides_who_reads(client):
    run = client.create(RunConfig(hidden=((5, "tanh"),)))
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.query_params["run"] = run
    page.switch_page("pages/draw.py")
    settled(page)
    assert page.query_params["run"] == run


def test_an_unknown_run_to_draw_for_is_explained(client):
    page = AppTest.from_file(APP, default_timeout=PATIENCE)
    page.query_params["run"] = "no-such-run"
    page.switch_page("pages/draw.py")
    settled(page)
    (message,) = texts(page, "warning")
    assert message.startswith("This run is not known here")
    assert client.config(page.query_params["run"]) == first_visitor_config("digits")[0]
