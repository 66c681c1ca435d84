"""Tells an exception of generated code as Python would, without a line of our own in it."""

from __future__ import annotations

import traceback
from pathlib import Path

__all__ = ["describe_exception"]

_OURS = str(Path(__file__).parent.parent)
_LIMIT = 4_000


def describe_exception(error: BaseException, filename: str) -> tuple[str, str]:
    """Return the exception as one line, and its traceback from the block `filename` on.

    A very long traceback keeps its head and its tail; the exception itself is always there.
    """
    report = traceback.TracebackException.from_exception(error, compact=True)
    _hide_ours(report, set())
    text = "".join(report.format())
    if len(text) > _LIMIT:
        text = f"{text[: _LIMIT // 3]}\n[…]\n{text[-_LIMIT * 2 // 3 :]}"
    only = "".join(report.format_exception_only()).strip().splitlines() or [type(error).__name__]
    line = only[-1] if isinstance(error, SyntaxError) else only[0]
    return line[:500], text


def _hide_ours(report: traceback.TracebackException, seen: set[int]) -> None:
    if id(report) in seen:
        return
    seen.add(id(report))
    report.stack = traceback.StackSummary.from_list(
        [frame for frame in report.stack if not frame.filename.startswith(_OURS)]
    )
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if other is not None:
            _hide_ours(other, seen)
