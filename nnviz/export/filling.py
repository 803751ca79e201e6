"""Templates of generated code."""

import re
from string import Template
from textwrap import indent


def filled(template: str, parts: dict[str, str]) -> str:
    """Return a template with its parts; a line that is one part alone indents all of it.

    Where such a part is empty, there is no line.
    """
    lines = []
    for line in template.splitlines():
        alone = re.fullmatch(r"( *)\$(\w+)", line)
        if alone is None:
            lines.append(Template(line).substitute(parts))
        elif parts[alone[2]]:
            lines.append(indent(parts[alone[2]].strip("\n"), alone[1]))
    return "\n".join(lines) + "\n"
