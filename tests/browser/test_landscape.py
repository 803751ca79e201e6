"""The loss landscape, in a real browser."""

import re

from playwright.sync_api import expect


def test_the_landscape_of_the_labs_run_is_drawn_and_follows_the_timeline(lab):
    page = lab.page
    for _ in range(5):
        lab.step()
    page.get_by_role("link", name="Loss landscape").click()
    expect(page.get_by_text("loss before the step")).to_be_visible()
    expect(page.get_by_text("largest stable").or_(page.get_by_text("curves downwards")).first) \
        .to_be_visible()
    page.get_by_text("Along the way so far", exact=True).click()
    # Until the line has gone, the button is the one that was below it.
    expect(page.get_by_text("loss before the step")).to_have_count(0)
    page.get_by_role("button", name="Compute for step 5").click()
    expect(page.get_by_text(re.compile("first principal direction"))).to_be_visible()
    page.get_by_role("link", name="Lab").click()
    lab.wait_until_ready()
    lab.page.get_by_role("slider", name="Step looked at").press("ArrowLeft")
    lab.wait_for_status(lambda then: then.step == 4, "step 4")
    page.get_by_role("link", name="Loss landscape").click()
    expect(page.get_by_role("button", name="Compute for step 4")).to_be_visible()
