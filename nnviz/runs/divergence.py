"""Where training stopped being finite: when it began, what went first, and the way back."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnviz.evaluation import Evaluation, Evaluator
from nnviz.history import History
from nnviz.landscape import Terrain
from nnviz.network import Network
from nnviz.passes import Pass
from nnviz.runs import limits
from nnviz.runs.errors import RunError
from nnviz.runs.rewind import Rewind
from nnviz.settings import SETTINGS
from nnviz.training import Trainer

if TYPE_CHECKING:
    from nnviz.runs.run import Run

# A loss up to so many times the lowest (smoothed) one is still sound ...
_STILL_SOUND = 2.0
# ... and so is one up to this share of the first.
_STILL_LEARNED = 0.05
# Optimisers whose largest stable rate on a parabola of curvature c, with 0.9 of the velocity kept,
# is 2 / c, 3.8 / c and 1.36 / c: all are stable at 1 / c.
_STABLE_BY_CURVATURE = ("sgd", "momentum", "nesterov")


@dataclass(frozen=True)
class Failure:
    """What went first.

    Attributes
    ----------
    step : int
        The last step after which everything was finite.
    layer : int
        The layer that the next step broke first, counted from 1.
    unit : int
        Of its units that broke, the one with the longest weights before.
    others : int
        How many further units of the layer broke in the same step.
    """

    step: int
    layer: int
    unit: int
    others: int


@dataclass(frozen=True)
class Divergence:
    """What a page shows of training that got out of hand.

    Attributes
    ----------
    sound_step : int
        The step to go back to: before the loss began to grow for good.
    rate : float
        The learning rate to go on with.
    norms : ndarray, (steps, 3)
        Step, length of its gradient, length of all weights after it; of the last steps.
    """

    sound_step: int
    rate: float
    norms: np.ndarray


def parameters_are_finite(network: Network) -> bool:
    """Return whether no weight or bias is infinite or NaN."""
    parameters = network.parameters
    # The dot product is cheap; only where it overflows, each value must be looked at.
    return math.isfinite(np.dot(parameters, parameters)) or bool(np.isfinite(parameters).all())


def first_failure(trainer: Trainer, evaluator: Evaluator, rewind: Rewind) -> Failure:
    """Return the last step after which all is finite, and what the step after it broke first.

    A step is sound if parameters and losses on training and test samples are finite after
    it. Training is deterministic, so steps are repeated from remembered states, and the border
    is found by bisection. The trainer is left at some step; the caller decides where to go.
    The earliest step that can be reached is taken for sound.

    Parameters
    ----------
    trainer : Trainer
        At a step that is not sound.
    evaluator : Evaluator
    rewind : Rewind
    """

    def is_sound(step: int) -> bool:
        rewind.visit(step)
        return parameters_are_finite(trainer.network) and evaluator().is_finite()

    unsound = trainer.step_count
    sound, *later = (step for step in rewind.remembered_steps if step < unsound)
    for step in reversed(later):
        if is_sound(step):
            sound = step
            break
        unsound = step
    while unsound - sound > 1:
        middle = (sound + unsound) // 2
        if is_sound(middle):
            sound = middle
        else:
            unsound = middle
    rewind.visit(sound)
    lengths = [np.linalg.norm(W.astype(np.float64), axis=0) for W in trainer.network.weights]
    trainer.step()
    layer, broken = _broken_units(trainer, evaluator)
    unit = broken[int(np.argmax(lengths[layer][broken]))]
    return Failure(sound, layer + 1, int(unit), len(broken) - 1)


def _broken_units(trainer: Trainer, evaluator: Evaluator) -> tuple[int, np.ndarray]:
    """Return the layer, counted from 0, that an unsound step broke first, and which units of it.

    All losses were finite before this step, so its forward pass was too, and the order to look
    in is: gradients (from the output down), updated parameters, then the next forward pass.
    """
    network = trainer.network
    places = range(len(network.weights))

    def broken(parameters, layer):
        W, b = parameters.weights[layer], parameters.biases[layer]
        return np.flatnonzero(~(np.isfinite(W).all(axis=0) & np.isfinite(b)))

    orders = ((trainer.gradients, reversed(places)), (network, places))
    for parameters, layers in orders:
        for layer in layers:
            if len(units := broken(parameters, layer)):
                return layer, units
    z = evaluator().training_pass.z
    for layer in places:
        if len(units := np.flatnonzero(~np.isfinite(z[layer]).all(axis=0))):
            return layer, units
    # The loss alone, which the largest output made infinite.
    return places[-1], np.abs(z[-1]).max(axis=0).argmax(keepdims=True)


def ruin(network: Network, first: np.ndarray, shown: Pass) -> str | None:
    """Return what is wrong with a network whose numbers are finite all the same; None if nothing.

    Parameters
    ----------
    network : Network
    first : ndarray, (count,)
        Its first parameters.
    shown : Pass
        A forward pass of training samples.
    """
    times = _length(network.parameters) / max(_length(first), 1.0)
    if times > limits.ABSURD_GROWTH:
        written = f"{times:,.0f}" if times < 1e6 else f"{times:.0e}"
        return f"The weights have grown to {written} times their first length: too large steps."
    for layer, f in enumerate(network.activations[:-1]):
        if f.id == "relu" and not shown.a[layer + 1].any():
            return (
                f"All units of layer {layer + 1} are dead, 0 for every sample: nothing below them "
                "learns any more. Too large steps do this."
            )
    return None


def way_back(run: "Run", last: int) -> Divergence:
    """Return how a run got out of hand in the steps up to `last`, and the way back from there.

    The trainer is left at some step before; the caller decides where to go.
    """
    trainer, rewind = run.trainer, run.rewind
    first = max(rewind.earliest_step, last - limits.NORM_STEPS)
    rewind.visit(first)
    norms = [
        (step, _length(trainer.gradients.vector), _length(trainer.network.parameters))
        for step in rewind.repeat_until(last)
    ]
    good = last_good_step(run.history)
    sound = max(moment for moment in rewind.moments if moment <= max(good, rewind.moments[0]))
    rewind.visit(sound)
    table = np.array(norms).reshape(-1, 3)
    return Divergence(sound, _smaller_rate(run), table[np.isfinite(table).all(axis=1)])


def _length(vector: np.ndarray) -> float:
    return float(np.linalg.norm(vector.astype(np.float64)))


def last_good_step(history: History) -> int:
    """Return the last step before the loss of the mini-batches began to grow for good.

    The loss is still sound while it and its moving average are within twice the lowest average
    (or under a twentieth of the first, where that is nearly 0).
    """
    curve = history.batch_curve(limits.CURVE_POINTS)
    if not len(curve):
        return 0
    smoothed = curve[:, 2]
    bound = max(_STILL_SOUND * smoothed.min(), _STILL_LEARNED * smoothed[0])
    sound = np.flatnonzero(curve[:, 1:].max(axis=1) <= bound)
    # A batch's loss is that of the step before its update.
    return int(curve[sound[-1], 0]) - 1 if len(sound) else 0


def _smaller_rate(run: "Run") -> float:
    """Return a tenth of the learning rate, or less where the curvature asks for less."""
    setting = SETTINGS["learning_rate"]
    rate = run.config.learning_rate / 10
    if run.trainer.optimizer.id in _STABLE_BY_CURVATURE:
        samples = limits.samples_within(
            limits.LANDSCAPE_SAMPLES, limits.LANDSCAPE_WORK, run.network.parameters.size
        )
        x, y, _ = (part[:samples] for part in run.split.measured_training)
        terrain = Terrain(
            run.network, x, y, run.trainer.loss, regularization=run.trainer.regularization
        )
        curvature = terrain.sharpest_curvature(terrain.gradient_at(terrain.here))
        if curvature > 0:
            rate = min(rate, 1 / curvature)
    return min(max(float(f"{rate:.0e}"), setting.low), setting.high)


def blow_up(run: "Run", first: int, batch_losses: list[float]) -> None:
    """Go back to the last step after which everything was finite, and say what happened.

    Parameters
    ----------
    run : Run
    first : int
        Steps before those of `batch_losses`.
    batch_losses : list of float
        Losses of the last mini-batches, which the run's history does not have yet.
    """
    failure = first_failure(run.trainer, run.evaluator, run.rewind)
    step = failure.step
    run.history.add_batch_losses(batch_losses[: max(0, step - first)])
    run.history.truncate(step)
    found = way_back(run, step)
    run.return_to(step)
    run.state, run.goal = "diverged", None
    run.pace.rest()
    run.divergence = found
    run.touch()
    others = f" and {failure.others:,} more" if failure.others else ""
    text = (
        f"Training blew up at step {step + 1:,}: the numbers of layer {failure.layer} went "
        f"first (unit {failure.unit:,}{others}) and were no longer finite. Kept: step "
        f"{step:,}, the last finite one."
    )
    run.notice = notice_of("error", text, found)


def warn_of_ruin(run: "Run", evaluation: Evaluation) -> None:
    """Say once that training got out of hand, though all its numbers are finite."""
    if run.state != "running" or run.divergence is not None:
        return
    text = ruin(run.network, run.initial_parameters, evaluation.training_pass)
    if text is None:
        return
    run.rewind.remember()
    step = run.trainer.step_count
    found = way_back(run, step)
    run.rewind.visit(step)
    run.divergence = found
    run.notice = notice_of("warning", text, found)


def recover(run: "Run") -> None:
    """Go back to before the loss began to grow, and go on from there with a smaller rate."""
    found = run.divergence
    if found is None:
        raise RunError("There is nothing to recover from, or the way back is no longer known.")
    run.pause()
    run.history.keep_line(found.sound_step)
    run.config = run.config.changed(learning_rate=found.rate)
    run.return_to(found.sound_step)
    run.notice = None


def notice_of(level: str, text: str, found: Divergence) -> dict:
    """Return what the page says of a divergence, with the way back as a button."""
    label = f"Back to step {found.sound_step:,} with learning rate {found.rate:g}"
    return {
        "level": level,
        "text": f"{text} The loss began to grow after step {found.sound_step:,}.",
        "actions": [{"action": "recover", "label": label}],
    }
