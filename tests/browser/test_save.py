"""Charts saved from the page, as pictures at print size."""

import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.lab import PATIENCE, Lab
from tests.browser.test_lab import PANELS

SVG = "{http://www.w3.org/2000/svg}"
DOTS = 300 / 96  # per CSS pixel


def saved(lab, panel, kind):
    """Save a panel's chart; returns the file's name and content."""
    section = lab.page.locator(f"[data-panel={panel}]")
    section.locator("summary").click()
    with lab.page.expect_download() as started:
        section.get_by_role("button", name=kind, exact=True).click()
    content = started.value.path().read_bytes()
    return started.value.suggested_filename, content


@pytest.fixture(scope="module", params=["light", "dark"])
def pictures(request, browser, server):
    """Every chart in both formats, of one run in the page's light or dark theme."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=request.param
    )
    context.set_default_timeout(PATIENCE * 1000)
    lab = Lab(context.new_page(), server.url).open()
    lab.epoch()
    lab.epoch()
    found = {
        panel: (saved(lab, panel, "SVG"), saved(lab, panel, "PNG")) for panel in PANELS
    }
    yield found
    context.close()


@pytest.mark.parametrize("panel", PANELS)
def test_a_chart_is_saved_with_title_and_settings(pictures, panel):
    (name, content), _ = pictures[panel]
    assert name == f"digits-64-32-10-{panel}-step-90.svg"
    picture = ElementTree.fromstring(content)
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts[0] == picture.find(f"{SVG}title").text
    settings = " ".join(texts[1:4])
    assert "64-32-10 (ReLU, softmax)" in settings
    assert "SGD, learning rate 0.1" in settings
    assert "step 90" in settings
    # For paper, whatever the theme of the page.
    assert picture.find(f"{SVG}rect").get("fill") == "rgb(255,255,255)"


@pytest.mark.parametrize("panel", PANELS)
def test_the_pixels_are_those_of_300_dots_an_inch(pictures, panel):
    (_, drawn), (_, content) = pictures[panel]
    size = ElementTree.fromstring(drawn)
    with Image.open(io.BytesIO(content)) as image:
        for pixels, side in zip(image.size, ("width", "height"), strict=True):
            assert abs(pixels - int(size.get(side)) * DOTS) <= 0.5
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert len(set(image.convert("L").resize((200, 200)).tobytes())) > 20


def test_lines_are_lines_and_numbers_numbers(pictures):
    loss = ElementTree.fromstring(pictures["loss"][0][1])
    strokes = {path.get("stroke") for path in loss.iter(f"{SVG}path")}
    assert {"#2f7fd0", "#d9601a", "#8d6cc9"} <= strokes
    assert list(loss.iter(f"{SVG}image")) == []
    confusion = ElementTree.fromstring(pictures["confusion"][0][1])
    found = [text.text for text in confusion.iter(f"{SVG}text")]
    numbers = [text for text in found if re.fullmatch(r"\d+", text)]
    assert len(numbers) > 100
    assert {"True label", "Predicted label"} <= set(found)
    weights = ElementTree.fromstring(pictures["weights"][0][1])
    assert len(list(weights.iter(f"{SVG}image"))) > 32
    assert all(
        image.get("href").startswith("data:image/png") for image in weights.iter(f"{SVG}image")
    )


def test_saving_leaves_the_page_as_it_was(lab):
    lab.run()
    lab.wait_for_step(50)
    saved(lab, "weights", "SVG")
    lab.wait_for_step(lab.status.step + 100)
    lab.pause()
    assert lab.page.locator(".nnviz-print").count() == 0
    own = "[...document.querySelectorAll('canvas')].filter((c) => Object.hasOwn(c, 'getContext'))"
    assert lab.page.evaluate(f"{own}.length") == 0


def test_the_menus_are_within_a_phone(new_context, server):
    context = new_context(viewport={"width": 390, "height": 800})
    lab = Lab(context.new_page(), server.url).open()
    for panel in ("loss", "weights"):
        assert len(saved(lab, panel, "PNG")[1]) > 1000


def test_the_keyboard_opens_and_closes_the_menu(lab):
    menu = lab.page.locator("[data-panel=loss] .nnviz-save")
    menu.locator("summary").focus()
    lab.page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="PNG")).to_be_visible()
    lab.page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="PNG")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
