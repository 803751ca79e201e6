"""What the live part of the page says and shows, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, type_number


def notice(lab):
    return lab.page.locator("[data-nnviz=notice]")


def type_stop(lab, label, keys):
    """Type into a field of the lab's own as a person does, and confirm."""
    field = lab.page.get_by_label(label, exact=True)
    field.focus()
    field.press("ControlOrMeta+a")
    lab.page.keyboard.type(keys)
    lab.page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("label", "keys", "answer"),
    [
        ("Stop after epochs", "2.5", "give a whole number from 1 to 1,000,000, or nothing. "
         "Received: 2.5."),
        ("Stop after epochs", "1e400", "Received: no number."),
        ("Stop at test accuracy", "95", "give a number from 0 to 1, or nothing. Received: 95."),
        ("Stop at test accuracy", "--", "Received: no number."),
    ],
)
def test_an_impossible_stop_is_explained(lab, label, keys, answer):
    type_stop(lab, label, keys)
    expect(notice(lab)).to_contain_text(answer)


def test_a_complaint_goes_when_the_number_is_mended(lab):
    type_stop(lab, "Stop after epochs", "0")
    expect(notice(lab)).to_contain_text("Received: 0.")
    type_stop(lab, "Stop after epochs", "3")
    # Before it would go by itself.
    expect(notice(lab)).to_be_hidden(timeout=8000)


def test_what_came_last_is_shown_however_late_the_style_sheets_come(page, server):
    held = []
    page.route("**/widths.css", lambda route: held.append(route))
    page.goto(server.url)
    expect(page).to_have_url(re.compile("run="))
    first = page.url
    type_number(page, "Layer 1 units", 16)
    page.get_by_role("button", name="Start new run").click()
    expect(page).not_to_have_url(first)
    expect(page.get_by_text("Chosen for a new run")).to_be_hidden()
    assert held
    for route in held:
        route.continue_()
    lab = Lab(page, server.url).wait_until_ready()
    lab.step()
    expect(page.locator("[data-panel=weights]")).to_contain_text("64 → 16")
    expect(page.locator("[data-panel=weights]")).not_to_contain_text("64 → 32")


@pytest.mark.expected_console("ERR_INTERNET_DISCONNECTED")
def test_a_network_that_goes_away_is_said_at_once_and_mended(lab):
    lab.run()
    lab.wait_for_step(10)
    # What the page would try again by itself after a while does not come.
    lab.page.evaluate(
        """() => { const later = window.setTimeout;
            window.setTimeout = (act, ms, ...rest) => later(act, ms < 200 ? ms : 1e9, ...rest); }"""
    )
    lab.page.context.set_offline(True)
    expect(notice(lab)).to_contain_text("connection is lost")
    step = lab.status.step
    lab.page.context.set_offline(False)
    expect(notice(lab)).to_be_hidden()
    lab.wait_for_step(step + 10)
    lab.pause()


def test_run_is_released_when_training_stops_at_once(lab):
    type_stop(lab, "Stop at test accuracy", "0")
    lab.button("Run").click()
    expect(notice(lab)).to_contain_text("Stopped after epoch 1")
    expect(lab.button("Run")).to_have_attribute("aria-pressed", "false")


def test_colours_forced_by_the_system_spare_the_choice_and_the_matrix(lab):
    lab.page.emulate_media(forced_colors="active")
    for kept in (".nnviz-choice input:checked + span", ".nnviz-confusion tbody .nnviz-right"):
        # The computed background is the page's own even where the system paints another.
        expect(lab.page.locator(kept).first).to_have_css("forced-color-adjust", "none")
