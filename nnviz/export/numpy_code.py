"""A run as one NumPy script without nnviz, which ends by comparing its weights with the run's."""

from textwrap import fill

from nnviz import losses, optimizers
from nnviz.activations import ACTIVATIONS
from nnviz.captions import describe
from nnviz.data.dataset import SPLIT_SEED
from nnviz.data.families import FAMILIES
from nnviz.export import archive, snippets
from nnviz.export.filling import filled
from nnviz.export.numpy_template import TEMPLATE
from nnviz.export.record import Moment, RunRecord
from nnviz.settings import RunConfig

# The settings that the script repeats, or says that it does not (`RunRecord.begin`): one that is
# not here it would leave out without a word.
REPEATED = frozenset((
    "dataset", "test_share", "scaling", "augment", "seed", "hidden", "output", "initializer",
    "loss", "optimizer", "schedule", "schedule_epochs", "l1", "l2", "dropout", "clip_norm",
    "learning_rate", "batch_size",
))
MODEL = "model.npz"
BEGIN = "begin.npz"
# Share of the weights' length. Products summed in another order were measured to lead 0.0004 apart
# after 15,000 steps; at learning rates at which training jumps about, anywhere.
TOLERANCE = 0.001


def script(record: RunRecord) -> str:
    """Return the script; it is to lie beside the files `MODEL` and, for some runs, `BEGIN`."""
    config, begin = record.config, record.begin
    parts = {
        "about": _about(record),
        "files": MODEL if begin is None else f"{MODEL} and {BEGIN}",
        "imports": _imports(config),
        "standard_library": "\n".join((
            *(["import math"] if config.schedule != "constant" else []),
            "import os", "from pathlib import Path",
        )),
        "data": snippets.DATA[config.dataset].code.format(
            seed=SPLIT_SEED, tested=record.test_samples
        ),
        "scaling": _scaling(record),
        "targets": _targets(record),
        "sizes": str(config.layer_sizes),
        "weights": _weights(config, begin),
        "changes": _changes(record.changes),
        "first": str(begin.step if begin else 0),
        "steps": str(record.step),
        "report": str(max(1, record.step // 10)),
        "position": str(begin.position if begin else 0),
        "samples_seen": str(begin.samples_seen if begin else 0),
        "resume": "if position:\n    order = rng.permutation(len(x))" if begin else "",
        "predicted": (
            "answers[:, 0] > 0.5" if config.layer_sizes[-1] == 1 else "answers.argmax(axis=1)"
        ),
        "model": MODEL,
        "tolerance": str(TOLERANCE),
        **_functions(config),
        **_loss(config),
        **_dropout(config, begin),
        **_step(config, begin),
    }
    return filled(TEMPLATE, parts)


def _about(record: RunRecord) -> str:
    config, begin = record.config, record.begin
    sizes = "-".join(map(str, config.layer_sizes))
    functions = ", ".join(ACTIVATIONS[id].label for id in config.activations)
    text = (
        f"A {sizes} network ({functions}) on {describe('dataset', config.dataset)}, with "
        f"{describe('loss', config.loss)} and {describe('optimizer', config.optimizer)}, "
        f"{record.step:,} steps, seed {config.seed}."
    )
    if begin is not None:
        text += f" It goes on from step {begin.step:,}, which is in {BEGIN}: {begin.reason}."
    # In a text of the script: no sign in it may end that text.
    return fill(text.replace("\\", "/").replace('"', "'"), 99)


def _imports(config: RunConfig) -> str:
    found = {snippets.ACTIVATIONS[id].imports for id in config.activations}
    found |= {snippets.DATA[config.dataset].imports, _blas(config)}
    return "\n".join(sorted(found - {""}))


def _blas(config: RunConfig) -> str:
    routines = "sdot, sgemm" if config.clip_norm else "sgemm"
    return f"from scipy.linalg.blas import {routines}"


def _scaling(record: RunRecord) -> str:
    if record.config.scaling == "standard" and record.config.dataset in FAMILIES:
        return snippets.STANDARD_OF_BYTES
    divisor = f"{record.input_scaling[1].max():g}"
    return snippets.SCALINGS[record.config.scaling].format(divisor=divisor)


def _targets(record: RunRecord) -> str:
    if record.config.layer_sizes[-1] == 1:
        return 'labels[:, None].astype("float32")'
    return f'np.eye({len(record.classes)}, dtype="float32")[labels]'


def _functions(config: RunConfig) -> dict[str, str]:
    """Return the definitions of the activations and of the derivatives that are needed."""
    hidden, output = config.activations[:-1], config.activations[-1]
    defined = []
    for id in dict.fromkeys(config.activations):
        f, code = ACTIVATIONS[id], snippets.ACTIVATIONS[id]
        if id == "softmax":
            defined.append(snippets.SOFTMAX)
            continue
        numbers = vars(f)
        defined.append(f"\ndef {id}(Z):\n    return {code.value.format(**numbers)}\n")
        if id in hidden or _needs_derivative(config):
            derivative = code.derivative.format(**numbers)
            defined.append(f"\ndef {id}_derivative(Z):\n    return {derivative}\n")
    return {
        "functions": "\n\n\n".join(code.strip("\n") for code in defined),
        "activations": ", ".join((*hidden, output)),
        "derivatives": ", ".join(f"{id}_derivative" for id in hidden),
    }


def _loss_code(config: RunConfig) -> tuple[losses.Loss, snippets.LossCode]:
    loss = losses.for_output(config.loss, ACTIVATIONS[config.output])
    return loss, snippets.LOSSES[loss.id]


def _needs_derivative(config: RunConfig) -> bool:
    """Return whether the output's derivative does not cancel against that of the loss."""
    return _loss_code(config)[1].canonical_output != config.output


def _loss(config: RunConfig) -> dict[str, str]:
    loss, code = _loss_code(config)
    if _needs_derivative(config):
        delta = f"{code.gradient} * {config.output}_derivative(Z[-1])"
    else:
        delta = snippets.DIFFERENCE
    delta = delta.replace("A - Y", "A[-1][:, :-1] - Y")
    label = loss.label[0].upper() + loss.label[1:]
    return {"loss_label": label, "loss_value": code.value, "output_delta": delta}


def _weights(config: RunConfig, begin: Moment | None) -> str:
    if begin is None:
        drawn = snippets.INITIALIZERS[config.initializer]
        helper = snippets.ORTHOGONAL if config.initializer == "orthogonal" else ""
        return (
            f"rng = np.random.default_rng({config.seed})\n{helper}"
            "for W_b in W:\n"
            "    fan_in, fan_out = len(W_b) - 1, W_b.shape[1]\n"
            f"    W_b[:-1] = {drawn}"
        )
    return (
        f'with np.load(HERE / "{BEGIN}") as file:\n'
        "    begin = dict(file)\n"
        "for k, W_b in enumerate(W, start=1):\n"
        '    W_b[:-1], W_b[-1] = begin[f"W{k}"], begin[f"b{k}"]\n'
        "# The state of the generator then: the order of the samples follows from it.\n"
        f"rng = np.random.default_rng()\nrng.bit_generator.state = {begin.rng}"
    )


def _changes(changes: dict[int, tuple[float, int]]) -> str:
    return "\n".join(f"{step}: ({rate!r}, {size})," for step, (rate, size) in changes.items())


def _dropout(config: RunConfig, begin: Moment | None) -> dict[str, str]:
    if not config.dropout:
        names = "dropout_forward", "dropout_backward", "before_forward", "masks", "mask_argument"
        return dict.fromkeys(names, "")
    return {
        "mask_argument": ", masks=None",
        "before_forward": snippets.DROPOUT_MASKS.format(dropout=config.dropout),
        "masks": ", masks",
        "dropout_forward": "if masks and k < len(masks):\n    A[k + 1][:, :-1] *= masks[k]",
        "dropout_backward": "delta *= masks[k - 1]",
    }


def _step(config: RunConfig, begin: Moment | None) -> dict[str, str]:
    """Return what an update takes: the optimiser's memory, penalties, rate, and the update."""
    code = snippets.OPTIMIZERS[config.optimizer]
    memory = [_memory(name, begin) for name in code.memory]
    if config.dropout:
        memory.insert(0, snippets.MASK_GENERATOR if begin is None else (
            f"mask_rng = np.random.default_rng()\n"
            f"mask_rng.bit_generator.state = {begin.mask_rng}"
        ))
    numbers = {
        name.lstrip("_"): value for name, value in vars(optimizers.get(config.optimizer)).items()
    }
    changed = [
        snippets.REGULARIZERS[name].format(value=getattr(config, name))
        for name in ("l1", "l2", "clip_norm") if getattr(config, name)
    ]
    if config.optimizer == "sgd" and not changed:
        update = snippets.DESCENT
    else:
        memory += [snippets.GRADIENT_ROOM]
        update = "\n".join((snippets.GRADIENT, *changed, code.update.format(**numbers)))
    rate = "learning_rate"
    if config.schedule != "constant":
        shape = snippets.SCHEDULES[config.schedule]
        progress = f"samples_seen / len(x) / {config.schedule_epochs}"
        rate = f"learning_rate * ({shape.replace('progress', f'({progress})')})"
    return {
        "memory": "\n".join(memory),
        "rate": rate,
        "update": update,
    }


def _memory(name: str, begin: Moment | None) -> str:
    # Before its first step an optimiser has nothing to carry.
    is_known = begin is not None and name in begin.memory
    value = f'begin["{name}"]' if is_known else "np.zeros_like(parameters)"
    return f"{name} = {value}"


def begin_file(record: RunRecord) -> bytes:
    """Return the content of `BEGIN`: weights and what the optimiser carries, by layer and name."""
    network = record.network_of(record.begin.parameters)
    arrays = record.begin.memory
    for number, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays = arrays | {f"W{number}": W, f"b{number}": b}
    return archive.pack({
        f"{name}.npy": archive.array_bytes(array) for name, array in arrays.items()
    })
