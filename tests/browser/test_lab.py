"""The lab as a student uses it, in a real browser."""

import re

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, choose, hold, type_number

PANELS = ("loss", "accuracy", "confusion", "weights", "diagram", "distributions")


def type_learning_rate(page, value):
    """Type a learning rate into the field that takes any."""
    type_number(page, "Learning rate, any value", value)


def shown_steps(page):
    """The step that each panel on the screen shows, read in one moment."""
    return page.evaluate(
        """() => [...document.querySelectorAll("[data-panel]")]
            .filter((panel) => {
                const box = panel.getBoundingClientRect();
                return box.bottom > 0 && box.top < innerHeight;
            })
            .map((panel) => Number(panel.dataset.step))"""
    )


def test_the_page_opens_ready_and_one_click_makes_the_loss_fall(lab):
    start = lab.status
    assert start.step == 0
    assert start.training_loss > 2
    lab.run()
    lab.wait_for_status(lambda now: now.training_loss < start.training_loss / 2, "falling loss")
    assert lab.pause().test_accuracy > 0.5


def test_step_epoch_back_and_reset_do_exactly_that(lab):
    start = lab.status
    first = lab.step()
    assert first.step == 1
    second = lab.step()
    assert lab.back() == first
    assert lab.step() == second
    assert lab.epoch().epoch == 1
    assert lab.reset() == start
    expect(lab.button("Back")).to_be_disabled()


def test_ten_steps_equal_one_run_of_the_same_length(lab, new_context, server):
    for _ in range(10):
        by_hand = lab.step()
    other = Lab(new_context().new_page(), server.url).open()
    other.page.get_by_label("Speed").select_option("30 steps/s")
    other.run()
    other.wait_for_step(10)
    other.pause()
    while other.status.step > 10:
        other.back()
    assert other.status == by_hand


def test_new_weights_take_the_next_seed_and_the_controls_follow(lab):
    start = lab.status
    assert lab.new_weights().training_loss != start.training_loss
    expect(lab.page.get_by_role("spinbutton", name="Seed", exact=True)).to_have_value("1")


def test_a_double_click_on_run_leaves_it_as_it_was(lab):
    lab.button("Run").dblclick()
    standing = lab.caught_up()
    expect(lab.button("Run")).to_have_attribute("aria-pressed", "false")
    expect(lab.state_line).to_have_text(re.compile("^(ready|paused)"))
    assert lab.step().step == standing.step + 1


def test_all_panels_show_one_step_and_redraw_in_place(lab):
    page = lab.page
    page.set_viewport_size({"width": 1280, "height": 3000})
    page.evaluate("window.kept = [...document.querySelectorAll('[data-panel] canvas')]")
    lab.run()
    lab.wait_for_step(200)
    for _ in range(20):
        steps = shown_steps(page)
        assert len(steps) == len(PANELS)
        assert len(set(steps)) == 1
        page.wait_for_timeout(37)
    lab.pause()
    assert page.evaluate("window.kept.every((canvas) => canvas.isConnected)")
    assert page.evaluate("window.kept.length") > 4


def test_zoom_and_readout_stay_while_it_trains(lab):
    lab.run()
    lab.wait_for_step(300)
    chart = lab.page.locator("[data-panel=loss] canvas").last
    box = chart.bounding_box()
    mouse = lab.page.mouse
    mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7, steps=5)
    mouse.up()
    reset_zoom = lab.page.get_by_role("button", name="Reset zoom").first
    expect(reset_zoom).to_be_visible()
    lab.wait_for_step(lab.status.step + 500)
    expect(reset_zoom).to_be_visible()
    reset_zoom.click()
    expect(reset_zoom).to_be_hidden()


def test_a_reload_and_a_second_tab_find_the_run_still_training(lab):
    lab.run()
    before = lab.wait_for_step(50)
    expect(lab.page).to_have_url(re.compile(r"run=[\w-]{16,}"))
    lab.reload()
    assert lab.is_running or lab.wait_for_step(before.step + 1)
    second = Lab(lab.page.context.new_page(), lab.page.url).open()
    second.wait_for_step(before.step + 1)
    standing = second.pause()
    lab.wait_for_status(lambda now: now == standing, "the other tab's pause")
    expect(lab.button("Run")).to_have_attribute("aria-pressed", "false")


