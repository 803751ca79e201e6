"""The page of the loss landscape."""

import time

from tests.pages.app import PATIENCE, offers, press, run_of, settled, texts


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
    assert any("the mini-batch of step 4, 32 training" in text for text in texts(page, "caption"))
    page.button_group[1].set_value("descent")
    settled(page)
    until_drawn(page)
    assert any(text.startswith("Step 3: cross-entropy") for text in texts(page, "caption"))
    assert any("512 training samples, always the same" in text for text in texts(page, "caption"))
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


def test_a_view_whose_making_failed_says_so_and_can_be_asked_for_again(page, client):
    open_landscape(page, "gradient")
    press(page, "Compute for step 0")
    for _ in range(20):
        if "Cancel" not in offers(page):
            break
        # As where the page was away for too long.
        client.ask("question", run=run_of(page), question="cancel_landscape",
                   arguments={"view": "gradient"})
        settled(page)
    assert page.get("plotly_chart") or any(
        "no longer being made" in text for text in texts(page, "warning"))
    press(page, "Compute for step 0")
    until_drawn(page)
