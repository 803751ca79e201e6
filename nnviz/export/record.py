"""What is known of a run at one step: all that files, code and reports are made from."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnviz.network import Network
from nnviz.settings import RunConfig


@dataclass(frozen=True)
class Moment:
    """A state of training that can be gone on from.

    Attributes
    ----------
    step, samples_seen, position : int
        Updates and samples so far, and how many of them belong to the present epoch.
    parameters : ndarray, (count,)
    memory : dict of str to ndarray, (count,)
        What the optimiser carries from step to step.
    rng, mask_rng : dict
        State of the generator of the order, before that of the present epoch was drawn, and of
        the generator of dropout masks; empty where there is none.
    reason : str
        Why the run cannot be repeated from before this.
    """

    step: int
    samples_seen: int
    position: int
    parameters: np.ndarray
    memory: dict[str, np.ndarray]
    rng: dict[str, Any]
    mask_rng: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class Mistakes:
    """Test samples that the network gets wrong, the surest first.

    Attributes
    ----------
    images : ndarray, (n, features), float32
        Inputs as the network takes them.
    true, predicted : list of str
        Names of the classes.
    count, among : int
        How many there are among how many samples looked at.
    """

    images: np.ndarray
    true: list[str]
    predicted: list[str]
    count: int
    among: int


@dataclass(frozen=True)
class RunRecord:
    """A run at one step.

    Attributes
    ----------
    config : RunConfig
        Settings as they are now.
    step : int
    epoch : float
    figures : tuple of float
        Training loss, test loss, training accuracy, test accuracy.
    parameters : ndarray, (count,), float32
        As `Network.parameters`.
    history : ndarray, (rows, 5)
        `History.figures`, up to this step.
    batches : ndarray, (rows, 3)
        `History.batch_curve`, up to this step.
    confusion : ndarray, (classes, classes)
    classes : tuple of str
    image_shape : tuple of int or None
    test_samples : int
        How many there are; the confusion matrix may count a part of them.
    input_scaling : tuple of ndarray, (inputs,)
        Offset and divisor of the raw values.
    examples : ndarray, (n, inputs)
        Test samples as the network takes them.
    mistakes : Mistakes
    changes : dict of int to tuple of float and int
        Learning rate and batch size in force from a step on.
    begin : Moment or None
        Where it can be repeated from, where its seed alone does not give it.
    """

    config: RunConfig
    step: int
    epoch: float
    figures: tuple[float, float, float, float]
    parameters: np.ndarray
    history: np.ndarray
    batches: np.ndarray
    confusion: np.ndarray
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None
    test_samples: int
    input_scaling: tuple[np.ndarray, np.ndarray]
    examples: np.ndarray
    mistakes: Mistakes
    changes: dict[int, tuple[float, int]] = field(default_factory=dict)
    begin: Moment | None = None

    def network(self) -> Network:
        """Return the network with its weights."""
        return self.network_of(self.parameters)

    def network_of(self, parameters: np.ndarray) -> Network:
        """Return the network with other weights."""
        config = self.config
        network = Network(config.layer_sizes, config.activations, initializer="zeros")
        network.parameters[...] = parameters
        return network

    @property
    def name(self) -> str:
        """What files of it are called: ``digits-64-32-10-step-1234``."""
        return f"{self.config.name}-step-{self.step}"
