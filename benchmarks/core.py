"""Training steps per second of the core against scikit-learn, PyTorch and the bare products.

    python -m benchmarks.core [--threads 2] [--rounds 30] [--clock cpu]

All contenders train the same network on the same samples in the same batch order in float32,
turn by turn in one process, so that whatever else the machine does meets all of them alike. Each
ratio is the median over the rounds of the ratio within a round. After the first round all of
them must have the same weights, or nothing is printed. PyTorch is optional:
`pip install torch==2.13.0`.
"""

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from nnviz.network import Network
from nnviz.training import Trainer

try:
    import torch
except ImportError:
    torch = None

LEARNING_RATE = 0.01
BATCHES = 40
# Between turns, in seconds. Each library has threads of its own, which look for work for some
# 30 ms before they sleep, and would take the next one's cores.
PAUSE = 0.1
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True)
class Case:
    """One row of the table, with the least speed it is to have (how many times as fast)."""

    layer_sizes: tuple[int, ...]
    batch_size: int
    sklearn_target: float
    torch_target: float
    products_target: float

    @property
    def samples(self) -> int:
        # Not a whole number of batches: the partial last one is part of the work.
        return BATCHES * self.batch_size - self.batch_size // 4

    @property
    def epochs(self) -> int:
        """Of one turn: small networks take more, so that a turn outlasts its cold start."""
        return 20 if self.layer_sizes[0] <= 64 else 3

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.layer_sizes))}, {self.batch_size}"


CASES = (
    Case((64, 32, 10), 32, 6, 12, 3),
    Case((64, 128, 128, 10), 32, 4, 5, 2),
    Case((784, 128, 128, 10), 32, 3, 3, 1.7),
    Case((784, 128, 128, 10), 128, 2.2, 1.8, 1.4),
    Case((784, 512, 256, 10), 128, 2, 1.2, 1.25),
)


class Orders(np.random.Generator):
    """Shuffles as `MLPClassifier` does: each epoch the previous epoch's order is shuffled."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def start(self, turn: int, samples: int) -> None:
        self.legacy = np.random.RandomState(turn)
        self.order = np.arange(samples)

    def permutation(self, samples):
        picked = np.arange(samples)
        self.legacy.shuffle(picked)
        self.order = self.order[picked]
        return self.order


def build_nnviz(case: Case, x, labels, weights) -> tuple[Callable, Callable]:
    """Return a function that trains one turn, and one that returns the first weights."""
    activations = ["relu"] * (len(case.layer_sizes) - 2) + ["softmax"]
    network = Network(case.layer_sizes, activations)
    for own, given in zip(network.weights, weights, strict=True):
        own[...] = given
    orders = Orders()
    trainer = Trainer(
        network, x, np.eye(case.layer_sizes[-1])[labels], batch_size=case.batch_size,
        learning_rate=LEARNING_RATE, rng=orders,
    )

    def train(turn):
        orders.start(turn, len(x))
        for _ in range(case.epochs):
            trainer.run_epoch()

    return train, lambda: network.weights[0]


def build_sklearn(case: Case, x, labels, weights) -> tuple[Callable, Callable]:
    random = np.random.RandomState()
    model = MLPClassifier(
        case.layer_sizes[1:-1], solver="sgd", momentum=0, nesterovs_momentum=False, alpha=0,
        batch_size=case.batch_size, learning_rate_init=LEARNING_RATE, random_state=random,
        max_iter=1, warm_start=True, tol=0, n_iter_no_change=10**6,
    )
    model.fit(x, labels)
    model.set_params(max_iter=case.epochs)
    for own, given in zip(model.coefs_, weights, strict=True):
        own[...] = given
    for b in model.intercepts_:
        b[...] = 0

    def train(turn):
        random.seed(turn)
        model.fit(x, labels)

    return train, lambda: model.coefs_[0]


def build_torch(case: Case, x, labels, weights) -> tuple[Callable, Callable]:
    layers = []
    for W in weights:
        layer = torch.nn.Linear(*W.shape)
        with torch.no_grad():
            layer.weight[...] = torch.from_numpy(W.T.copy())
            layer.bias.zero_()
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    criterion = torch.nn.CrossEntropyLoss()
    x, labels, orders = torch.from_numpy(x), torch.from_numpy(labels), Orders()

    def train(turn):
        orders.start(turn, len(x))
        for _ in range(case.epochs):
            order = torch.from_numpy(orders.permutation(len(x)))
            for start in range(0, len(x), case.batch_size):
                picked = order[start : start + case.batch_size]
                optimizer.zero_grad()
                loss = criterion(model(x[picked]), labels[picked])
                loss.backward()
                optimizer.step()
                loss.item()

    return train, lambda: layers[0].weight.detach().numpy().T


def build_products(case: Case, x, labels, weights) -> tuple[Callable, Callable]:
    """The matrix products of a step and nothing else, on full batches, into rooms made once."""
    rng = np.random.default_rng(0)

    def rows(units):
        return rng.standard_normal((case.batch_size, units), dtype=np.float32)

    layers = []
    for layer, (fan_in, fan_out) in enumerate(pairwise(case.layer_sizes)):
        layers.append((layer, rows(fan_in), weights[layer], rows(fan_out),
                       np.empty_like(weights[layer]), rows(fan_out), rows(fan_in)))

    def train(turn):
        for _ in range(case.epochs * BATCHES):
            for _, a, W, z, _, _, _ in layers:
                np.matmul(a, W, out=z)
            for layer, a, W, _, dW, delta, below in reversed(layers):
                np.matmul(a.T, delta, out=dW)
                if layer:
                    np.matmul(delta, W.T, out=below)

    return train, None


BUILDERS = {
    "nnviz": build_nnviz,
    "scikit-learn": build_sklearn,
    "PyTorch": build_torch,
    "products": build_products,
}


def make_data(case: Case):
    """Samples, labels and He-initialised weights, all float32."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((case.samples, case.layer_sizes[0]), dtype=np.float32)
    labels = rng.integers(case.layer_sizes[-1], size=case.samples)
    weights = [
        (rng.standard_normal(shape) * (2 / shape[0]) ** 0.5).astype(np.float32)
        for shape in pairwise(case.layer_sizes)
    ]
    return x, labels, weights


