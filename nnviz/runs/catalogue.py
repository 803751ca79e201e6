"""The list of a browser's runs, what may be changed in it, and which runs are cleared away."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from nnviz.runs import leases, limits
from nnviz.runs.errors import RunError, UnknownRun
from nnviz.runs.schema import checkpoints, runs, workers

DAY = 86_400
# Without them some scripts are misspelt and some pictures fall apart: a family, a flag.
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))


def list_of(connection: Connection, browser: str) -> list[dict]:
    """Return a browser's runs, the one saved last first: id, share, name, times and summary.

    Where there are more than `limits.RUNS_LISTED`, those with a name come before others, and those
    that were never trained, which whoever opens the lab leaves behind, last of all.
    """
    rank = sa.case(
        (runs.c.name != "", 0), (runs.c.summary.like('{"step":0,%'), 2), else_=1
    )
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.share, runs.c.name, runs.c.created_at, runs.c.saved_at,
                  runs.c.summary)
        .where(runs.c.browser == browser, runs.c.deleted_at.is_(None))
        .order_by(rank, runs.c.saved_at.desc(), runs.c.id)
        .limit(limits.RUNS_LISTED)
    ).all()
    return [
        row._asdict() | {"summary": json.loads(row.summary)}
        for row in sorted(rows, key=lambda row: -row.saved_at)
    ]


def change(connection: Connection, run_id: str, browser: str, change: str, value: str) -> None:
    """Do one of `CHANGES` with a run of a browser.

    Raises
    ------
    RunError
        If there is no such change, the run is not that browser's, or the value does not fit.
    """
    if change not in CHANGES:
        raise RunError(f"Unknown change {str(change)[:40]!r}. Known: {', '.join(CHANGES)}.")
    values = CHANGES[change](connection, run_id, browser, value)
    mine = sa.and_(runs.c.id == run_id, runs.c.browser == browser)
    if not connection.execute(runs.update().where(mine).values(**values)).rowcount:
        raise UnknownRun("This run is not among the runs of this browser.")


def _named(connection: Connection, run_id: str, browser: str, name: str) -> dict:
    name = " ".join(str(name).split())
    if len(name) > limits.NAME_LENGTH:
        raise RunError(
            f"A name has up to {limits.NAME_LENGTH} letters, digits and signs. Received: "
            f"{len(name):,}."
        )
    if not name.translate(_JOINERS).isprintable():
        raise RunError("A name has no signs that cannot be seen. Type it anew.")
    others = sa.select(sa.func.count()).where(
        runs.c.browser == browser, runs.c.name != "", runs.c.id != run_id
    )
    if name and connection.execute(others).scalar_one() >= limits.NAMED_RUNS:
        raise RunError(
            f"{limits.NAMED_RUNS} runs of this browser have a name, and those are kept for good. "
            "Delete one, or take its name away."
        )
    return {"name": name}


def _deleted(connection: Connection, *_: str) -> dict:
    return {"deleted_at": leases.now_in(connection)}


def _undeleted(*_: Any) -> dict:
    return {"deleted_at": None}


CHANGES: dict[str, Callable[..., dict]] = {
    "rename": _named, "delete": _deleted, "undelete": _undeleted,
}


def clear(connection: Connection, now: float) -> int:
    """Delete runs that are beyond the limits (`nnviz.runs.limits`); return how many.

    Those without a name that nobody has opened for long, those deleted by hand a while ago, and,
    the longest unused first, as many without a name as do not fit into the total size. What a
    worker holds stays.
    """
    free = leases.is_free(now)
    is_unnamed = runs.c.name == ""
    too_old = sa.or_(
        sa.and_(is_unnamed, runs.c.used_at < now - limits.STORE_DAYS * DAY),
        runs.c.deleted_at < now - limits.BIN_DAYS * DAY,
    )
    gone = list(connection.execute(sa.select(runs.c.id).where(too_old, free)).scalars())
    _delete(connection, gone)
    excess = (connection.execute(sa.select(sa.func.sum(runs.c.bytes))).scalar() or 0)
    excess -= limits.STORE_BYTES
    if excess > 0:
        oldest = sa.select(runs.c.id, runs.c.bytes).where(is_unnamed, free).order_by(runs.c.used_at)
        surplus = []
        for row in connection.execute(oldest):
            if excess <= 0:
                break
            surplus.append(row.id)
            excess -= row.bytes
        _delete(connection, surplus)
        gone += surplus
    connection.execute(workers.delete().where(workers.c.alive_until < now - DAY))
    return len(gone)


def _delete(connection: Connection, ids: list[str]) -> None:
    for start in range(0, len(ids), 500):  # a statement takes only so many parameters
        part = ids[start : start + 500]
        connection.execute(checkpoints.delete().where(checkpoints.c.run.in_(part)))
        connection.execute(runs.delete().where(runs.c.id.in_(part)))
