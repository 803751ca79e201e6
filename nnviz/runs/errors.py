"""What can go wrong with a request for a run; the text is for the person who made it."""


class RunError(Exception):
    """The request cannot be fulfilled."""


class UnknownRun(RunError):
    """No run has this id, in memory or in the store."""


class WorkerLost(RunError):
    """The worker ended before it answered; the next request finds a new one."""


class StoreUnavailable(RunError):
    """The store of runs cannot be read or written at the moment."""


BY_NAME = {cls.__name__: cls for cls in (RunError, UnknownRun, StoreUnavailable)}
