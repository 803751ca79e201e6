"""Measure how well the first visitor's networks read drawings by people they have not met.

    python -m benchmarks.drawing [--only digits mnist] [--drawings 2000] [--seeds 3] [--confusion]

Needs MNIST in the data folder (NNVIZ_DATA_DIR). Its test images are drawn anew as binary strokes:
the enlarged shape, or its middle lines with a round pen, at 40 to 95 % of the canvas, anywhere,
of any thickness. Their writers are not among those of the training images, be it the digits' or
MNIST's. The strengths of the warps were chosen on drawings of MNIST's training images for 8 x 8,
and of 3,000 of the test images for MNIST: `--sample` gives others.
"""

import argparse
import time

import numpy as np

from benchmarks.report import machine
from benchmarks.strokes import WAYS
from nnviz import data
from nnviz.drawing import first_visitor_config, first_visitor_network, network_input
from nnviz.metrics import confusion_matrix

TARGETS = {"digits": 0.85, "mnist": 0.98}
SECONDS = {"digits": 10, "mnist": 60}


def drawings(way: str, count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return drawings of test images of MNIST, and what they show."""
    dataset = data.load("mnist")
    images, labels = (part[dataset.own_split[1]] for part in (dataset.x, dataset.labels))
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(images))[:count]
    made = [WAYS[way](image, rng) for image in images[chosen].reshape(-1, *dataset.image_shape)]
    return made, labels[chosen]


def measure(target: str, sets: dict[str, tuple], seeds: int, shows_confusion: bool) -> None:
    """Train a network for each seed and print what it reads."""
    inputs = {
        way: (np.array([network_input(ink, target) for ink in inks]), labels)
        for way, (inks, labels) in sets.items()
    }
    config, epochs = first_visitor_config(target)
    sizes = "-".join(map(str, config.layer_sizes))
    print(f"\n{target}, {sizes}, {epochs} epochs: at least {TARGETS[target]:.0%} "
          f"in at most {SECONDS[target]} s")
    total = np.zeros((10, 10), int)
    for seed in range(seeds):
        wall, processor = time.perf_counter(), time.process_time()
        network = first_visitor_network(target, seed)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        words = []
        for way, (x, labels) in inputs.items():
            confusion = confusion_matrix(labels, network.predict(x), 10)
            total += confusion
            words.append(f"{way} {confusion.trace() / len(x):.2%}")
        print(f"seed {seed}: {', '.join(words)}; {wall:.1f} s, {processor:.1f} s of processor time"
              + (", the making of copies included" if seed == 0 else ""), flush=True)
    print("right, by digit: " + " ".join(
        f"{digit}: {share:.1%}" for digit, share in enumerate(total.diagonal() / total.sum(axis=1))
    ))
    if shows_confusion:
        print("true digit down, read as across:")
        print(total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=TARGETS)
    parser.add_argument("--drawings", type=int, default=2000, help="in each way (default 2000)")
    parser.add_argument("--seeds", type=int, default=3, help="networks of each kind (default 3)")
    parser.add_argument("--sample", type=int, default=1, help="seed of the drawings (default 1)")
    parser.add_argument("--confusion", action="store_true", help="print what is taken for what")
    arguments = parser.parse_args()
    print(machine())
    sets = {way: drawings(way, arguments.drawings, arguments.sample) for way in WAYS}
    for target in arguments.only:
        measure(target, sets, arguments.seeds, arguments.confusion)


if __name__ == "__main__":
    main()
