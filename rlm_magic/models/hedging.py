"""Stragglers of a batch are asked a second time; the first reply wins (speculative execution).

Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013, call this a hedged request.
"""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from rlm_magic.errors import BudgetError
from rlm_magic.models.call import Call
from rlm_magic.models.spec import Completion

__all__ = ["Stragglers"]

_FEWEST_REPLIES = 5  # before that a median says little


class Stragglers:
    """The calls of one batch; one that takes longer than `multiple` medians is a straggler."""

    def __init__(self, multiple: float) -> None:
        self._multiple = multiple
        self._seconds: list[float] = []  # of the replies so far, sorted
        self._since: dict[asyncio.Future[None], float] = {}  # of the requests in flight, in order
        self._alarm: asyncio.TimerHandle | None = None

    async def race(self, first: Call, second: Call, on_hedge: Callable[[], object]) -> Completion:
        """Return the reply of `first`, or of `second`, which is sent when `first` straggles.

        `on_hedge` is called then. The one that loses is cancelled, and has abandoned its request.
        """
        straggling: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        on_send = first.on_send

        def note_start() -> None:
            if on_send:
                on_send()
            self._since[straggling] = time.monotonic()
            self._watch()

        first.on_send = note_start
        tasks = [asyncio.create_task(first.complete())]
        try:
            ends: set[asyncio.Future[Any]] = {tasks[0], straggling}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                on_hedge()
                tasks.append(asyncio.create_task(second.complete()))
            done = await _first_reply(tasks)
            insort(self._seconds, done.seconds)
            return done
        finally:
            self._since.pop(straggling, None)
            self._watch()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _watch(self) -> None:
        """Wake up whose time is over, and again when that of the next one will be."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if len(self._seconds) < _FEWEST_REPLIES:
            return
        longest = self._seconds[len(self._seconds) // 2] * self._multiple
        for straggling, since in list(self._since.items()):
            over = since + longest
            if over > time.monotonic():
                loop = asyncio.get_running_loop()
                self._alarm = loop.call_at(over + 0.001, self._watch)
                return
            del self._since[straggling]
            straggling.set_result(None)


async def _first_reply(tasks: list[asyncio.Task[Completion]]) -> Completion:
    """Return the first reply; where there is none, raise what went wrong with the first request."""
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task.exception() is None:
                return task.result()
    with suppress(BudgetError):
        return tasks[-1].result()
    return tasks[0].result()
