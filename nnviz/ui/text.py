"""Text that is shown as it is: what a file or a person says is never markup."""

import re


def plain(text: str) -> str:
    """Return Markdown that shows exactly `text`, on one line."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))
