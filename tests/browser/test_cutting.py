"""Cutting the network, in a real browser, with the keyboard alone."""

import re

from playwright.sync_api import expect

from tests.browser.lab import hold


def test_cutting_a_unit_changes_the_figures_and_undo_restores_them(lab):
    before = lab.epoch()
    hold(lab, "diagram", ["ArrowDown"])
    lab.page.get_by_role("button", name="Switch off").click()
    cut = lab.wait_for_status(lambda now: now.training_loss != before.training_loss, "a new loss")
    assert cut.step == before.step
    expect(lab.page.get_by_text("unit 0 of layer 1 is off")).to_be_visible()
    lab.step()
    expect(lab.page.get_by_role("button", name="Switch on")).to_be_visible()
    lab.back()
    lab.page.get_by_role("button", name="Undo: unit 0 of layer 1 off").click()
    lab.wait_for_status(lambda now: now == before, "the figures before")
    expect(lab.page.get_by_text("Changed by hand")).to_be_hidden()


def test_a_weight_is_set_by_hand_and_a_frozen_layer_stays(lab):
    page = lab.page
    before = lab.epoch()
    hold(lab, "weights", ["ArrowDown", "ArrowRight"])
    weights = page.locator("[data-panel=weights]")
    value = weights.get_by_role("spinbutton", name=re.compile(r"w\[0 → 1\]"))
    value.fill("-2.5")
    value.press("Enter")
    expect(weights).to_contain_text("w[0 → 1] = -2.500")
    lab.wait_for_status(lambda now: now.training_loss != before.training_loss, "a new loss")
    hold(lab, "diagram", ["ArrowRight", "ArrowRight"])
    page.get_by_role("button", name="Freeze layer 2").click()
    expect(page.get_by_text("layer 2 is frozen")).to_be_visible()
    lab.epoch()
    expect(weights).to_contain_text("w[0 → 1] = -2.500")
