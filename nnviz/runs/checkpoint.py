"""A run as bytes, and back: training goes on from it as if it had never stopped."""

from typing import Any

import numpy as np

from nnviz.history import History
from nnviz.runs import wire
from nnviz.runs.editing import Edit
from nnviz.runs.rewind import Correction, Rewind, Settings, restore, state_of
from nnviz.runs.run import GivenWeights, Run
from nnviz.settings import RunConfig
from nnviz.surgery import Held

VERSION = 1
# Plain values of a run, saved under their names.
_AS_THEY_ARE = (
    "state", "notice", "speed", "stop_epochs", "stop_accuracy", "stop_patience", "goal",
)
# Parts of a trainer's state that are arrays, or have some.
_NOT_PLAIN = ("parameters", "optimizer", "held")


def save(run: Run) -> bytes:
    """Return everything that a run is: settings, weights, generator, history, stops.

    The run is measured for it, and goes back to its last finite step where it has blown up: the
    way back that is then offered is not saved. What is saved is the present, also while an earlier
    step is looked at, and a few earlier states to go back to.
    """
    run.evaluate()
    trainer, arrays = _parted(state_of(run.trainer) if run.now is None else run.rewind.latest)
    history, history_arrays = run.history.state()
    arrays |= {f"history/{name}": array for name, array in history_arrays.items()}
    if run.given is not None:
        arrays["given"] = run.given.parameters
    meta = {
        "version": VERSION,
        "config": run.config.to_dict(),
        "trainer": trainer,
        "history": history,
        "changes": [[step, *settings] for step, settings in run.rewind.changes.items()],
        "given": None if run.given is None else run.given.source,
    } | {name: getattr(run, name) for name in _AS_THEY_ARE}
    meta["was_edited"] = run.was_edited
    meta["edits"] = [[edit.label, edit.step, sorted(edit.held.frozen)] for edit in run.edits]
    for number, edit in enumerate(run.edits):
        arrays |= _arrays_of(edit, f"edit/{number}")
    meta["past"] = []
    for number, state in enumerate(run.rewind.to_save()):
        plain, past = _parted(state)
        meta["past"].append(plain)
        arrays |= {f"past/{number}/{name}": array for name, array in past.items()}
    if run.corrections:
        meta["before"], before = _parted(run.corrections[-1].rewind.latest)
        arrays |= {f"before/{name}": array for name, array in before.items()}
    return wire.pack(meta, arrays)


def _arrays_of(edit: Edit, prefix: str) -> dict[str, np.ndarray]:
    arrays = {"indices": edit.indices.astype(np.int64), "before": edit.before}
    arrays |= {f"cut/{layer}/{unit}": row for (layer, unit), row in edit.held.cut.items()}
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def _cut_units(arrays: dict[str, np.ndarray]) -> dict[tuple[int, int], np.ndarray]:
    return {tuple(map(int, name.split("/"))): row for name, row in _named(arrays, "cut").items()}


def _edit_of(values: list[Any], arrays: dict[str, np.ndarray]) -> Edit:
    label, step, frozen = values
    held = Held(_cut_units(arrays), frozenset(frozen))
    return Edit(label, step, arrays["indices"], arrays["before"], held)


def _parted(state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the plain values and the arrays of a trainer's state."""
    plain = {key: value for key, value in state.items() if key not in _NOT_PLAIN}
    plain["frozen"] = sorted(state["held"].frozen)
    arrays = {"parameters": state["parameters"]}
    arrays |= {f"optimizer/{name}": array for name, array in state["optimizer"].items()}
    arrays |= {f"cut/{layer}/{unit}": row for (layer, unit), row in state["held"].cut.items()}
    return plain, arrays


def _joined(plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the trainer's state of its parts."""
    state = {
        "parameters": arrays["parameters"],
        "optimizer": _named(arrays, "optimizer"),
        "held": Held(_cut_units(arrays), frozenset(plain.get("frozen", ()))),
    }
    return plain | state


def _past(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the earlier states; each after the first step has the arrays of the present one."""
    first = {"parameters", "optimizer/step_count"}
    later = first | {name for name in arrays if name.startswith("optimizer/")}
    states = []
    for number, plain in enumerate(meta.get("past", ())):
        own = _named(arrays, f"past/{number}")
        if missing := (later if plain["step_count"] else first) - own.keys():
            raise LookupError(f"past/{number}/{min(missing)}")
        states.append(_joined(plain, own))
    return states


def load(run_id: str, saved: bytes) -> Run:
    """Return the run of a `save`.

    Raises
    ------
    ValueError
        If the bytes are damaged or of a later version.
    """
    meta, arrays = wire.unpack(saved)
    try:
        return _restored(run_id, meta, arrays)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"Saved run lacks something: {error!r}.") from error


def _restored(run_id: str, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Run:
    if meta.get("version") != VERSION:
        raise ValueError(
            f"Saved run has format version {meta.get('version')!r}; this nnviz reads {VERSION}."
        )
    # Not known of runs saved by an earlier version: what the new entries say.
    given = meta.get("given")
    given = None if given is None else GivenWeights(arrays["given"], given)
    run = Run(RunConfig.from_dict(meta["config"]), run_id, given)
    if "before" in meta:
        restore(run.trainer, _joined(meta["before"], _named(arrays, "before")))
        run.corrections = [Correction(run.trainer.step_count, Rewind(run.trainer))]
    restore(run.trainer, _joined(meta["trainer"], arrays))
    run.history = History.from_state(meta["history"], _named(arrays, "history"))
    changes = {step: Settings(*settings) for step, *settings in meta.get("changes", ())}
    run.rewind = Rewind(run.trainer, changes, _past(meta, arrays))
    for name in _AS_THEY_ARE:
        setattr(run, name, meta[name])
    run.was_edited = meta.get("was_edited", False)
    run.edits = [
        _edit_of(values, _named(arrays, f"edit/{number}"))
        for number, values in enumerate(meta.get("edits", ()))
    ]
    if run.notice is not None:
        # The way back that it offers is not saved.
        run.notice = {name: run.notice[name] for name in ("level", "text")}
    return run


def _named(arrays: dict[str, Any], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(f"{prefix}/"): array
        for name, array in arrays.items()
        if name.startswith(f"{prefix}/")
    }
