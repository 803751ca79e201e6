"""Which worker holds a run: statements over a connection, in the transaction of the caller.

A run in memory is held by one worker, under a number that grows whenever another takes it over.
What a worker writes carries its number, so one that has lost a run without knowing it yet cannot
write over what the next one has made of it.
"""

import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from nnviz.runs import limits
from nnviz.runs.schema import checkpoints, new_row, runs, workers


@dataclass(frozen=True)
class Checkpoint:
    """What is to be written of a run that is held; `browser` is the hash of its browser's key."""

    id: str
    data: bytes
    lease: int
    browser: str | None


def now_in(connection: Connection) -> float:
    """Return the time in seconds; the database's own, where several machines share it."""
    if connection.dialect.name == "sqlite":
        return time.time()
    clock = sa.func.extract("epoch", sa.func.clock_timestamp())
    return float(connection.execute(sa.select(clock)).scalar_one())


def beat(connection: Connection, holder: str, now: float) -> None:
    """Tell the other workers that this one lives."""
    until = now + limits.LEASE_SECONDS
    mine = workers.c.id == holder
    if not connection.execute(workers.update().where(mine).values(alive_until=until)).rowcount:
        connection.execute(workers.insert().values(id=holder, alive_until=until))


def is_free(now: float, holder: str | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that no living worker, or only `holder`, holds a run."""
    alive = sa.select(workers.c.id).where(workers.c.alive_until > now)
    return sa.or_(runs.c.holder.is_(None), runs.c.holder == holder, runs.c.holder.not_in(alive))


def claim(
    connection: Connection, run_id: str, holder: str, now: float, by_force: bool = False
) -> bool:
    """Hold a run from now on, if it is free or the force is used; return whether it is held."""
    wanted = sa.and_(runs.c.id == run_id, runs.c.deleted_at.is_(None))
    if not by_force:
        wanted = sa.and_(wanted, is_free(now, holder))
    claimed = connection.execute(
        runs.update().where(wanted).values(holder=holder, lease=runs.c.lease + 1, used_at=now)
    )
    return claimed.rowcount > 0


def let_go(connection: Connection, run_id: str, holder: str, lease: int) -> None:
    """End a lease, unless it is another's by now."""
    connection.execute(
        runs.update()
        .where(runs.c.id == run_id, runs.c.holder == holder, runs.c.lease == lease)
        .values(holder=None)
    )


def retake(connection: Connection, leases: dict[str, int], holder: str) -> None:
    """Hold runs under known numbers: after a file was made anew from what could be read."""
    for run_id, lease in leases.items():
        connection.execute(
            runs.update().where(runs.c.id == run_id).values(holder=holder, lease=lease)
        )


def write(connection: Connection, each: Checkpoint, holder: str, now: float) -> bool:
    """Write a checkpoint; return False where the run is another's by now, or deleted."""
    row = new_row(each.id, each.data, now)
    changed = {name: row[name] for name in ("saved_at", "used_at", "bytes", "summary")}
    changed["browser"] = sa.func.coalesce(runs.c.browser, each.browser)
    held = sa.and_(
        runs.c.id == each.id, runs.c.holder == holder, runs.c.lease == each.lease,
        runs.c.deleted_at.is_(None),
    )
    if not connection.execute(runs.update().where(held).values(**changed)).rowcount:
        known = sa.select(runs.c.id).where(runs.c.id == each.id)
        if connection.execute(known).first() is not None:
            return False
        row |= {"browser": each.browser, "holder": holder, "lease": each.lease}
        connection.execute(runs.insert().values(**row))
    of_run = checkpoints.c.run == each.id
    if not connection.execute(checkpoints.update().where(of_run).values(data=each.data)).rowcount:
        connection.execute(checkpoints.insert().values(run=each.id, data=each.data))
    return True
