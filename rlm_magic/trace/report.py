"""A finished run as text and as HTML without scripts, computed from its events alone.

Everything in it is escaped: the words of models and data are shown, never interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rlm_magic.events import Event, RunFinished, RunStarted
from rlm_magic.trace.steps import Step, steps_of
from rlm_magic.trace.usage import Usage, usage_of

__all__ = ["report_html", "report_text", "summary_line"]

_LONGEST = 4_000

_WORDS = {
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
    parts = [
        _WORDS[finished.status] if finished else "running",
        _count(len(steps), "step"),
        _count(usage.calls - len(steps), "sub-call"),
        f"{usage.tokens:,} tokens",
        *_price(usage),
    ]
    if usage.failed_calls:
        parts.insert(3, _count(usage.failed_calls, "failed call"))
    return " · ".join(parts)


def report_text(events: Sequence[Event]) -> str:
    """Return the answer, or why there is none, and the summary line."""
    finished = _finished(events)
    lines = []
    if finished and finished.answer is not None:
        lines.append(finished.answer)
    if finished and finished.error:
        lines.append(finished.error)
    lines.append(f"[{summary_line(events)}]")
    return "\n".join(lines)


def report_html(events: Sequence[Event], *, with_answer: bool = True) -> str:
    """Return the run as HTML: the answer, a summary, and each step to unfold."""
    started = next(e for e in events if isinstance(e, RunStarted))
    finished = _finished(events)
    parts = ['<div class="rlm-report">']
    if finished and finished.answer is not None and with_answer:
        parts.append(_pre(finished.answer))
    if finished and finished.error:
        parts.append(f"<p>{escape(finished.error)}</p>")
    parts.append("<details><summary>")
    parts.append(f"{escape(started.model)} · {escape(summary_line(events))}</summary>")
    parts.append(f"<p><strong>Question.</strong> {escape(started.question)}</p>")
    parts.extend(_step(step) for step in steps_of(events))
    parts.append("</details></div>")
    return "".join(parts)


def _step(step: Step) -> str:
    calls = f" · {_count(step.sub_calls, 'sub-call')}" if step.sub_calls else ""
    failed = " · raised" if any(block.error for block in step.blocks) else ""
    body = [f"<details><summary>Step {step.number}{calls}{failed}</summary>"]
    if not step.blocks:
        body.append(_pre(step.reply))
    for block in step.blocks:
        body.append(_pre(block.code))
        if block.output:
            body.append(f"<p>Output, {block.output_chars:,} characters:</p>{_pre(block.output)}")
    body.append("</details>")
    return "".join(body)


def _pre(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n[… {len(text):,} characters in all; the trace holds them …]"
    return f'<pre style="white-space: pre-wrap">{escape(text)}</pre>'


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