def test_settings_that_need_a_new_run_say_so_and_leave_the_old_one_alone(lab):
    lab.step()
    expect(lab.page).to_have_url(re.compile("run="))
    old = lab.page.url
    type_number(lab.page, "Layer 1 units", 16)
    expect(lab.page.get_by_text("Chosen for a new run")).to_contain_text("32 ReLU → 16 ReLU")
    expect(lab.page.locator("[data-panel=weights]")).to_contain_text("64 → 32")
    assert lab.status.step == 1
    lab.page.get_by_role("button", name="Start new run").click()
    expect(lab.page.locator("[data-panel=weights]")).to_contain_text("64 → 16")
    lab.wait_for_status(lambda now: now.step == 0, "a new run")
    expect(lab.page).not_to_have_url(old)
    expect(lab.page.get_by_text("Chosen for a new run")).to_be_hidden()


def test_the_learning_rate_changes_while_it_trains(lab):
    lab.run()
    type_learning_rate(lab.page, 0.0456)
    expect(lab.page.get_by_text("learning rate 0.0456")).to_be_visible()
    assert lab.is_running
    lab.pause()


def test_a_layer_taken_away_and_added_again_shows_what_is_chosen(lab):
    page = lab.page
    offer = page.get_by_text("Chosen for a new run")
    type_number(page, "Hidden layers", 2)
    expect(offer).to_contain_text("32 ReLU, 16 ReLU")
    type_number(page, "Layer 2 units", 512)
    expect(offer).to_contain_text("32 ReLU, 512 ReLU")
    type_number(page, "Hidden layers", 0)
    expect(offer).to_contain_text("→ none")
    type_number(page, "Hidden layers", 2)
    expect(offer).to_contain_text("32 ReLU, 512 ReLU")
    for number, units in ((1, "32"), (2, "512")):
        field = page.get_by_role("spinbutton", name=f"Layer {number} units", exact=True)
        expect(field).to_have_value(units)
        assert field.evaluate("(input) => input.scrollWidth <= input.clientWidth"), "cut off"


def test_what_is_typed_is_what_counts(lab):
    type_number(lab.page, "Batch size", "1e2")
    expect(lab.page.get_by_text("batch size 100 ")).to_be_visible()
    type_number(lab.page, "Batch size", "2.5")
    expect(lab.page.get_by_text("Batch size cannot be 2.5")).to_be_visible()
    type_number(lab.page, "Batch size", "")
    expect(lab.page.get_by_text("Batch size is empty")).to_be_visible()
    expect(lab.page.get_by_text("batch size 100 ")).to_be_visible()


def test_the_slider_of_learning_rates_and_the_field_agree(lab):
    slider = lab.page.get_by_role("slider", name="Learning rate")
    slider.focus()
    slider.press("ArrowRight")
    expect(lab.page.get_by_text("learning rate 0.3 ")).to_be_visible()
    field = lab.page.get_by_role("spinbutton", name="Learning rate, any value")
    expect(field).to_have_value("0.3")


@pytest.mark.parametrize(
    ("label", "value", "answer"),
    [
        ("Learning rate, any value", 99, "Learning rate cannot be 99. Give a number from 1e-05"),
        ("Batch size", 1500, "Batch size cannot be 1,500: there are 1,438 training samples"),
        ("Hidden layers", 77, "Hidden layers cannot be 77. Give a whole number from 0 to 6"),
        ("Layer 1 units", 100000, "Layer 1 units cannot be 100000"),
        ("Seed", -1, "Seed cannot be -1"),
    ],
)
def test_an_impossible_number_is_explained_and_changes_nothing(lab, label, value, answer):
    type_number(lab.page, label, value)
    expect(lab.page.get_by_text(answer)).to_be_visible()
    assert lab.step().step == 1
    expect(lab.page.get_by_text("learning rate 0.1 · batch size 32 · seed 0")).to_be_visible()


