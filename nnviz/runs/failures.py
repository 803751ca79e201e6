"""Why a database cannot be used, for the people on the pages."""

from nnviz.runs.database import UnusableUrlError
from nnviz.runs.schema import NewerSchemaError

# What a database says, and what that means for the people on the pages.
_REASONS = (
    ("disk is full", "the disk is full"),
    ("No space left", "the disk is full"),
    ("locked", "another program keeps the store locked"),
    ("readonly", "the store must not be written"),
    ("timeout", "the database takes too long to answer"),
)


def reason_of(error: Exception, is_shared: bool) -> str:
    """Return a reason in words, without names of hosts and folders.

    Parameters
    ----------
    error : Exception
        One of `database.FAILURES`.
    is_shared : bool
        Whether the database is another program's, and not a file.
    """
    if isinstance(error, NewerSchemaError):
        return "a newer nnviz has made the database, and this one has to be updated"
    if isinstance(error, UnusableUrlError):
        return "the address of the database is not usable; the log says why"
    said = str(getattr(error, "orig", None) or error)
    for word, meaning in _REASONS:
        if word in said:
            return meaning
    return "the database cannot be reached" if is_shared else "the store cannot be written"
