"""Rewrites a `%%rlm` cell into one top-level `await`, so that the kernel stays awake while it runs.

A magic called the ordinary way blocks the kernel's event loop, and no click would reach it.
"""

from __future__ import annotations

import re
import sys
from types import FrameType

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

__all__ = ["rewrite_cell"]

_FIRST_LINE = re.compile(r"[ \t]*%%rlm(?:[ \t]+(?P<options>.*?))?\s*$")


def rewrite_cell(lines: list[str]) -> list[str]:
    """Return the lines of a cell, as one `await` if it begins with `%%rlm`."""
    match = _FIRST_LINE.match(lines[0]) if lines else None
    shell = get_ipython()
    if match is None or shell is None or not shell.autoawait or _runs_code(shell):
        return lines
    options, question = match["options"] or "", "".join(lines[1:]).replace("\r\n", "\n")
    call = (
        f"await get_ipython().magics_manager.registry['RLMMagics'].run({options!r}, {question!r})"
    )
    return [f"{call}\n"]


def _runs_code(shell: InteractiveShell) -> bool:
    """Whether code of a cell asks for this cell, as `%%time` and `%%capture` do: it can't await."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is shell.user_ns:
            return True
        frame = frame.f_back
    return False


# Checking whether a cell is complete goes by the cell as it is written, not by its one `await`.
rewrite_cell.has_side_effects = True  # type: ignore[attr-defined]
