"""The page of one step, and its check of backpropagation."""

import json

from nnviz.runs.identity import share_id
from nnviz.settings import RunConfig
from tests.pages.app import choose, offers, press, run_of, settled, texts


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


def test_breaking_backpropagation_turns_the_check_red(page):
    page.switch_page("pages/inside.py")
    settled(page)
    assert texts(page, "error") == []
    (good,) = texts(page, "success")
    assert good.startswith("Backpropagation and finite differences agree")
    choose(page, "Break it", "no_bias")
    (wrong,) = texts(page, "error")
    assert wrong == (
        "Wrong: the biases of layer 1, the biases of layer 2. 2 of 4 parts agree."
    )
    assert texts(page, "success") == []
    words = "\n".join(texts(page, "markdown"))
    assert ":red[✗ wrong: biases of layer 1] (24 of 32) | :red[**1**]" in words
    assert "test samples right, against" in words
    choose(page, "Break it", "last_batch_dropped")
    assert texts(page, "error") == []
    assert "No gradient check can see it" in texts(page, "info")[0]
    assert "30 of 1,438 samples are left out" in "\n".join(texts(page, "markdown"))


def test_how_long_both_trained_is_told_in_plain_numbers(page):
    page.switch_page("pages/inside.py")
    settled(page)
    press(page, "XOR, 2-3-1")
    choose(page, "Break it", "no_bias")
    assert "After 1,000 steps (1,000 epochs) from" in "\n".join(texts(page, "markdown"))


def test_one_weight_is_checked_by_its_place(page):
    page.switch_page("pages/inside.py")
    settled(page)
    page.button_group[0].set_value("one weight")
    settled(page)
    # The first pixel is always black.
    choose(page, "From (0 to 63)", 0)
    assert any(text.startswith("Both are 0") for text in texts(page, "info"))
    choose(page, "From (0 to 63)", 20)
    choose(page, "To unit (0 to 31)", 3)
    choose(page, "Break it", "no_derivative")
    assert texts(page, "error") == ["Wrong: the weights of layer 1."]
    assert "| w[20 → 3] of layer 1 | " in "\n".join(texts(page, "markdown"))


def tools_of(page):
    """What the opened step's script is told to hide and to lock."""
    (opened,) = page.get("bidi_component")
    return json.loads(opened.proto.json)["tools"]


def test_what_a_link_hides_and_locks_is_so_here_as_well(page):
    """Its steps could be taken here, and another run begun, whatever a teacher had locked."""
    page.query_params["hide"], page.query_params["lock"] = "step,run", "start"
    settled(page)
    page.switch_page("pages/inside.py")
    settled(page)
    assert tools_of(page) == {"hide": ["run", "step"], "lock": ["start"]}
    small = [button for button in page.button if button.label.startswith("XOR")]
    assert [button.disabled for button in small] == [True, True]


def test_who_looks_on_changes_nothing_here_and_sees_the_check(client, page):
    run = client.create(RunConfig())
    page.query_params.clear()
    page.query_params["view"] = share_id(run)
    settled(page)
    page.switch_page("pages/inside.py")
    settled(page)
    assert {"step", "run", "start"} <= set(tools_of(page)["hide"])
    assert not [button for button in offers(page) if button.startswith("XOR")]
    assert texts(page, "error") == []
    assert texts(page, "success")
