"""The multilayer perceptron: forward pass and backpropagation, nothing else.

Notation, for a batch of n samples, one a row:

    a[0] = x
    z[l] = a[l] @ W[l] + b[l]          a[l + 1] = f[l](z[l])
    delta[l] = dL/dz[l]
    dW[l] = a[l].T @ delta[l]          db[l] = delta[l].sum(axis=0)
    delta[l - 1] = (delta[l] @ W[l].T) * f'[l - 1](z[l - 1])

W[l] and b[l] lie in memory as one matrix with b as its last row, and a[l] has a column of ones
beside it, so that each of the lines with a bias is one matrix product:

    z[l] = [a[l] 1] @ [W[l]; b[l]]     [dW[l]; db[l]] = [a[l] 1].T @ delta[l]

Capitals (A_1, Z, D for delta, W_b, W) are these arrays as `products.Matrix`, made once.

Weighed against this: the same step as one function without loops or calls to others, BLAS called
with its eight arguments in place of `product`. It took 18 microseconds where this one takes 23
(64-32-10, 32 samples), and a few per cent less where the matrices are larger (784-128-128-10).
It does not read like the formulas, so this is the only version.

Lists count layers from 0; articles that count from 1 write W^(1) for ``weights[0]``.
"""

from collections.abc import Sequence
from copy import deepcopy
from inspect import signature
from typing import Any

import numpy as np

from nnviz import initializers as initializer_table
from nnviz import schedules
from nnviz.architecture import checked_activations, checked_dtype, checked_sizes
from nnviz.checks import float_array, refuse_not_finite, refuse_unknown, whole_number
from nnviz.losses import Loss
from nnviz.parameters import Parameters
from nnviz.passes import Pass
from nnviz.products import product
from nnviz.random import Random, as_random
from nnviz.rows import Rows

# What `fit` gives the trainer itself.
_GIVEN = ("network", "x", "y")


