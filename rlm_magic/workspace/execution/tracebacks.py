"""Tells an exception of generated code as Python would, without a line of our own in it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

from rlm_magic.workspace.execution.guards import EXIT_REFUSED

__all__ = ["describe_exception"]

_OURS = str(Path(__file__).parent.parent.parent)
_LIBRARY = str(Path(traceback.__file__).parent)
_LIMIT = 4_000


def describe_exception(error: BaseException) -> tuple[str, str]:
    """Return the exception as one line, and its traceback without frames of ours.

    A very long traceback keeps its head and its tail; the exception itself is always there.
    """
    if isinstance(error, SystemExit):
        refusal = f"SystemExit refused: {EXIT_REFUSED}"
        return refusal, refusal
    try:
        return _describe(error)
    except Exception:  # a SyntaxError with nonsense in it, groups nested without end
        name = type(error).__name__
        return name, f"{name} (its traceback can't be told)"


def _describe(error: BaseException) -> tuple[str, str]:
    report = traceback.TracebackException.from_exception(error, compact=True)
    _hide_ours(report)
    text = "".join(report.format())
    if len(text) > _LIMIT:
        text = f"{text[: _LIMIT // 3]}\n[…]\n{text[-_LIMIT * 2 // 3 :]}"
    only = "".join(report.format_exception_only()).strip().splitlines() or [type(error).__name__]
    line = only[-1] if isinstance(error, SyntaxError) else only[0]
    return line[:500], text


def _hide_ours(report: traceback.TracebackException) -> None:
    todo, seen = [report], set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.stack = traceback.StackSummary.from_list(_without_ours(one.stack))
        others = (one.__cause__, one.__context__, *(one.exceptions or ()))
        todo.extend(other for other in others if other is not None)


def _without_ours(stack: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Leave out our frames, and those of the standard library that ours called."""
    kept = []
    in_ours = False
    for frame in stack:
        ours, library = (frame.filename.startswith(path) for path in (_OURS, _LIBRARY))
        in_ours = ours or (in_ours and library and "site-packages" not in frame.filename)
        if not in_ours:
            kept.append(frame)
    return kept
