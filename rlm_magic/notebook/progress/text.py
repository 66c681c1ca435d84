"""Code, output and replies as the few short lines that progress has room for."""

from __future__ import annotations

import textwrap
import unicodedata

from rlm_magic.events import CodeExecuted
from rlm_magic.workspace.preview import printable

__all__ = ["step_text", "tail", "titled"]

_CODE_LINES = 12
_OUTPUT_LINES = 6
_LINE = 160
_LONGEST_TAIL = 2_000


def step_text(event: CodeExecuted) -> str:
    """Return a step that has run: its code, and what it printed."""
    title = f"▸ step {event.step}" + (" raised" if event.error else "")
    output = _cut(event.output, _OUTPUT_LINES, "  → ", tail=event.error is not None)
    return "\n".join([titled(title, event.code), *output])


def titled(title: str, code: str) -> str:
    """Return the start of `code` under a title."""
    return "\n".join([title, *_cut(code, _CODE_LINES, "  │ ")])


def tail(text: str, rows: int, columns: int) -> list[str]:
    """Return the end of `text` in at most so many rows, none of them wider than `columns`."""
    end = text[-_LONGEST_TAIL:].rstrip()
    if any(unicodedata.east_asian_width(sign) in "WF" for sign in end):
        columns //= 2  # these take two columns each
    lines = [printable(line.expandtabs(4)) for line in end.splitlines()]
    wrapped = [row for line in lines for row in textwrap.wrap(line, columns)]
    return wrapped[-rows:]


def _cut(text: str, most: int, margin: str, *, tail: bool = False) -> list[str]:
    lines = [printable(line.expandtabs(4)) for line in text.rstrip().splitlines()]
    left = len(lines) - most
    if left > 0:
        lines = lines[-most:] if tail else lines[:most]
    cut = [margin + (line if len(line) <= _LINE else f"{line[:_LINE]}…") for line in lines]
    return [*cut, f"{margin}… {left:,} more lines"] if left > 0 else cut
