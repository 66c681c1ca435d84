"""Rewrites a `%%rlm` cell into one top-level `await`, so that the kernel stays awake while it runs.

A magic called the ordinary way blocks the kernel's event loop, and no click would reach it.
"""

from __future__ import annotations

import re

from IPython.core.getipython import get_ipython

__all__ = ["rewrite_cell"]

_FIRST_LINE = re.compile(r"%%rlm(?:[ \t]+(?P<options>.*?))?[ \t]*\n?$")


def rewrite_cell(lines: list[str]) -> list[str]:
    """Return the lines of a cell, as one `await` if it begins with `%%rlm`."""
    match = _FIRST_LINE.match(lines[0]) if lines else None
    shell = get_ipython()
    if match is None or shell is None or not shell.autoawait:
        return lines
    options, question = match["options"] or "", "".join(lines[1:])
    call = (
        f"await get_ipython().magics_manager.registry['RLMMagics'].run({options!r}, {question!r})"
    )
    return [f"{call}\n"]


# Checking whether a cell is complete goes by the cell as it is written, not by its one `await`.
rewrite_cell.has_side_effects = True  # type: ignore[attr-defined]