class Network:
    """A multilayer perceptron.

    Parameters
    ----------
    layer_sizes : sequence of int
        (64, 15, 10): input, hidden..., output.
    activations : sequence of str, type or Activation
        One for each layer after the input: ids, classes or instances.
    initializer : str or Initializer, default "lecun_normal"
        How weights are drawn; biases start at 0.
    seed : int, Generator, RandomState or None, default None
        Where the randomness comes from; a number and None count as in scikit-learn
        (`random.as_random`).
    dtype : dtype, default float32
        float64 for gradient checks.

    Attributes
    ----------
    parameters : ndarray, (count,)
        All weights and biases in one vector; `weights` and `biases` are views into it.

    Raises
    ------
    ValueError
        If sizes and activations do not fit each other, or the dtype is neither of the two.

    Examples
    --------
    >>> from nnviz import Network, Relu, Sigmoid
    >>> net = Network((64, 15, 10), (Relu, Sigmoid), seed=1)
    >>> net.predict(np.zeros(64)).shape
    (10,)
    """

    def __init__(
        self,
        layer_sizes: Sequence[int],
        activations: Sequence[Any],
        *,
        initializer: Any = "lecun_normal",
        seed: int | Random | None = None,
        dtype: Any = np.float32,
    ):
        self.layer_sizes = checked_sizes(layer_sizes)
        self.activations = checked_activations(activations, self.layer_sizes)
        self.dtype = checked_dtype(dtype)
        self.rng = as_random(seed)
        self._lay_out()
        draw = initializer_table.get(initializer)
        for W in self.weights:
            W[...] = draw(*W.shape, self.rng)

    def _lay_out(self) -> None:
        """Make the vector of all parameters and the views into it."""
        self._parameters = Parameters(self.layer_sizes, self.dtype)
        self.parameters = self._parameters.vector
        self.weights, self.biases = self._parameters.weights, self._parameters.biases

    def __getstate__(self) -> dict[str, Any]:
        # A copy's views must be into its own vector, so they are made anew.
        kept = "layer_sizes", "activations", "dtype", "rng", "parameters"
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        values = state.pop("parameters")
        self.__dict__.update(state)
        self._lay_out()
        self.parameters[...] = values

    def forward(self, x: np.ndarray, into: Pass | None = None) -> Pass:
        """Run a batch through all layers and keep what each of them computed.

        Parameters
        ----------
        x : array, (n, inputs)
            n of 1 or more.
        into : Pass, optional
            Room for n samples to write into, so that a training loop allocates nothing. `x` is
            copied there, unless it is ``into.a[0]`` itself.

        Raises
        ------
        ValueError
            If `x` is no such batch.
        """
        run = into
        if into is None or x is not into.a[0]:
            x = self._checked_batch(x, into)
            run = Pass.allocate(self.layer_sizes, len(x), self.dtype) if into is None else into
            run.a[0][...] = x
        for A_1, W_b, Z, f, z, a, mask in zip(
            run.A_1, self._parameters.W_b, run.Z, self.activations, run.z, run.a[1:], run.masks,
            strict=False,
        ):
            product(A_1, W_b, Z)  # Z = A_1 @ W_b
            f(z, a)  # a = f(z)
            if mask is not None:
                a *= mask
        return run

    def _checked_batch(self, x: Any, into: Pass | None) -> np.ndarray | Rows:
        width, n = self.layer_sizes[0], "n" if into is None else len(into.a[0])
        if not isinstance(x, Rows):
            x = float_array("Input", x, self.dtype, f"numbers, ({n}, {width})")
        if x.ndim != 2 or x.shape[1] != width or len(x) == 0 or n not in ("n", len(x)):
            raise ValueError(
                f"A batch does not fit the network. Received shape {x.shape}; expected "
                f"({n}, {width}), n of 1 or more. One sample is x[None]; see `predict`."
            )
        return x

    def backpropagate(self, run: Pass, y_true: np.ndarray, loss: Loss) -> None:
        """Fill in the deltas of a forward pass, from the output down.

        Parameters
        ----------
        run : Pass
            From `forward`; its `delta` is filled.
        y_true : ndarray, (n, outputs)
        loss : Loss
            Averages over the batch, so nothing here divides by n.

        Notes
        -----
        Nielsen, Neural networks and deep learning, chapter 2, equation BP1; `carry_down` is BP2.
        """
        loss.output_delta(
            y_true, run.z[-1], run.a[-1], self.activations[-1], run.delta[-1], run.scratch[-1]
        )
        self.carry_down(run)

    def carry_down(self, run: Pass) -> None:
        """Fill in the deltas of all layers below the output, whose delta is given.

        ``delta[l - 1] = (delta[l] @ W[l].T) * f'[l - 1](z[l - 1])`` (Nielsen, equation BP2).
        """
        for layer in range(len(self.weights) - 1, 0, -1):
            product(run.D[layer], self._parameters.W[layer].T, run.D[layer - 1])
            below, f = run.delta[layer - 1], self.activations[layer - 1]
            a, mask = run.a[layer], run.masks[layer - 1]
            if mask is not None:
                below *= mask
                a = None  # no longer f(z)
            f.backward(below, run.z[layer - 1], a, run.scratch[layer - 1])

    def gradients(self, run: Pass, out: Parameters | None = None) -> Parameters:
        """Return dL/dW and dL/db of every layer, from the deltas of a pass.

        Parameters
        ----------
        run : Pass
            After `backpropagate`.
        out : Parameters, optional
            Where to write.

        Notes
        -----
        Nielsen, chapter 2, equations BP3 and BP4.
        """
        out = Parameters(self.layer_sizes, self.dtype) if out is None else out
        for A_1, D, dW_b in zip(run.A_1, run.D, out.W_b, strict=False):
            product(A_1.T, D, dW_b)  # dW_b = A_1.T @ D
        return out

    def descend(self, run: Pass, rate: float) -> None:
        """Take `rate` times the gradient from all parameters, without writing it down first.

        ``W -= rate * dW`` and ``b -= rate * db`` of every layer, after `backpropagate`.
        """
        for A_1, D, W_b in zip(run.A_1, run.D, self._parameters.W_b, strict=False):
            product(A_1.T, D, W_b, -rate, 1.0)  # W_b = 1 W_b - rate A_1.T @ D

    def backward(
        self, run: Pass, y_true: np.ndarray, loss: Loss, out: Parameters | None = None
    ) -> Parameters:
        """Return dL/dW and dL/db of every layer: `backpropagate`, then `gradients`.

        Raises
        ------
        ValueError
            If `y_true` is not of the output's shape.
        TypeError
            If `loss` is no instance of `Loss`.
        """
        if not isinstance(loss, Loss):
            raise TypeError(
                f"loss must be an instance such as MSE(), or losses.get(...). Received: {loss!r}."
            )
        if np.shape(y_true) != run.a[-1].shape:
            raise ValueError(
                f"Targets do not fit the output. Received shape {np.shape(y_true)}; "
                f"expected {run.a[-1].shape}."
            )
        self.backpropagate(run, y_true, loss)
        return self.gradients(run, out)

    def copy(self, dtype: Any = None, kind: "type[Network] | None" = None) -> "Network":
        """Return a network with the same parameters, in another dtype or of another class."""
        twin = (kind or type(self))(
            self.layer_sizes, self.activations, initializer="zeros", seed=deepcopy(self.rng),
            dtype=self.dtype if dtype is None else dtype,
        )
        twin.parameters[...] = self.parameters
        return twin

    def predict(self, x: Any) -> np.ndarray:
        """Return the output activations: (n, outputs) for a batch, (outputs,) for one sample.

        Raises
        ------
        ValueError
            If `x` is neither one sample nor a batch of this network's width, or not finite.
        """
        width = self.layer_sizes[0]
        expected = f"numbers, ({width},) for one sample or (n, {width}) for a batch"
        x = float_array("Input", x, self.dtype, expected)
        if x.ndim not in (1, 2) or x.shape[-1] != width:
            raise ValueError(
                f"Input does not fit the network. Received shape {x.shape}; "
                f"expected ({width},) for one sample or (n, {width}) for a batch."
            )
        refuse_not_finite("Input", x)
        if len(x) == 0:
            return np.empty((0, self.layer_sizes[-1]), self.dtype)
        output = self.forward(np.atleast_2d(x)).a[-1]
        return output[0] if x.ndim == 1 else output

    def fit(self, x: Any, y: Any, *, epochs: int = 100, **training: Any) -> "Network":
        """Train on `x` (n, inputs) and `y` (n, outputs); return self.

        Parameters
        ----------
        x, y : array
        epochs : int, default 100
            Passes over the samples.
        **training
            What `training.Trainer` takes: loss, batch_size, learning_rate, optimizer... The
            loss is mean squared error where none is named. A cosine schedule named by its id
            ends with the last epoch.

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As `training.Trainer` and `Trainer.run`; TypeError if one of **training is unknown.
        """
        from nnviz.training import Trainer  # noqa: PLC0415, the trainer imports the network

        known = [name for name in signature(Trainer).parameters if name not in _GIVEN]
        refuse_unknown("fit", training, ["epochs", *known])
        whole_number("epochs", epochs, minimum=0)
        end = epochs + whole_number("epochs_before", training.get("epochs_before", 0), minimum=0)
        training["schedule"] = schedules.spanning(training.get("schedule", "constant"), end)
        Trainer(self, x, y, **{"loss": "mse", "rng": self.rng, **training}).run(epochs)
        return self

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        lines = [f"Network {sizes}, {self.parameters.size:,} parameters"]
        for number, (W, f) in enumerate(zip(self.weights, self.activations, strict=True), start=1):
            lines.append(
                f"  layer {number}: W {W.shape[0]} x {W.shape[1]}, b {W.shape[1]}, "
                f"{f.label}, {W.size + W.shape[1]:,} parameters"
            )
        return "\n".join(lines)
