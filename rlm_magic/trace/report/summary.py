"""A finished run as a line and as plain text, computed from its events alone."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_magic.events import Event, RunStarted, SubCallFinished, cut
from rlm_magic.trace.transcript import transcript
from rlm_magic.trace.usage import Usage, usage_of

__all__ = ["STATUS_WORDS", "counted", "report_text", "summary_line"]

STATUS_WORDS = {
    "answered": "answered",
    "fallback": "best answer when a limit ran out",
    "stopped": "stopped",
    "over_budget": "over budget",
    "interrupted": "interrupted",
    "failed": "failed",
}


def summary_line(events: Sequence[Event]) -> str:
    """Return one line: how the run ended, its steps, calls, tokens and dollars."""
    root, usage = transcript(events), usage_of(events)
    steps = sum(it.reply is not None for it in root.steps.values())
    sub_calls = sum(isinstance(e, SubCallFinished) and e.reply is not None for e in events)
    children = sum(isinstance(e, RunStarted) and e.parent is not None for e in events)
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    parts = [
        STATUS_WORDS[root.finished.status] if root.finished else "running",
        counted(steps, "step"),
        *([counted(children, "child run")] if children else []),
        counted(sub_calls, "sub-call"),
        *_unless_zero(usage.cached_calls, "from the store"),
        *_unless_zero(usage.failed_calls, "failed"),
        *_unless_zero(usage.cancelled_calls, "cancelled"),
        *_unless_zero(usage.retried_calls, "retried"),
        *_unless_zero(usage.hedged_calls, "hedged"),
        f"{usage.tokens:,} tokens{cached}",
        *_price(usage),
    ]
    return " · ".join(parts)


def report_text(
    events: Sequence[Event], *, longest: int | None = None, summary: str | None = None
) -> str:
    """Return the answer, or why there is none, and the summary line.

    A text above `longest` characters is cut, with its length stated.
    """
    finished = transcript(events).finished
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


def counted(number: int, thing: str, things: str = "") -> str:
    """Return the number with the word for it."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {things or thing + 's'}"


def _unless_zero(number: int, word: str) -> list[str]:
    return [f"{number:,} {word}"] if number else []


def _price(usage: Usage) -> list[str]:
    abandoned = usage.abandoned.usd
    if usage.usd is None:
        return ["price unknown"]
    if abandoned:
        return [f"${usage.usd:.4f} to ${usage.usd + abandoned:.4f}"]
    return [f"${usage.usd:.4f}"] if usage.usd else []
