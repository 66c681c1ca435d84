"""A finished run as a line and as plain text, computed from its events alone."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_magic.events import Event, RunFinished, RunStarted, SubCallFinished, cut
from rlm_magic.trace.steps import steps_of
from rlm_magic.trace.usage import Usage, usage_of

__all__ = ["WORDS", "report_text", "summary_line"]

WORDS = {
    "answered": "answered",
    "fallback": "best answer when a limit ran out",
    "stopped": "stopped",
    "over_budget": "over budget",
    "interrupted": "interrupted",
    "failed": "failed",
}


def summary_line(events: Sequence[Event]) -> str:
    """Return one line: how the run ended, its steps, calls, tokens and dollars."""
    finished = _finished(events)
    usage, steps = usage_of(events), steps_of(events)
    sub_calls = sum(isinstance(e, SubCallFinished) and e.reply is not None for e in events)
    children = sum(isinstance(e, RunStarted) and e.parent is not None for e in events)
    parts = [
        WORDS[finished.status] if finished else "running",
        _count(len(steps), "step"),
        *([_count(children, "child run")] if children else []),
        _count(sub_calls, "sub-call"),
        f"{usage.tokens:,} tokens",
        *_price(usage),
    ]
    if usage.failed_calls:
        parts.insert(-1, _count(usage.failed_calls, "failed call"))
    if usage.cancelled_calls:
        parts.insert(-1, f"{usage.cancelled_calls:,} cancelled")
    return " · ".join(parts)


def report_text(
    events: Sequence[Event], *, longest: int | None = None, summary: str | None = None
) -> str:
    """Return the answer, or why there is none, and the summary line.

    A text above `longest` characters is cut, with its length stated.
    """
    finished = _finished(events)
    lines = []
    if finished and finished.answer is not None:
        lines.append(_shortened(finished.answer, longest))
    if finished and finished.error:
        lines.append(_shortened(finished.error, longest))
    lines.append(f"[{summary or summary_line(events)}]")
    return "\n".join(lines)


def _shortened(text: str, longest: int | None) -> str:
    it = text if longest is None else cut(text, longest)
    if isinstance(it, str):
        return it
    return f"{it.start}\n[… {it.chars:,} characters in all; the trace file holds them …]{it.end}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _price(usage: Usage) -> list[str]:
    if usage.usd is None:
        return ["price unknown"]
    return [f"${usage.usd:.4f}"] if usage.usd else []


def _finished(events: Sequence[Event]) -> RunFinished | None:
    root = events[0].run if events else None
    for event in reversed(events):
        if isinstance(event, RunFinished) and event.run == root:
            return event
    return None
