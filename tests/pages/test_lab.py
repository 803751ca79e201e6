"""The lab's page, without a browser; a real worker trains the runs."""

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates

from nnviz.settings import SETTINGS, RunConfig
from tests.pages.app import (
    ANY_RATE,
    APP,
    WIDGETS,
    choose,
    control,
    meta_of,
    offers,
    press,
    run_of,
    settled,
    texts,
    visit,
)


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


def test_a_rate_that_was_typed_is_kept_where_the_browser_sends_what_the_slider_held(page, client):
    """With each message it sends all its fields: without the answer to the last, as they were."""
    slider = control(page, "Learning rate")._widget_state
    choose(page, ANY_RATE, 0.3)
    answered = control(page, "Learning rate").id
    sent = page._tree.get_widget_states().widgets
    late = WidgetStates(widgets=[*(each for each in sent if each.id != answered), slider])
    page._run(late)
    assert not page.exception
    assert client.config(run_of(page)).learning_rate == 0.3
    assert control(page, "Learning rate").value == control(page, ANY_RATE).value == 0.3
    choose(page, "Learning rate", 1.0)
    assert client.config(run_of(page)).learning_rate == control(page, ANY_RATE).value == 1.0


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


def test_what_is_typed_while_another_run_comes_is_not_written_over(page, client):
    other = client.create(RunConfig(hidden=((5, "tanh"),)))
    page.query_params["run"] = other
    choose(page, ANY_RATE, 0.3)
    assert run_of(page) == other
    assert control(page, "Layer 1 units").value == 5
    assert control(page, ANY_RATE).value == client.config(other).learning_rate == 0.3


def test_a_change_of_the_run_elsewhere_comes_into_the_controls(page, client):
    choose(page, "Layer 1 units", 50)
    client.act(run_of(page), "change", {"learning_rate": 0.03})
    settled(page)
    assert control(page, ANY_RATE).value == 0.03
    assert client.config(run_of(page)).learning_rate == 0.03
    # What was chosen for a new run stays.
    assert control(page, "Layer 1 units").value == 50


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
