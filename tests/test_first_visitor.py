"""The first visitor's network: the page's run, bit for bit, and it reads other people's hands."""

import numpy as np
import pytest

from benchmarks.strokes import WAYS, thinned
from nnviz import augmentation, data
from nnviz.augmentation import WARPS, Draws
from nnviz.drawing import first_visitor_config, first_visitor_network, network_input
from nnviz.ink import TARGETS
from nnviz.runs.run import Run


@pytest.fixture(scope="module")
def network():
    return first_visitor_network("digits")


def accuracy(network, x, labels):
    return np.mean(network.predict(x).argmax(axis=1) == labels)


def test_it_is_what_the_page_trains(network):
    config, epochs = first_visitor_config("digits")
    run = Run(config)
    run.act("stops", {"epochs": epochs})
    run.act("run", True)
    while run.state == "running":
        run.advance(1.0)
    assert run.trainer.epoch == epochs
    np.testing.assert_array_equal(run.network.parameters, network.parameters)
    # The figures are of the images as they are, of which it has seen no test image.
    assert run.evaluate().test_accuracy > 0.9


def test_it_reads_digits_that_it_has_not_seen_warped_in_a_way_it_has_not_seen(network):
    config, _ = first_visitor_config("digits")
    raw, _, labels = data.load_split("digits", config.test_share, "none").test
    draws = Draws(WARPS[8, 8], len(raw), np.random.default_rng(99))
    warped = augmentation.copy(raw, TARGETS["digits"], draws) / np.float32(16)
    assert accuracy(network, warped, labels) > 0.9


def test_it_reads_85_percent_of_what_strangers_draw(network, mnist_dir):
    from tests import mnist_files  # noqa: PLC0415, needs the files

    images, labels = mnist_files.load(mnist_dir, "t10k")
    images, labels = images[:150].reshape(-1, 28, 28), labels[:150]
    rng = np.random.default_rng(0)
    for draw in WAYS.values():
        x = np.array([network_input(draw(image, rng), "digits") for image in images])
        assert accuracy(network, x, labels) >= 0.85


def test_another_seed_gives_another_network_and_another_target_none():
    config, epochs = first_visitor_config("mnist", seed=7)
    assert config.layer_sizes == (784, 128, 128, 10)
    assert (config.seed, config.augment, config.schedule_epochs) == (7, "warped", epochs)
    for make in (first_visitor_config, first_visitor_network):
        with pytest.raises(ValueError, match="Received: 'cats'"):
            make("cats")
        with pytest.raises(ValueError, match="digits and mnist"):
            make(["digits"])


def test_the_benchmarks_pen_follows_the_middle_line():
    bar = np.zeros((30, 30), bool)
    bar[5:25, 12:17] = True
    rows, columns = np.nonzero(thinned(bar))
    assert 14 <= len(rows) <= 20
    assert set(columns) <= {13, 14, 15}


@pytest.mark.parametrize("way", WAYS)
def test_the_benchmarks_drawings_have_the_size_that_is_claimed(way):
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = image[20:24, 8:20] = 255
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawing = WAYS[way](image, rng)
        rows, columns = (np.flatnonzero(drawing.any(axis=axis)) for axis in (1, 0))
        longer = max(np.ptp(rows), np.ptp(columns)) + 1
        assert 0.39 * 280 <= longer <= 0.97 * 280
