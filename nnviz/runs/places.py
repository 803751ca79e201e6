"""Which of a server's worker processes a run belongs to: its id tells, so nobody has to remember.

A server has as many workers as its machine has cores to spare (`limits.WORKERS`). Each knows its
place, and gives the runs it makes ids that lead back to it; a run that is made from another one
therefore stays with it.
"""

import os

from nnviz.runs import identity

VARIABLE = "NNVIZ_PLACE"  # "1/2": the second of two workers; set for the worker by its client


def place_of(run_id: str, count: int) -> int:
    """Return the number, from 0, of the worker out of `count` that a run belongs to.

    A share id leads to the same one as the run's own.
    """
    return identity.place_hash(run_id) % count


def new_run_id() -> str:
    """Return an unguessable id that belongs to this process's place."""
    place, count = map(int, os.environ.get(VARIABLE, "0/1").split("/"))
    while True:
        run_id = identity.new_id()
        if place_of(run_id, count) == place:
            return run_id
