"""Data sets other than the digits, chosen and watched in a real browser."""

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.lab import choose
from tests.data import image_files


@pytest.fixture
def image_lab(lab, server):
    """The lab on a server with a small data set of MNIST's shape, of which a sample is measured."""
    folder = server.data_dir / "mnist"
    image_files.write(folder, training=2600, test=2100)
    yield lab
    shutil.rmtree(folder)


def start_from(lab, name):
    """Choose a ready-made run and wait for it."""
    old = lab.page.url
    choose(lab.page, "Start from", name)
    expect(lab.page).not_to_have_url(old)
    lab.wait_until_ready()


def layer(lab, number):
    """The weight panel's part for one layer, on the screen: off it, nothing is drawn."""
    part = lab.page.locator(".nnviz-layer").nth(number - 1)
    # At once: a frame may put a new element in its place while Playwright waits for it to rest.
    part.evaluate("element => element.scrollIntoView()")
    return part


def test_images_of_28_by_28_are_trained_and_watched(image_lab):
    lab = image_lab
    start_from(lab, "MNIST, 784-128-128-10")
    expect(lab.state_line).to_contain_text("2,600 training and 2,100 test samples")
    lab.run()
    expect(lab.state_line).to_contain_text("measured on a fixed sample, 1,000 and 2,000")
    lab.wait_for_status(lambda now: now.test_accuracy > 0.9, "accuracy of 0.9")
    expect(layer(lab, 1)).to_contain_text("Layer 1: 784 → 128, ReLU")
    expect(layer(lab, 1)).to_contain_text("showing 64 of 128 units")
    expect(layer(lab, 2)).to_contain_text("showing 64 of 128 inputs, 64 of 128 units")
    lab.pause()
    expect(lab.state_line).to_contain_text("figures and matrix are of all of them")
    confusion = lab.page.locator("[data-panel=confusion]")
    expect(confusion).to_contain_text("2,100 test samples")
    # The images have 28 rows and columns: the last pixel of the first one is (27, 27).
    images = layer(lab, 1).get_by_role("application")
    images.focus()
    lab.page.keyboard.press("ArrowRight")
    for _ in range(27):
        lab.page.keyboard.press("ArrowRight")
        lab.page.keyboard.press("ArrowDown")
    expect(layer(lab, 1)).to_contain_text("(pixel row 27, column 27)")
    lab.step()
    expect(lab.state_line).to_contain_text("figures and matrix are of all of them")


def test_exclusive_or_is_learned_before_your_eyes(lab):
    start_from(lab, "XOR, 2-3-1")
    expect(lab.state_line).to_contain_text("4 training and 4 test samples")
    lab.run()
    lab.wait_for_status(lambda now: now.test_accuracy == 1, "accuracy of 1")
    lab.pause()
    confusion = lab.page.locator("[data-panel=confusion]")
    expect(confusion).to_contain_text("4 test samples")
    expect(confusion.locator("tbody tr")).to_have_count(2)
    expect(layer(lab, 2)).to_contain_text("Layer 2: 3 → 1, sigmoid")
