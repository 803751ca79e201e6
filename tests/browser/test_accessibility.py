"""Every page for all: nothing serious for the accessibility engine, and no wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.drawing_page import SEVEN, DrawingPage
from tests.browser.inside_page import InsidePage
from tests.browser.lab import Lab, hold


def lab(page, url):
    Lab(page, url).open().epoch()
    yield "after an epoch"


def cutting(page, url):
    opened = Lab(page, url).open()
    opened.step()
    hold(opened, "weights", ["ArrowDown"])
    hold(opened, "diagram", ["ArrowDown"])
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("Changed by hand")).to_be_visible()
    yield "a unit is off, a weight selected"


def take_away(page, url):
    opened = Lab(page, url).open()
    opened.button("Take away").click()
    expect(opened.button("Report")).to_be_visible()
    yield "the list is open"


def draw(page, url):
    page.goto(f"{url}/draw")
    opened = DrawingPage(page).wait_until_ready()
    opened.draw(SEVEN)
    opened.expect_reading()
    yield "a 7 is read"


def inside(page, url):
    Lab(page, url).open()
    page.goto(page.url.replace("/?", "/inside?"))
    opened = InsidePage(page).opened(1)
    expect(page.get_by_text("How far to move a parameter")).to_be_visible()
    for phase in ("Forward 1", "Backward 2, delta", "Update 1"):
        opened.go_to(phase)
        yield phase


def landscape(page, url):
    Lab(page, url).open().step()
    page.goto(page.url.replace("/?", "/landscape?"))
    expect(page.get_by_text("loss before the step")).to_be_visible()
    yield "the next step's rates"


def runs(page, url):
    Lab(page, url).open().step()
    page.goto(f"{url}/runs")
    expect(page.locator(".nnviz-runs li").first).to_be_visible()
    yield "a run is listed"


def functions(page, url):
    page.goto(f"{url}/functions")
    expect(page.get_by_role("heading", name="Building blocks")).to_be_visible()
    yield "as it opens"


def texts(page, url):
    page.goto(f"{url}/texts")
    expect(page.get_by_role("heading", name="Three texts")).to_be_visible()
    yield "as it opens"


def serious_in(page):
    """What the engine finds, as texts."""
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


# A page opened by its own address makes Streamlit look for its parts below the page's name first.
@pytest.mark.expected_console("/_stcore/")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize(
    "reach", [lab, cutting, take_away, draw, inside, landscape, runs, functions, texts]
)
def test_nothing_serious_and_nothing_too_wide(new_context, server, reach, width, scheme):
    context = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for state in reach(page, server.url):
        # While the script draws the page anew, what it has not come to yet is faint.
        expect(page.get_by_test_id("stApp")) \
            .to_have_attribute("data-test-script-state", "notRunning")
        assert serious_in(page) == [], state
        # What Streamlit scrolls is its own part of the document.
        overflow = page.evaluate("""Math.max(
          ...[document.documentElement, document.querySelector("[data-testid=stMain]")]
            .map((part) => part.scrollWidth - part.clientWidth))""")
        assert overflow <= 0, state
