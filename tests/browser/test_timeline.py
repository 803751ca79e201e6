"""Going back on the timeline, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, hold
from tests.browser.test_lab import PANELS, shown_steps


@pytest.fixture
def timeline(lab):
    """The slider of the timeline."""
    return lab.page.get_by_role("slider", name="Step looked at")


def take(lab, steps):
    for _ in range(steps):
        status = lab.step()
    return status


def drag_to(lab, timeline, share):
    """Drag the timeline's handle from its end to a share of its width, and hold it there."""
    box = timeline.bounding_box()
    middle = box["y"] + box["height"] / 2
    lab.page.mouse.move(box["x"] + box["width"] - 8, middle)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] * share, middle, steps=8)


def test_dragging_the_timeline_changes_everything_to_one_step(lab, timeline):
    lab.page.set_viewport_size({"width": 1280, "height": 3000})
    # Slowly: of a network that has learned all there is, the losses look alike.
    lab.page.get_by_label("Speed").select_option("100 steps/s")
    lab.run()
    lab.wait_for_step(200)
    now = lab.pause()
    drag_to(lab, timeline, 0.3)
    lab.wait_for_status(lambda then: then.step < now.step / 2, "an earlier step")
    # While it is held, the handle is where the hand is, which may be between two kept steps.
    lab.page.mouse.up()
    looked_at = lab.caught_up()
    expect(timeline).to_have_value(str(looked_at.step))
    expect(lab.page.get_by_text(f"looking back at step {looked_at.step:,} of")).to_be_visible()
    steps = shown_steps(lab.page)
    assert steps == [looked_at.step] * len(PANELS)
    assert looked_at.training_loss > now.training_loss
    legend = lab.page.locator("[data-panel=loss]").text_content()
    shown = float(re.search(r"training([\d.e-]+)test", legend)[1])
    assert shown == pytest.approx(looked_at.training_loss, rel=1e-3, abs=1e-4)
    lab.page.get_by_role("button", name="Back to now").click()
    assert lab.wait_for_status(lambda then: then.step == now.step, "now") == now


def test_after_continue_from_here_training_goes_on_from_exactly_those_weights(
    lab, timeline, new_context, server
):
    take(lab, 9)
    timeline.focus()
    for _ in range(4):
        timeline.press("ArrowLeft")
    lab.wait_for_status(lambda then: then.step == 5, "step 5")
    lab.page.get_by_role("button", name="Continue from here").click()
    expect(lab.page.get_by_text("now at step 5")).to_be_visible()
    expect(lab.page.get_by_role("button", name="abandoned")).to_be_visible()
    other = Lab(new_context().new_page(), server.url).open()
    assert take(lab, 3) == take(other, 8)


def test_two_moments_are_compared(lab, timeline):
    take(lab, 6)
    weights = lab.page.locator("[data-panel=weights]")
    expect(weights.get_by_text("Difference to step")).to_be_hidden()
    lab.page.get_by_role("button", name="Compare with this step").click()
    weights.get_by_role("radio", name="Difference to step 6").check()
    timeline.focus()
    timeline.press("ArrowLeft")
    lab.wait_for_status(lambda then: then.step == 5, "step 5")
    hold(lab, "weights", ["ArrowRight"])
    expect(weights).to_contain_text(re.compile(r"w − w′: w\[\d+ → \d+\] = "))


def test_another_tab_sees_the_moment_looked_at(lab, timeline):
    take(lab, 6)
    second = Lab(lab.page.context.new_page(), lab.page.url).open()
    timeline.focus()
    timeline.press("ArrowLeft")
    second.wait_for_status(lambda then: then.step == 5, "step 5")
    expect(second.page.get_by_text("looking back at step 5 of 6")).to_be_visible()
    assert second.reload().status.step == 5
