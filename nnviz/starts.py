"""Ready-made runs to start from, by name."""

from dataclasses import dataclass

from nnviz.settings import RunConfig


@dataclass(frozen=True)
class Start:
    """A configuration that is worth watching.

    Attributes
    ----------
    id, label, about : str
        Name in code and links, name for people, a sentence on what there is to see.
    config : RunConfig
    speed : int
        Steps per second to watch it at, one of `timing.SPEEDS`; 0: as fast as it goes.
    """

    id: str
    label: str
    about: str
    config: RunConfig
    speed: int = 0


STARTS: dict[str, Start] = {
    start.id: start
    for start in (
        Start(
            "xor-2-2-1", "XOR, 2-2-1",
            "Nine numbers: small enough to check a whole step by hand.",
            RunConfig(
                dataset="xor", scaling="none", hidden=((2, "sigmoid"),), output="sigmoid",
                loss="mse", initializer="glorot_normal", learning_rate=3.0, batch_size=4, seed=4,
            ),
            speed=100,
        ),
        Start(
            "xor-2-3-1", "XOR, 2-3-1",
            "Thirteen numbers: a third hidden unit, and XOR is learned from almost any seed.",
            RunConfig(
                dataset="xor", scaling="none", hidden=((3, "tanh"),), output="sigmoid",
                loss="cross_entropy", initializer="glorot_normal", learning_rate=1.0,
                batch_size=4, seed=6,
            ),
            speed=30,
        ),
        Start(
            "digits-64-32-10", "Digits, 64-32-10",
            "The network of the first visit: 97 % of the test samples right within seconds.",
            RunConfig(),
        ),
        Start(
            "mnist-784-128-128-10", "MNIST, 784-128-128-10",
            "60,000 images: first weights as pictures of 28 x 28, over 97 % within a minute.",
            RunConfig(dataset="mnist", hidden=((128, "relu"), (128, "relu"))),
        ),
    )
}
