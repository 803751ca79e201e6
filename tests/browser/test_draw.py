"""Drawing in a real browser: mouse and finger, undo, and the answer while a stroke is drawn."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.drawing_page import SEVEN, ZERO, DrawingPage
from tests.browser.lab import Lab
from tests.runs.drawings import seven

# Opened by its own address, a page makes Streamlit look for these below the page's name first.
opens_by_address = pytest.mark.expected_console("/draw/_stcore/")


# A pen as the browser reports it, with the pressure that it has at each point [x, y, pressure].
PEN_STROKE = """(points) => {
    const canvas = document.querySelector("canvas.nnviz-paper");
    const { left, top, width, height } = canvas.getBoundingClientRect();
    points.forEach(([x, y, pressure], k) => {
        const type = k === 0 ? "pointerdown" : k < points.length - 1 ? "pointermove" : "pointerup";
        canvas.dispatchEvent(new PointerEvent(type, {
            pointerId: 77, pointerType: "pen", pressure, buttons: 1, bubbles: true,
            clientX: left + x * width, clientY: top + y * height,
        }));
    });
}"""


@pytest.fixture
def draw(lab):
    """The page to draw on, of a visitor whose network in the lab has learned to read."""
    assert lab.train(60).test_accuracy > 0.95
    lab.page.get_by_role("link", name="Draw a digit").click()
    return DrawingPage(lab.page).wait_until_ready()


def test_the_answer_comes_while_the_stroke_is_drawn(draw):
    draw.draw(SEVEN[:2], lift=False)
    expect(draw.root).to_have_attribute("data-answers", re.compile(r"\d"))
    answers = draw.root.get_attribute("data-answers")
    draw.page.mouse.move(*draw.at(*SEVEN[2]), steps=6)
    expect(draw.root).not_to_have_attribute("data-answers", answers)
    draw.expect_reading()
    draw.page.mouse.up()
    expect(draw.page.locator("[data-best=true]")).to_have_count(1)


@opens_by_address
def test_a_finger_draws_and_the_page_stays_where_it_is(new_context, server):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    draw = DrawingPage(context.new_page())
    draw.page.goto(f"{server.url}/draw")
    draw.wait_until_ready()
    before = draw.page.evaluate("scrollY")
    draw.touch(ZERO)
    draw.expect_reading()
    assert draw.page.evaluate("scrollY") == before


def test_a_pen_draws_wider_where_it_is_pressed_harder(draw):
    line = [(0.2 + 0.05 * k, 0.5) for k in range(13)]
    widths = []
    for force in (0.1, 0.5, 0.9):
        draw.press(line, force)
        count = draw.wait_for_ink(lambda count: count > 500, "stroke")
        widths.append(count)
        draw.page.keyboard.press("Escape")
        draw.wait_for_ink(lambda count: count == 0, "empty paper")
    assert widths[0] < 0.75 * widths[1] < 0.6 * widths[2]
    # Within one stroke as well: the second half of this one is pressed hardest.
    draw.page.evaluate(PEN_STROKE, [[*point, 0.1 if point[0] < 0.5 else 1] for point in line])
    count = draw.wait_for_ink(lambda count: count > 500, "stroke")
    assert widths[0] < 0.9 * count < 0.9 * widths[2]
    # A pen that is being put down or lifted says 0: no wider ends for that.
    draw.page.keyboard.press("Escape")
    draw.wait_for_ink(lambda count: count == 0, "empty paper")
    draw.page.evaluate(PEN_STROKE, [[*point, 0.1 * (0.2 < point[0] < 0.5)] for point in line])
    lifted = draw.wait_for_ink(lambda count: count > 500, "stroke")
    assert abs(lifted - widths[0]) < 0.1 * widths[0]


def test_the_other_end_of_a_pen_erases(draw):
    draw.draw(SEVEN)
    drawn = draw.wait_for_ink(lambda count: count > 500, "stroke")
    draw.page.evaluate(PEN_STROKE.replace("buttons: 1", "buttons: 32, button: 5"),
                       [[0.2 + 0.05 * k, 0.2, 0.5] for k in range(13)])
    draw.wait_for_ink(lambda count: 0 < count < drawn, "erased stroke")


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


@opens_by_address
def test_a_drawing_survives_another_page_and_a_reload(draw):
    draw.draw(SEVEN)
    drawn = draw.wait_for_ink(lambda count: count > 500, "stroke")
    draw.page.get_by_role("link", name="Building blocks").click()
    expect(draw.root).to_have_count(0)
    draw.page.get_by_role("link", name="Draw a digit").click()
    draw.wait_until_ready()
    draw.wait_for_ink(lambda count: abs(count - drawn) < 0.02 * drawn, "stroke, come back")
    draw.expect_reading()
    draw.page.reload()
    draw.wait_until_ready()
    draw.wait_for_ink(lambda count: abs(count - drawn) < 0.02 * drawn, "stroke, reloaded")


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
def test_a_first_visitor_gets_a_network_trained_at_once_and_keeps_it(page, server):
    draw = DrawingPage(page)
    page.goto(f"{server.url}/draw")
    draw.wait_until_ready()
    expect(page.get_by_role("progressbar", name="Training")).to_be_visible()
    expect(page.get_by_text("trained for you on the spot")).to_be_visible()
    run = page.url
    page.reload()
    draw.wait_until_ready()
    expect(page).to_have_url(run)
    expect(draw.run_bar).to_have_text(re.compile(r"accuracy [89]\d"), timeout=120_000)
    # Whether it is trained still or has been, this is how it came about.
    expect(page.get_by_text("trained for you on the spot")).to_be_visible()
    draw.draw(SEVEN)
    draw.expect_reading()
    if draw.button("Run").get_attribute("aria-pressed") == "true":
        draw.button("Run").click()
    draw.button("Watch it in the lab").click()
    lab = Lab(page, server.url).wait_until_ready()
    assert lab.pause().test_accuracy > 0.7
    expect(page).to_have_url(re.compile(run.split("run=")[1]))


@opens_by_address
def test_a_run_that_has_not_learned_says_so_and_offers_another(lab, server):
    page = lab.page
    run = page.url.split("run=")[1]
    page.goto(f"{server.url}/draw?run={run}")
    DrawingPage(page).wait_until_ready()
    offer = page.get_by_role("region", name="A network that can read")
    expect(offer).to_contain_text("has learned nothing yet: it guesses")
    expect(page.get_by_role("region", name="Another network")).to_be_hidden()
    offer.get_by_role("button", name=re.compile("8 x 8")).click()
    expect(offer).to_be_hidden()
    expect(page).not_to_have_url(re.compile(run))
    page.get_by_role("button", name="Run", exact=True).click()


def test_run_is_released_here_too_when_training_stops_at_once(lab):
    lab.epoch()
    field = lab.page.get_by_label("Stop at test accuracy")
    field.fill("0")
    field.press("Enter")
    lab.page.get_by_role("link", name="Draw a digit").click()
    draw = DrawingPage(lab.page).wait_until_ready()
    draw.button("Run").click()
    expect(draw.run_bar).to_contain_text("step 90")
    expect(draw.button("Run")).to_have_attribute("aria-pressed", "false")


@opens_by_address
def test_another_network_reads_the_same_drawing_and_the_first_one_rests(draw):
    draw.button("Run").click()
    draw.draw(SEVEN)
    drawn = draw.wait_for_ink(lambda count: count > 500, "stroke")
    run = draw.page.url
    others = draw.page.get_by_role("region", name="Another network")
    others.get_by_role("button", name=re.compile("8 x 8, some seconds")).click()
    expect(draw.run_bar).to_contain_text("64-128-64-10")
    expect(draw.page).not_to_have_url(run)
    expect(others.get_by_role("button")).to_have_count(0)
    expect(others).to_contain_text("MNIST, 28 x 28: the images are not on this server yet")
    draw.expect_reading()
    assert draw.ink() == drawn
    draw.page.goto(run)
    draw.wait_until_ready()
    expect(draw.run_bar).to_contain_text("64-32-10")
    expect(draw.button("Run")).to_have_attribute("aria-pressed", "false")


@opens_by_address
def test_a_correction_is_reported_kept_and_undone(draw):
    draw.draw(SEVEN)
    expect(draw.winner).to_have_text(re.compile("^7"))
    draw.button("That was a 2").click()
    report = draw.page.get_by_role("status").filter(has_text="Taught: that was a 2")
    expect(report).to_contain_text(re.compile(r"read as .* → 2 \(2: "))
    expect(report).to_contain_text(re.compile(r"Test accuracy\s*[\d.]+% → [\d.]+%"))
    expect(draw.winner).to_have_text(re.compile(r"^2\??$"))
    expect(draw.own).to_have_count(1)
    draw.page.reload()
    draw.wait_until_ready()
    expect(draw.own).to_have_count(1)
    draw.button("Clear").click()
    draw.page.get_by_role("button", name="put it on the paper").click()
    expect(draw.winner).to_have_text(re.compile(r"^2\??$"))
    draw.button("Undo the correction").dblclick()
    expect(draw.page.get_by_text("Undone: the weights are those of step")).to_be_visible()
    expect(draw.winner).not_to_have_text(re.compile("^2"))
    draw.button("Clear").click()
    draw.draw(SEVEN)
    expect(draw.winner).to_have_text(re.compile("^7"))


def test_own_drawings_are_removed_put_back_saved_and_loaded(draw, tmp_path):
    draw.draw(SEVEN)
    draw.expect_reading()
    draw.page.keyboard.press("7")
    expect(draw.page.get_by_text(re.compile("Kept as your 7|Taught"))).to_be_visible()
    expect(draw.own).to_have_count(1)
    expect(draw.page.get_by_text(re.compile(r"[01] of 1 read right"))).to_be_visible()
    with draw.page.expect_download() as download:
        draw.button("Download").click()
    file = tmp_path / "mine.json"
    download.value.save_as(file)
    draw.page.get_by_role("button", name="Remove drawing 1").click()
    expect(draw.own).to_have_count(0)
    draw.button("Put back").click()
    expect(draw.own).to_have_count(1)
    draw.page.get_by_role("button", name="Remove drawing 1").click()
    chooser = draw.page.get_by_label("File of drawings")
    chooser.set_input_files(file)
    expect(draw.own).to_have_count(1)
    for name, text, says in (
        ("no.json", "<html>", "it is no JSON"),
        ("other.json", '{"format": "other"}', "not a file of drawings"),
        ("bad.json", file.read_text().replace('"bits":"', '"bits":"?'), "Drawing 1 of this file"),
    ):
        bad = tmp_path / name
        bad.write_text(text)
        chooser.set_input_files(bad)
        expect(draw.notice).to_contain_text(says)
    expect(draw.own).to_have_count(1)
    other = tmp_path / "letters.json"
    other.write_text(file.read_text().replace('"class":"7"', '"class":"D"'))
    chooser.set_input_files(other)
    expect(draw.notice).to_contain_text("Added from the file: 1.")
    expect(draw.own).to_have_count(2)
    expect(draw.page.get_by_text(re.compile("[01] of 1 read right.*1 not read"))).to_be_visible()


def test_pictures_good_and_bad(draw, tmp_path):
    good = Image.fromarray(255 - seven())
    good.save(tmp_path / "seven.png")
    good.save(tmp_path / "seven.jpg")
    chooser = draw.page.get_by_label("Picture of a digit")
    for name in ("seven.png", "seven.jpg"):
        chooser.set_input_files(tmp_path / name)
        draw.expect_reading()
        draw.wait_for_ink(lambda count: count > 500, "picture")
        draw.button("Clear").click()
        draw.wait_for_ink(lambda count: count == 0, "empty paper")
    (tmp_path / "broken.png").write_bytes((tmp_path / "seven.png").read_bytes()[:200])
    (tmp_path / "text.png").write_text("Seven, honestly.")
    good.save(tmp_path / "moving.gif", save_all=True, append_images=[good.rotate(90)])
    Image.new("1", (10_000, 5_000), 1).save(tmp_path / "huge.png")
    for name, says in (
        ("broken.png", "broken"), ("text.png", "whatever its name says"),
        ("moving.gif", "this is a GIF"), ("huge.png", "50.0 megapixels"),
    ):
        chooser.set_input_files(tmp_path / name)
        expect(draw.notice).to_contain_text(says)
    assert draw.ink() == 0


def test_without_drawing_by_the_keyboard_alone(draw):
    draw.button("Take a test sample").focus()
    draw.page.keyboard.press("Enter")
    expect(draw.words).to_contain_text("labelled")
    with draw.page.expect_file_chooser():
        draw.button("Open a picture").focus()
        draw.page.keyboard.press("Enter")
    draw.button("That was a 3").focus()
    draw.page.keyboard.press("Enter")
    expect(draw.page.get_by_text("A test sample stays unseen")).to_be_visible()
