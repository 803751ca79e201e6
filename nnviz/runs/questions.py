"""What a page may ask of a run beside its frames: a table of questions and their answers.

A question is asked by name with JSON arguments. Its function gets the run and these arguments,
checks them, and returns a dict (an answer as JSON) or the bytes of `wire.pack` (an answer with
arrays). It is answered between two slices of training, so it has to be quick: about 20 ms.
"""

import inspect
from collections.abc import Callable
from typing import Any

from nnviz.runs import landscapes
from nnviz.runs.correction import correct, undo_correction
from nnviz.runs.errors import RunError
from nnviz.runs.inside import inspect_array, inspect_choice, inspect_outcome, inspect_step
from nnviz.runs.own import judge
from nnviz.runs.proofs import check_gradient, compare_steps, compare_training
from nnviz.runs.reading import read, test_sample
from nnviz.runs.run import Run
from nnviz.runs.takeaway import record


def figures(run: Run) -> dict[str, Any]:
    """Return how far a run is: step, epoch, state, and its losses and accuracies."""
    evaluation = run.evaluate()
    return {
        "step": run.trainer.step_count,
        "epoch": run.trainer.epoch,
        "state": run.state,
        "metrics": dict(zip(run.history.COLUMNS[1:], evaluation.figures, strict=True)),
    }


QUESTIONS: dict[str, Callable[..., dict[str, Any] | bytes]] = {
    "figures": figures,
    "read": read,
    "inspect_step": inspect_step,
    "inspect_choice": inspect_choice,
    "inspect_array": inspect_array,
    "inspect_outcome": inspect_outcome,
    "record": record,
    "landscape": landscapes.show,
    "cancel_landscape": landscapes.cancel,
    "check_gradient": check_gradient,
    "compare_steps": compare_steps,
    "compare_training": compare_training,
    "test_sample": test_sample,
    "judge": judge,
    "correct": correct,
    "undo_correction": undo_correction,
}

# Those that change the run: whoever may only look at it does not get them answered.
CHANGING = frozenset({"correct", "undo_correction"})


def answer(run: Run, question: Any, arguments: Any) -> dict[str, Any] | bytes:
    """Return the answer to one of `QUESTIONS`.

    Raises
    ------
    RunError
        If there is no such question, or it does not take these arguments.
    """
    if not isinstance(question, str) or question not in QUESTIONS:
        raise RunError(
            f"Unknown question {str(question)[:40]!r}. Known: {', '.join(QUESTIONS)}."
        )
    function = QUESTIONS[question]
    try:
        bound = inspect.signature(function).bind(run, **arguments)
    except TypeError as error:
        raise RunError(f"The question {question!r} was asked wrongly: {error}.") from error
    return function(*bound.args, **bound.kwargs)
