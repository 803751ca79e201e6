"""The page of one step as a student uses it, in a real browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from nnviz import ACTIVATIONS, LOSSES, OPTIMIZERS
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES
from nnviz.workings import LOSS_TERMS, TERMS
from tests.browser.inside_page import InsidePage
from tests.browser.lab import Lab, choose

OPENING_MS = 300  # once among some times: the machine may do something else too


def open_inside(lab):
    lab.page.get_by_role("link", name="Inside one step").click()
    return InsidePage(lab.page)


@pytest.fixture
def inside(lab):
    """The page, at the first step of 64-32-10."""
    return open_inside(lab).opened(1)


@pytest.fixture
def xor(inside):
    """The page, at the first step of 2-3-1 on XOR."""
    inside.page.get_by_role("button", name="XOR, 2-3-1").click()
    expect(inside.root.locator(".inside-plane")).to_be_visible()
    return inside.opened(1)


def test_clicking_a_unit_opens_its_sum_and_the_sum_closes(xor):
    xor.show_all_digits()
    W = xor.numbers("old/0")
    a, z = xor.numbers("x")[0], xor.numbers("z/0")[0]
    for unit in (2, 0, 1):
        xor.root.locator("[data-array='z/0'] tbody td").nth(unit).click()
        expect(xor.root.locator("h4").first).to_contain_text(f"unit {unit} in layer 1")
        terms, total = xor.terms("unit")
        np.testing.assert_allclose(terms, [*(a * W[:2, unit]), W[2, unit]], rtol=1e-6)
        assert total == z[unit]
        assert sum(terms) == pytest.approx(total, rel=1e-6)
    line = xor.root.locator("[data-sum='unit'] .inside-line-sum").inner_text()
    assert re.fullmatch(r"[\d.()-]+·[\d.()-]+ \+ [\d.()-]+·[\d.()-]+ \+ [\d.()-]+ = [\d.-]+", line)


def test_the_sum_of_a_wide_layer_closes_with_the_rest_in_one_line(inside):
    inside.show_all_digits()
    terms, total = inside.terms("unit")
    assert len(terms) == 8 + 2  # the largest, the others together, the bias
    assert sum(terms) == pytest.approx(total, abs=1e-5)
    expect(inside.root.locator("[data-sum='unit']")).to_contain_text("56 smaller ones")
    inside.root.get_by_label("Unit (0 to 31)").fill("31")
    inside.root.get_by_label("Unit (0 to 31)").press("Enter")
    expect(inside.root.locator("h4").first).to_contain_text("unit 31 in layer 1")
    terms, total = inside.terms("unit")
    assert sum(terms) == pytest.approx(total, abs=1e-5)
    inside.root.get_by_label("Unit (0 to 31)").fill("99")
    inside.root.get_by_label("Unit (0 to 31)").press("Enter")
    expect(inside.notice).to_have_text(
        "Unit: give a whole number from 0 to 31. Received: 99.")


def test_the_keyboard_goes_through_all_phases_and_back(xor):
    names = [
        "Forward 1", "Forward 2", "Loss", "Backward 2, delta", "Backward 2, gradient",
        "Backward 1, delta", "Backward 1, gradient", "Update 1", "Update 2",
    ]
    expect(xor.root).to_have_attribute("data-phase", names[0])
    for name in names[1:]:
        xor.page.keyboard.press("ArrowRight")
        expect(xor.root).to_have_attribute("data-phase", name)
        expect(xor.root.locator("mark").first).to_be_visible()
    expect(xor.button("Next ▶")).to_be_disabled()
    xor.page.keyboard.press("ArrowLeft")
    expect(xor.root).to_have_attribute("data-phase", "Update 1")
    # In a field the arrows belong to the field.
    field = xor.root.get_by_label("Unit (0 to 2)")
    field.focus()
    field.press("ArrowLeft")
    expect(xor.root).to_have_attribute("data-phase", "Update 1")


def test_the_step_that_is_taken_is_the_one_that_was_shown(xor):
    xor.show_all_digits()
    xor.go_to("Update 1")
    new, old = xor.numbers("new/0"), xor.numbers("old/0")
    np.testing.assert_allclose(new, old + xor.numbers("update/0"), rtol=1e-5, atol=1e-7)
    xor.button("Take this step").dblclick()
    expect(xor.notice).to_contain_text("All 13 parameters of the run are now exactly the new ones")
    xor.open_next(2)
    expect(xor.root).to_have_attribute("data-phase", "Forward 1")
    np.testing.assert_array_equal(xor.numbers("old/0"), new)
    xor.page.get_by_role("link", name="Lab").click()
    assert Lab(xor.page, xor.page.url).wait_until_ready().status.step == 1


def test_a_sample_is_chosen_in_the_gallery_and_the_batch_shown_whole(xor):
    xor.show_all_digits()
    samples = xor.root.get_by_role("radio", name=re.compile(r"sample \d of the batch"))
    assert samples.count() == 4
    samples.nth(2).focus()
    xor.page.keyboard.press("Space")
    expect(xor.root.locator("h4").first).to_contain_text("sample 2")
    row = xor.numbers("x")
    xor.root.locator("label", has_text="the batch").click()
    expect(xor.root.locator("[data-array='x'] tbody tr")).to_have_count(4)
    np.testing.assert_array_equal(xor.numbers("x")[2], row[0])
    # Each gradient is the sum over these samples.
    xor.go_to("Backward 2, gradient")
    a, delta = xor.numbers("a/0"), xor.numbers("delta/1")
    gradient = xor.numbers("gradient/1")
    np.testing.assert_allclose(gradient[:3], a.T @ delta, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(gradient[3], delta.sum(axis=0), rtol=1e-4, atol=1e-7)


# Streamlit looks for its health address below the page's own path first.
@pytest.mark.expected_console("404 .Not Found.")
def test_later_samples_of_a_large_batch_are_a_button_away(new_context, server):
    page = new_context().new_page()
    page.goto(f"{server.url}/inside?v=1&batch=40")
    inside = InsidePage(page).opened(1)
    legend = inside.root.locator(".inside-gallery legend")
    expect(legend).to_have_text("Mini-batch of step 1: 40 samples, shown: 0 to 31")
    inside.button("Later samples ▶").click()
    expect(legend).to_have_text("Mini-batch of step 1: 40 samples, shown: 32 to 39")
    inside.root.get_by_role("radio", name=re.compile("sample 35 of the batch")).check()
    expect(inside.root.locator("h4").first).to_contain_text("sample 35")
    inside.show_all_digits()
    terms, total = inside.terms("unit")
    assert sum(terms) == pytest.approx(total, abs=1e-5)
    # It stays chosen from step to step.
    inside.button("Take this step").click()
    expect(inside.notice).to_contain_text("Step 1 is taken")
    inside.open_next(2)
    expect(legend).to_have_text("Mini-batch of step 2: 40 samples, shown: 32 to 39")
    inside.button("◀ Earlier samples").click()
    expect(legend).to_have_text("Mini-batch of step 2: 40 samples, shown: 0 to 31")


def test_an_array_is_taken_along_whole(inside):
    inside.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def downloaded(name):
        with inside.page.expect_download() as started:
            inside.root.locator(f"[data-array='{name}']") \
                .get_by_role("button", name="Download as CSV").click()
        rows = started.value.path().read_text().splitlines()
        return rows, np.array([[float(number) for number in row.split(",")] for row in rows])

    # An image is one, too, where it is taken.
    image, unit = downloaded("x")[1], downloaded("w")[1]
    assert (image.shape, unit.shape) == ((8, 8), (8, 8))
    assert (image.min(), image.max()) == (0, 1)
    rows, table = downloaded("old/0")
    assert table.shape == (65, 32)
    opened = int(inside.root.get_by_label("Unit (0 to 31)").input_value())
    np.testing.assert_array_equal(unit.ravel(), table[:-1, opened])
    inside.root.locator("[data-array='old/0']").get_by_role("button", name="Copy").click()
    expect(inside.notice).to_contain_text("Copied: weights and biases of layer 1")
    copied = inside.page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == rows


def test_every_formula_of_the_tables_can_be_drawn(inside):
    tables = (ACTIVATIONS, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES)
    formulas = [item.formula for table in tables for item in table.values()]
    formulas += [f.derivative_formula for f in ACTIVATIONS.values()]
    formulas += [term.formula for terms in TERMS.values() for term in terms]
    formulas += [formula for both in LOSS_TERMS.values() for formula in both]
    drawn = inside.page.evaluate("""async (formulas) => {
      const { formula } = await import("/nnviz/assets/inside/math.js");
      return formulas.map((latex) => formula(latex).textContent);
    }""", formulas)
    assert all(drawn)
    huber = drawn[formulas.index(LOSSES["huber"].formula)].replace("\u00a0", " ")
    assert huber.endswith("h(d)=12d2 if |d|≤1, else |d|−12")


def test_softmax_with_cross_entropy_is_derived_row_by_row(inside):
    inside.show_all_digits()
    inside.go_to("Backward 2, delta")
    rows = inside.root.locator("[data-rows='softmax'] tbody tr").all()
    cells = np.array([[float(text) for text in row.locator("td").all_inner_texts()]
                      for row in rows])
    y_pred, y, pull, slope, product, difference, delta = cells.T
    np.testing.assert_allclose(y_pred.sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(pull * slope, product, rtol=1e-6)
    np.testing.assert_allclose(product, y_pred - y, atol=1e-7)
    np.testing.assert_allclose(difference, y_pred - y, atol=1e-7)
    np.testing.assert_allclose(delta, difference / 32, atol=1e-9)


@pytest.mark.expected_console("404 .Not Found.")
def test_what_adam_works_out_is_listed_from_gradient_to_update(new_context, server):
    page = new_context().new_page()
    settings = "v=1&data=xor&scaling=none&hidden=3-tanh&optimizer=adam&lr=0.02&batch=4&seed=1"
    page.goto(f"{server.url}/inside?{settings}")
    inside = InsidePage(page).opened(1)
    # The first sample is 0, 0, with which there is nothing to see.
    expect(inside.root.locator("h4").first).to_contain_text("sample 1")
    inside.show_all_digits()
    inside.go_to("Update 1")
    rows = inside.root.locator("[data-update] tbody tr").all()
    value = {
        row.locator("th").inner_text().splitlines()[-1].split(" (")[0]:
        np.array([float(cell) for cell in row.locator("td").all_inner_texts()])
        for row in rows
    }
    g = value["gradient of the loss, mean over n = 4"]
    np.testing.assert_allclose(value["mean, after"], 0.1 * g, rtol=1e-5)
    np.testing.assert_allclose(value["mean, corrected for its start at 0"], g, rtol=1e-5)
    np.testing.assert_allclose(value["squares, corrected for their start at 0"], g**2, rtol=1e-5)
    np.testing.assert_allclose(value["what Adam takes away"], 0.02 * np.sign(g), rtol=1e-4)
    np.testing.assert_allclose(value["new"], value["old"] - value["what Adam takes away"],
                               rtol=1e-5, atol=1e-7)
    expect(inside.root.locator("[data-update]")).to_contain_text("1 - 0.999^1 = 0.001")


def test_a_run_that_trains_is_paused_here(lab):
    lab.run()
    inside = open_inside(lab)
    expect(inside.notice).to_contain_text("The run is training")
    inside.button("Pause the run").click()
    expect(inside.root).to_have_attribute("data-phase", "Forward 1")
    expect(inside.notice).to_be_hidden()


def test_opening_a_step_is_quick(inside):
    took = []
    for number in range(2, 22):
        inside.button("Take this step").click()
        inside.open_next(number)
        took.append(int(inside.root.get_attribute("data-opened-in")))
        if took[-1] < OPENING_MS:
            return
    pytest.fail(f"It took {took} ms.")


def test_an_earlier_moment_that_is_looked_at_is_the_one_opened(lab):
    for _ in range(5):
        lab.step()
    slider = lab.page.get_by_role("slider", name="Step looked at")
    slider.focus()
    for step in (4, 3):
        slider.press("ArrowLeft")
        lab.wait_for_status(lambda now, step=step: now.step == step, f"step {step}")
    inside = open_inside(lab).opened(4)
    expect(inside.notice).to_contain_text("You look back at step 3 of 5")
    inside.button("Take this step").click()
    expect(inside.notice).to_contain_text("Step 4 is taken. All 2,410 parameters")
    inside.open_next(5)
    inside.button("Back to now").click()
    inside.opened(6)
    expect(inside.notice).to_be_hidden()


def test_break_it_turns_the_check_red(inside):
    page = inside.page
    good = page.get_by_role("status").filter(has_text="finite differences agree")
    expect(good).to_be_visible()
    # The last of what the page draws; and scrolling, too, would close the list again.
    expect(page.get_by_text("12 parameters together")).to_be_visible()
    choice = page.get_by_role("combobox", name="Break it")
    choice.scroll_into_view_if_needed()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    choose(page, "Break it", "derivative forgotten")
    red = page.get_by_role("alert").filter(has_text="Wrong: the weights of layer 1")
    expect(red).to_be_visible()
    expect(page.get_by_text("test samples right, against")).to_be_visible()
    expect(good).to_be_hidden()
    # The opened step is where it was.
    expect(inside.root).to_have_attribute("data-opened", "1")
