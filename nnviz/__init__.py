"""nnviz: a multilayer perceptron in NumPy that can be read, and watched while it learns."""

from nnviz.activations import (
    ACTIVATIONS,
    Elu,
    Gelu,
    LeakyRelu,
    Linear,
    Relu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from nnviz.early_stopping import EarlyStopping
from nnviz.export.model_file import ModelFileError
from nnviz.export.model_file import load as load_model
from nnviz.export.model_file import save as save_model
from nnviz.initializers import INITIALIZERS
from nnviz.losses import LOSSES, MAE, MSE, BinaryCrossEntropy, CrossEntropy, Huber
from nnviz.network import Network
from nnviz.optimizers import (
    OPTIMIZERS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSprop,
)
from nnviz.regularization import REGULARIZERS
from nnviz.schedules import SCHEDULES
from nnviz.training import Trainer

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "MAE",
    "MSE",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "EarlyStopping",
    "Elu",
    "Gelu",
    "Huber",
    "LeakyRelu",
    "Linear",
    "ModelFileError",
    "Momentum",
    "Nesterov",
    "Network",
    "RMSprop",
    "Relu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Tanh",
    "Trainer",
    "load_model",
    "save_model",
]
