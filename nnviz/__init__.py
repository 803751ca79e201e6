"""A multilayer perceptron in NumPy that can be read, and watched while it learns.

`Network` is the perceptron: forward pass, backpropagation, `fit`, `predict`. `Trainer` trains one
step by step. What there is to choose from stands in tables, each entry with its formula, when to
use it, and its source: `ACTIVATIONS`, `LOSSES`, `INITIALIZERS`, `OPTIMIZERS`, `SCHEDULES` and
`REGULARIZERS`. Wherever one is asked for, its id, its class or an instance of it will do.

To be imported from modules of their own:

- `nnviz.estimators`: `NetworkClassifier` and `NetworkRegressor`, for scikit-learn's tools;
- `nnviz.gradcheck`: backpropagation against finite differences;
- `nnviz.recipes`: three texts about neural networks, finished, as code that runs;
- `nnviz.drawing`: from a drawing to a network's input; `nnviz.data`: data sets.

Examples
--------
Exclusive or, the smallest problem that needs a hidden layer:

>>> import numpy as np
>>> from nnviz import Network
>>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
>>> y = np.array([[0], [1], [1], [0]])
>>> net = Network((2, 4, 1), ("tanh", "sigmoid"), seed=0)
>>> net.fit(x, y, loss="cross_entropy", optimizer="adam", learning_rate=0.05, epochs=300)
Network 2-4-1, 17 parameters
  layer 1: W 2 x 4, b 4, tanh, 12 parameters
  layer 2: W 4 x 1, b 1, sigmoid, 5 parameters
>>> net.predict(x).round().ravel()
array([0., 1., 1., 0.], dtype=float32)
"""

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
