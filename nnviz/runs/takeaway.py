"""What is taken away of a run, from its worker to where files are made of it; and brought back."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnviz import metrics
from nnviz.export.record import Mistakes, Moment, RunRecord
from nnviz.network import Network
from nnviz.parameters import parameter_count
from nnviz.runs import wire
from nnviz.runs.errors import RunError
from nnviz.runs.run import GivenWeights, Run
from nnviz.settings import RunConfig

EXAMPLES = 10
SHOWN_MISTAKES = 24
LOOKED_AT = 500  # samples that mistakes are looked for among: more take long in a wide network


def record(run: Run) -> bytes:
    """Return the record of a run at its present step, packed for `unpacked`."""
    evaluation = run.evaluate()
    x, _, labels = run.split.measured_test
    mistakes, images = _mistakes(run, x[:LOOKED_AT], labels[:LOOKED_AT])
    begin, begin_arrays = _begin(run)
    step = run.trainer.step_count
    meta = {
        "config": run.config.to_dict(),
        "step": step,
        "figures": evaluation.figures,
        "epoch": run.trainer.epoch,
        "classes": run.dataset.classes,
        "image_shape": run.dataset.image_shape,
        "test_samples": len(run.split.test[2]),
        "mistakes": mistakes,
        "changes": _changes(run, begin["step"] if begin else 0),
        "begin": begin,
    }
    scale, features = run.split.scale, (x.shape[1],)
    return wire.pack(meta, {
        "parameters": run.network.parameters,
        # While an earlier step is looked at, what came later is not its history.
        "history": _until(step, run.history.figures),
        "batches": _until(step, run.history.batch_curve(run.history.CAPACITY)),
        "confusion": evaluation.confusion.astype(np.int64),
        "examples": np.ascontiguousarray(x[:EXAMPLES]),
        "images": images,
        "offset": _broadcast(scale.offset, 0.0, features),
        "divisor": _broadcast(scale.divisor, 1.0, features),
        **begin_arrays,
    })


def _until(step: int, curve: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(curve[curve[:, 0] <= step])


def _broadcast(values: np.ndarray | None, neutral: float, shape: tuple[int]) -> np.ndarray:
    return np.full(shape, neutral if values is None else values, np.float32)


def _mistakes(run: Run, x: np.ndarray, labels: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    outputs = run.network.predict(x)
    predicted = metrics.predicted_classes(outputs)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-outputs[wrong].max(axis=1), kind="stable")][:SHOWN_MISTAKES]
    names = run.dataset.classes
    return {
        "true": [names[k] for k in labels[surest]],
        "predicted": [names[k] for k in predicted[surest]],
        "count": len(wrong),
        "among": len(labels),
    }, np.ascontiguousarray(x[surest])


def _begin(run: Run) -> tuple[dict[str, Any] | None, dict[str, np.ndarray]]:
    """Return from where the run can be repeated; None where that is its seed."""
    reason = _why_not_from_seed(run)
    if reason is None:
        return None, {}
    is_anew = run.trainer.epochs_before != 0
    at_present = run.was_edited or is_anew or run.config.augment != "none"
    state = run.trainer.state() if at_present else run.rewind.earliest
    begin = {
        "step": state["step_count"],
        "samples_seen": state["samples_seen"],
        "position": state["position"],
        "rng": state["rng"],
        "mask_rng": state["mask_rng"] or {},
        "reason": reason,
    }
    arrays = {"begin/parameters": state["parameters"]}
    arrays |= {f"begin/memory/{name}": a for name, a in state["optimizer"].items()}
    arrays.pop("begin/memory/step_count")
    return begin, arrays


def _why_not_from_seed(run: Run) -> str | None:
    if run.config.augment != "none":
        return "it was trained on warped copies of the images too, which only nnviz makes"
    if run.given is not None:
        return f"its first weights come from {run.given.source}, not from its seed"
    if run.corrections:
        return "it was taught drawings of a person's own on the way"
    if run.was_edited:
        return "units were cut, or weights changed by hand, on the way"
    if run.trainer.epochs_before:
        return "its learning-rate schedule was begun anew on the way"
    if 0 not in run.rewind.changes:
        return "which learning rate and batch size it had before is not known any more"
    return None


def _changes(run: Run, first: int) -> list[tuple[int, float, int]]:
    """Return learning rate and batch size by the step they are in force from, `first` on."""
    changes = run.rewind.changes
    at_first = max(step for step in changes if step <= first)
    now = run.trainer.step_count
    later = {step: values for step, values in changes.items() if first < step < now}
    return [(step, *values[:2]) for step, values in [(first, changes[at_first]), *later.items()]]


def unpacked(message: bytes) -> RunRecord:
    """Return the record of `record`."""
    meta, arrays = wire.unpack(message)
    return RunRecord(
        config=RunConfig.from_dict(meta["config"]),
        step=meta["step"],
        epoch=meta["epoch"],
        figures=tuple(meta["figures"]),
        parameters=arrays["parameters"],
        history=arrays["history"],
        batches=arrays["batches"],
        confusion=arrays["confusion"],
        classes=tuple(meta["classes"]),
        image_shape=meta["image_shape"] and tuple(meta["image_shape"]),
        test_samples=meta["test_samples"],
        input_scaling=(arrays["offset"], arrays["divisor"]),
        examples=arrays["examples"],
        mistakes=Mistakes(arrays["images"], **meta["mistakes"]),
        changes={step: (rate, size) for step, rate, size in meta["changes"]},
        begin=_moment(meta["begin"], arrays),
    )


def _moment(begin: dict[str, Any] | None, arrays: Mapping[str, np.ndarray]) -> Moment | None:
    if begin is None:
        return None
    prefix = "begin/memory/"
    memory = {
        name.removeprefix(prefix): array
        for name, array in arrays.items() if name.startswith(prefix)
    }
    return Moment(**begin, parameters=arrays["begin/parameters"], memory=memory)


def packed_weights(network: Network, source: str) -> dict[str, str]:
    """Return the weights of a network for a request to make a run that begins from them."""
    with np.errstate(over="ignore"):  # told by `given_weights`
        values = network.parameters.astype("<f4")
    return {"weights": base64.b64encode(values.tobytes()).decode(), "source": source}


def given_weights(config: RunConfig, packed: dict[str, str] | None) -> GivenWeights | None:
    """Return what `packed_weights` packed, for a run of a configuration.

    Raises
    ------
    RunError
        If they are not as many as its network has, or not finite.
    """
    if packed is None:
        return None
    values = np.frombuffer(base64.b64decode(packed["weights"]), "<f4")
    expected = parameter_count(config.layer_sizes)
    if values.size != expected:
        raise RunError(f"The run needs {expected:,} weights and biases. Received: {values.size:,}.")
    if not np.isfinite(values).all():
        raise RunError("The weights are too large for the lab, which computes in float32.")
    return GivenWeights(values, packed["source"])


def check_answers(run: Run) -> None:
    """See that a run that begins from given weights can be measured at its first step.

    Raises
    ------
    RunError
        If its losses are not finite: there would be no step to go back to.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        is_finite = run.evaluator().is_finite()
    if not is_finite:
        raise RunError(
            "With these weights the network's answers to its data are not finite numbers, and no "
            "run can begin from them. Take the model of an earlier step, or smaller weights."
        )
