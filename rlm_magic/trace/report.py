"""A finished run as text and as HTML without scripts, computed from its events alone.

Everything in it is escaped: the words of models and data are shown, never interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rlm_magic.events import Event, RunFinished, RunStarted, SubCallFinished
from rlm_magic.trace.steps import Step, steps_of
from rlm_magic.trace.usage import Usage, usage_of

__all__ = ["report_html", "report_text", "summary_line"]

_LONGEST = 4_000
_LONGEST_WORDS = 160

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
    sub_calls = sum(isinstance(e, SubCallFinished) and e.reply is not None for e in events)
    children = sum(isinstance(e, RunStarted) and e.parent is not None for e in events)
    parts = [
        _WORDS[finished.status] if finished else "running",
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
    """Return the run as HTML: the answer or why there is none, a summary, each step to unfold."""
    started = next(e for e in events if isinstance(e, RunStarted))
    finished = _finished(events)
    parts = ['<div class="rlm-report">']
    if with_answer:
        parts.append(f"<p><strong>{escape(started.question)}</strong></p>")
    if finished and finished.error and with_answer:
        parts.append(f"<p>{escape(finished.error)}</p>")
    if finished and finished.answer is not None and with_answer:
        parts.append(_pre(finished.answer))
    parts.append(
        f"<details><summary>{escape(f'{started.model} · {summary_line(events)}')}</summary>"
    )
    parts.extend(_step(step) for step in steps_of(events))
    parts.append("</details></div>")
    return "".join(parts)


def _step(step: Step) -> str:
    headline = [f"Step {step.number}"]
    if step.sub_calls:
        headline.append(_count(step.sub_calls, "sub-call"))
    if any(block.error for block in step.blocks):
        headline.append("raised")
    words = step.words.partition("\n")[0][:_LONGEST_WORDS]
    body = [
        f'<details style="margin-left: 1.2em"><summary>{" · ".join(headline)}'
        f"{'. ' if words else ''}{escape(words)}</summary>"
    ]
    if not step.blocks:
        body.append(_pre(step.reply))
    for block in step.blocks:
        body.append(_pre(block.code, _CODE))
        if block.output:
            body.append(_pre(block.output))
    body.append("</details>")
    return "".join(body)


# Half-transparent greys look the same in light and dark.
_CODE = "border-left: 3px solid rgba(128, 128, 128, 0.5); background: rgba(128, 128, 128, 0.1); "


def _pre(text: str, style: str = "border-left: 3px solid transparent; ") -> str:
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}\n[… {len(text):,} characters in all; the trace holds them …]"
    style += "white-space: pre-wrap; margin: 4px 0; padding: 4px 10px"
    return f'<pre style="{style}">{escape(text)}</pre>'


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