def test_a_run_that_blows_up_stops_finite_and_one_click_leads_back(lab):
    # Without hidden layers a step that is too large makes the next one larger, for ever.
    type_number(lab.page, "Hidden layers", 0)
    choose(lab.page, "Loss", "mean squared error (MSE)")
    choose(lab.page, "Output layer", "linear")
    lab.page.get_by_role("button", name="Start new run").click()
    expect(lab.page.get_by_text("mean squared error, mean over samples")).to_be_visible()
    type_learning_rate(lab.page, 10)  # at once, while the new run still comes
    expect(lab.state_line).to_contain_text("learning rate 10 ")
    lab.button("Run").click()
    notice = lab.page.get_by_role("alert").filter(has_text="blew up")
    expect(notice).to_contain_text(re.compile(r"step [\d,]+.*layer \d.*Back to step [\d,]+ with"))
    assert "nan" not in lab.page.locator(".nnviz").inner_text().lower()
    norms = lab.page.get_by_role("heading", name="Before it blew up")
    expect(norms).to_be_visible()
    stopped = lab.status
    lab.page.get_by_role("button", name=re.compile("Back to step .* with learning rate")).click()
    expect(norms).to_be_hidden()
    expect(lab.page.get_by_text(re.compile(r"^(ready|paused).*learning rate (1|0\.\d+) ")))\
        .to_be_visible()
    sound = lab.status
    assert sound.step < stopped.step
    lab.epoch()
    assert lab.status.training_loss < sound.training_loss


def test_an_unknown_run_in_the_address_is_explained(page, server):
    lab = Lab(page, f"{server.url}/?run=nobody-knows-this-one").open()
    expect(page.get_by_text("This run is not known here")).to_be_visible()
    assert lab.step().step == 1


def test_a_killed_worker_is_replaced_and_the_run_goes_on(lab, server):
    lab.run()
    lab.wait_for_step(100)
    saved = server.wait_for_saved_step(re.search(r"run=([\w-]+)", lab.page.url)[1])
    for child in psutil.Process(server.pid).children():
        child.kill()
    alert = lab.page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"goes on from step [\d,]+"))
    went_on_from = re.search(r"step ([\d,]+)", alert.inner_text())[1]
    assert int(went_on_from.replace(",", "")) >= saved
    lab.wait_for_step(saved + 100)
    assert lab.is_running
    lab.pause()


def test_a_lost_connection_is_said_and_mended(page, server):
    lines = []

    def pass_on(line):
        lines.append(line)
        line.connect_to_server()

    page.route_web_socket(re.compile("/nnviz/runs/"), pass_on)
    lab = Lab(page, server.url).open()
    lab.run()
    lab.wait_for_step(10)
    # The line is back within a quarter of a second: the message is recorded, not looked for.
    page.evaluate(
        """() => { const notice = document.querySelector("[data-nnviz=notice]");
            window.said = [];
            new MutationObserver(() => window.said.push(notice.textContent))
                .observe(notice, {childList: true, subtree: true, characterData: true}); }"""
    )
    lines[0].close()
    page.wait_for_function("window.said.some((text) => text.includes('connection is lost'))")
    expect(page.locator("[data-nnviz=notice]")).to_be_hidden()
    assert len(lines) == 2
    lab.wait_for_step(lab.status.step + 10)
    lab.pause()


def test_the_keyboard_alone_trains(lab):
    page = lab.page
    lab.button("Step").focus()
    page.keyboard.press("Enter")
    lab.wait_for_step(1)
    lab.button("Run").focus()
    page.keyboard.press("Space")
    lab.wait_for_step(20)
    page.keyboard.press("Space")
    lab.pause()
    hold(lab, "weights", ["ArrowRight"])
    expect(page.locator("[data-panel=weights]")).to_contain_text(re.compile(r"w\[.*\] = "))


def test_stops_are_kept(lab):
    lab.stop_after(3)
    lab.button("Run").click()
    expect(lab.page.get_by_role("alert")).to_contain_text("Stopped after epoch 3")
    expect(lab.state_line).to_have_text(re.compile("^stopped"))
    assert lab.status.epoch == 3
