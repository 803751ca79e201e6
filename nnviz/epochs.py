"""Several epochs of training: what is measured after each, and when training ends."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nnviz.checks import received, whole_number
from nnviz.early_stopping import EarlyStopping
from nnviz.samples import checked_data

if TYPE_CHECKING:
    from nnviz.training import Trainer

Pair = tuple[np.ndarray, np.ndarray]


def epochs_of(
    trainer: "Trainer", epochs: int, validation: Any, early_stopping: EarlyStopping | None
) -> list[float]:
    """Train for some epochs; return the loss of each. See `Trainer.run`."""
    whole_number("epochs", epochs, minimum=0)
    if not isinstance(early_stopping, EarlyStopping | None):
        raise TypeError(
            "early_stopping must be an instance such as EarlyStopping(patience=10). "
            f"Received: {received(early_stopping)}."
        )
    if validation is not None:
        validation = _checked_validation(trainer, validation)
    history: list[float] = []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number in range(1, epochs + 1):
            history.append(_epoch(trainer, validation, early_stopping, number))
            if early_stopping and early_stopping.should_stop(history[-1], trainer.network):
                break
    if early_stopping:
        early_stopping.restore_best(trainer.network)
    return history


def _checked_validation(trainer: "Trainer", validation: Any) -> Pair:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(
            f"validation must be a pair (x, y). Received: {type(validation).__name__}."
        )
    names = "x of validation", "y of validation"
    x, y = checked_data(trainer.network, *validation, names)
    trainer.loss.refuse_targets(y)
    return x[:], y


def _epoch(
    trainer: "Trainer", validation: Pair | None, early_stopping: EarlyStopping | None, number: int
) -> float:
    """Train one epoch; return its loss, which is finite unless early stopping can help."""
    network = trainer.network
    before = network.parameters.copy()
    if not np.isfinite(before).all():
        raise FloatingPointError(
            "The network's parameters are not finite: it cannot be trained on. Begin with a new "
            "network, or with parameters from before it diverged."
        )
    loss = trainer.run_epoch()
    if validation is not None:
        x, y = validation
        loss = trainer.loss.value(y, network.predict(x))
    if np.isfinite(loss) and np.isfinite(network.parameters).all():
        return loss
    network.parameters[...] = before
    if early_stopping and early_stopping.best_parameters is not None:
        return float("nan")
    raise FloatingPointError(
        f"Training diverged in epoch {number}: loss {loss:g}. The network is as it was before "
        f"that epoch. Use a smaller learning rate than {trainer.optimizer.learning_rate:g}, scale "
        "x (and y) to about -1 to 1, or set clip_norm."
    )
