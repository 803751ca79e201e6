"""A lookup that every table of the library shares: by id, class or instance."""

from typing import Any


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
        known = ", ".join(table)
        raise ValueError(f"Unknown {noun}. Received: {identifier!r}. Choose one of: {known}.")
    if _is_class_of(identifier, kind):
        return identifier()
    if isinstance(identifier, kind):
        return identifier
    raise TypeError(
        f"{noun.capitalize()} must be an id such as {next(iter(table))!r}, a class or an instance. "
        f"Received: {identifier!r}."
    )


def _is_class_of(identifier: Any, kind: type) -> bool:
    is_class = isinstance(identifier, type) and issubclass(identifier, kind)
    return is_class and identifier is not kind
