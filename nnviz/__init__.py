"""nnviz: a multilayer perceptron in NumPy that can be read, and watched while it learns."""

from nnviz.activations import ACTIVATIONS, Linear, Relu, Sigmoid, Softmax, Tanh
from nnviz.initializers import INITIALIZERS
from nnviz.losses import LOSSES, MSE, BinaryCrossEntropy, CrossEntropy
from nnviz.network import Network
from nnviz.optimizers import OPTIMIZERS, SGD
from nnviz.training import Trainer

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "MSE",
    "OPTIMIZERS",
    "SGD",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Linear",
    "Network",
    "Relu",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Trainer",
]
