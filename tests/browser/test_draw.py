"""Drawing in a real browser: mouse and finger, undo, and the answer while a stroke is drawn."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.drawing_page import SEVEN, ZERO, DrawingPage

# Opened by its own address, a page makes Streamlit look for these below the page's name first.
opens_by_address = pytest.mark.expected_console("/draw/_stcore/")


@pytest.fixture
def draw(page, server):
    """The page to draw on, of a new visitor."""
    return DrawingPage(page, server.url).open()


def test_the_answer_comes_while_the_stroke_is_drawn(draw):
    draw.draw(SEVEN, lift=False)
    draw.expect_reading()
    answers = int(draw.root.get_attribute("data-answers"))
    assert answers > 1
    draw.page.mouse.up()
    expect(draw.page.locator("[data-best=true]")).to_have_count(1)


@opens_by_address
def test_a_finger_draws_and_the_page_stays_where_it_is(new_context, server):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    draw = DrawingPage(context.new_page(), server.url)
    draw.page.goto(f"{server.url}/draw")
    draw.wait_until_ready()
    before = draw.page.evaluate("scrollY")
    draw.touch(ZERO)
    draw.expect_reading()
    assert draw.page.evaluate("scrollY") == before


def test_undo_redo_clear_and_the_eraser(draw):
    draw.draw(SEVEN)
    drawn = draw.wait_for_ink(lambda count: count > 500, "stroke")
    draw.page.keyboard.press("Control+z")
    draw.wait_for_ink(lambda count: count == 0, "undo")
    expect(draw.button("Undo")).to_be_disabled()
    draw.button("Redo").click()
    draw.wait_for_ink(lambda count: count == drawn, "redo")
    draw.button("Eraser").click()
    draw.draw(((0.2, 0.2), (0.8, 0.2)))
    draw.wait_for_ink(lambda count: 0 < count < drawn, "erased stroke")
    draw.page.keyboard.press("Escape")
    draw.wait_for_ink(lambda count: count == 0, "empty paper")
    draw.button("Undo").click()
    draw.button("Undo").click()
    draw.wait_for_ink(lambda count: count == drawn, "first stroke")
    draw.page.keyboard.press("Control+y")
    draw.page.keyboard.press("Control+Shift+z")
    draw.wait_for_ink(lambda count: count == 0, "empty paper again")


def test_an_empty_paper_and_a_dot_get_a_hint(draw):
    draw.draw(((0.5, 0.5), (0.501, 0.5)))
    draw.expect_hint("too small")
    draw.button("Undo").click()
    expect(draw.words).not_to_contain_text("too small")
    expect(draw.winner).to_have_text("–")


def test_a_drawing_survives_a_change_of_theme_and_size(draw):
    draw.draw(SEVEN)
    drawn = draw.wait_for_ink(lambda count: count > 500, "stroke")
    draw.page.emulate_media(color_scheme="dark")
    draw.wait_for_ink(lambda count: abs(count - drawn) < 0.1 * drawn, "stroke in the dark")
    draw.page.set_viewport_size({"width": 390, "height": 800})
    draw.wait_for_ink(lambda count: 200 < count < drawn, "smaller stroke")
    draw.page.set_viewport_size({"width": 1280, "height": 800})
    draw.wait_for_ink(lambda count: abs(count - drawn) < 0.1 * drawn, "stroke as it was")


def test_a_stage_left_out_changes_the_picture(draw):
    draw.draw(SEVEN)
    draw.expect_reading()
    picture = draw.page.locator("[data-panel=stages] canvas").last
    picture.scroll_into_view_if_needed()
    before = picture.evaluate("(canvas) => canvas.toDataURL()")
    draw.page.get_by_label("crop to the ink").uncheck()
    draw.page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[picture.element_handle(), before],
    )


@opens_by_address
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_serious_for_the_accessibility_engine(new_context, server, scheme, width):
    context = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    draw = DrawingPage(context.new_page(), server.url)
    draw.page.goto(f"{server.url}/draw")
    draw.wait_until_ready()
    draw.draw(SEVEN)
    draw.expect_reading()
    found = Axe().run(draw.page).response["violations"]
    serious = [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert not serious, "\n".join(serious)
    overflow = draw.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
