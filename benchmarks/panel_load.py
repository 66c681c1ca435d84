"""The kernel's part of `benchmarks.panel`: a run of very many sub-calls, and what its panel costs.

A notebook's cell imports it. The model is `instant/model`, so that the run is as quick, and the
panel's share of it as large, as can be.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from benchmarks.instant import Messages, instant_model
from rlm_magic import Result
from rlm_magic.approval.terminal import terminal_approver
from rlm_magic.notebook import cell
from rlm_magic.notebook.panel.link import Link
from rlm_magic.notebook.panel.panel import Panel
from rlm_magic.notebook.panel.widget import PanelWidget
from rlm_magic.notebook.progress import Progress, showing
from rlm_magic.trace.record import record_bundle

__all__ = ["costs", "prepare", "replay"]

_CODE = """```repl
tickets = [f"Ticket {{n}}: " + "the printer on the second floor is out of order again. " * 20
           for n in range({calls})]
replies = llm_query_batched(tickets)
FINAL(len(replies))
```"""
_REPLY = "The printer, since Monday. " * 10

_seconds: dict[str, list[float]] = {"panel": [], "record": []}
_messages: list[float] = []


def prepare(calls: int) -> None:
    """Have the model ask for `calls` sub-calls, and measure all that is done for the panel."""
    code = _CODE.format(calls=calls)

    def reply(messages: Messages) -> str:
        return code if messages[0]["role"] == "system" else _REPLY

    instant_model(reply)
    # None of these calls another, and `_run` is the whole of the panel's thread.
    for owner, name in ((Panel, "take"), (Panel, "update"), (Panel, "replace"), (Link, "take")):
        _time(owner, name, _seconds["panel"])
    _time(Link, "_run", _seconds["panel"])
    _time(cell, "record_bundle", _seconds["record"])
    send: Callable[..., None] = PanelWidget.send

    def noted(widget: PanelWidget, *arguments: Any) -> None:
        _messages.append(time.monotonic())
        send(widget, *arguments)

    PanelWidget.send = noted


def costs() -> dict[str, float]:
    """Return what was done for the panel since the last call: seconds of processor, messages."""
    figures = {name: sum(seconds) for name, seconds in _seconds.items()}
    figures |= {"messages": len(_messages), "busiest": _busiest_second(_messages)}
    for noted in (*_seconds.values(), _messages):
        noted.clear()
    return figures


async def replay(result: Result, rate: float) -> None:
    """Show the events of a run again, as if `rate` sub-calls a second began and ended."""
    panel = Panel(terminal_approver(), "")
    progress = Progress(panel.take)
    started = time.perf_counter()
    async with showing(progress, panel):
        for number, event in enumerate(result.events):
            progress.take(event)
            if number % 50 == 0:
                due = started + number / (2 * rate)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
    panel.replace(*record_bundle(result.events, trace=None))


def _time(owner: Any, name: str, seconds: list[float]) -> None:
    function: Callable[..., Any] = getattr(owner, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        started = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            seconds.append(time.thread_time() - started)

    setattr(owner, name, timed)


def _busiest_second(times: list[float]) -> int:
    """Return the most of the sorted `times` that are within one second."""
    return max((bisect_left(times, at + 1) - n for n, at in enumerate(times)), default=0)