def measure(case: Case, rounds: int, clock: Callable) -> dict[str, list[float]]:
    """Return the microseconds per step of each contender, one number per round."""
    data = make_data(case)
    built = {
        name: build(case, *data)
        for name, build in BUILDERS.items()
        if name != "PyTorch" or torch is not None
    }
    for train, _ in built.values():
        train(0)
    trained = {name: weights() for name, (_, weights) in built.items() if weights}
    check_same_weights(trained, initial=data[-1][0])
    times = {name: [] for name in built}
    for turn in range(1, rounds + 1):
        for name, (train, _) in built.items():
            time.sleep(PAUSE)
            start = clock()
            train(turn)
            elapsed = clock() - start
            times[name].append(elapsed / (case.epochs * BATCHES) * 1e6)
    return times


def check_same_weights(weights: dict[str, np.ndarray], initial: np.ndarray) -> None:
    """Raise if the contenders did not compute the same updates.

    Sums in another order round differently, so they agree to a hundredth of what was learnt.
    """
    for name, W in weights.items():
        difference = np.linalg.norm(W - weights["nnviz"]) / np.linalg.norm(W - initial)
        if difference > 0.01:
            raise AssertionError(f"{name} trained another network: {difference:.1%} apart.")


def median_ratio(numerators: list[float], denominators: list[float]) -> float:
    """Return the median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def verdict(ratio: float, target: float, reached: bool) -> str:
    return f"{ratio:5.2f}x ({'reached' if reached else 'MISSED'} {target:g}x)"


def row(case: Case, times: dict[str, list[float]]) -> str:
    """Return one line of the table."""
    cells = [f"{case.name:24}"]
    for name, target in (("scikit-learn", case.sklearn_target), ("PyTorch", case.torch_target)):
        if name in times:
            ratio = median_ratio(times[name], times["nnviz"])
            cells.append(f"{verdict(ratio, target, ratio >= target):24}")
        else:
            cells.append(f"{'not installed':24}")
    ratio = median_ratio(times["nnviz"], times["products"])
    cells.append(f"{verdict(ratio, case.products_target, ratio <= case.products_target):24}")
    cells.append(
        ", ".join(f"{name} {statistics.median(values):.0f}" for name, values in times.items())
    )
    return " | ".join(cells)


def machine() -> str:
    """Return versions and processor."""
    versions = [
        f"Python {platform.python_version()}", f"NumPy {np.__version__}",
        f"SciPy {scipy.__version__}", f"scikit-learn {sklearn.__version__}",
        f"PyTorch {torch.__version__ if torch else 'not installed'}",
    ]
    return f"{', '.join(versions)}\n{platform.platform()}, {processor()}"


def processor() -> str:
    """Return the processor's name, as Linux knows it, or what Python knows."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or "processor unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2, help="of every contender (default 2)")
    parser.add_argument("--rounds", type=int, default=30, help="turns of each (default 30)")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall",
        help="cpu where other programs keep the machine busy; means most with one thread",
    )
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    if torch is not None:
        torch.set_num_threads(arguments.threads)
    print(machine())
    print(f"{arguments.threads} threads, {arguments.rounds} rounds, float32, "
          f"{arguments.clock} time, medians\n")
    print(f"{'network, batch':24} | {'scikit-learn / nnviz':24} | {'PyTorch / nnviz':24} | "
          f"{'nnviz / products':24} | us per step")
    with threadpool_limits(limits=arguments.threads):
        for case in CASES:
            print(row(case, measure(case, arguments.rounds, CLOCKS[arguments.clock])), flush=True)


if __name__ == "__main__":
    main()
