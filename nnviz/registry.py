"""What every table of the library shares: a lookup by id, class or instance, and a repr."""

from inspect import signature
from typing import Any

from nnviz.checks import received


def resolve(identifier: Any, table: dict[str, Any], kind: type, noun: str) -> Any:
    """Turn an id, a class or an instance into an instance.

    Parameters
    ----------
    identifier : str, type or object
        ``"relu"``, ``Relu`` or ``Relu()``.
    table : dict of str to object
        The known instances by id.
    kind : type
        The base class that an instance must have.
    noun : str
        What it is, for the message ("activation").

    Raises
    ------
    ValueError
        If a string is not in the table.
    TypeError
        If it is neither a string, nor a subclass of `kind` (other than `kind`), nor an instance
        of it.
    """
    if isinstance(identifier, str):
        if identifier in table:
            return table[identifier]
        raise ValueError(
            f"Unknown {noun}. Received: {received(identifier)}. Choose one of: {', '.join(table)}."
        )
    if _is_class_of(identifier, kind):
        return identifier()
    if isinstance(identifier, kind):
        return identifier
    raise TypeError(
        f"{noun.capitalize()} must be an id such as {next(iter(table))!r}, a class or an instance. "
        f"Received: {received(identifier)}."
    )


def _is_class_of(identifier: Any, kind: type) -> bool:
    is_class = isinstance(identifier, type) and issubclass(identifier, kind)
    return is_class and identifier is not kind


def as_call(instance: Any) -> str:
    """Return the call that makes an object, its parameters being attributes of the same names."""
    kind = type(instance)
    values = (f"{name}={getattr(instance, name)!r}" for name in signature(kind).parameters)
    return f"{kind.__name__}({', '.join(values)})"
