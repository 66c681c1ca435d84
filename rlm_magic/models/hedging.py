"""Which requests of a batch are stragglers, to be sent a second time (hedged requests).

Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013.
"""

from __future__ import annotations

import asyncio
import time
from bisect import insort

__all__ = ["Stragglers"]

_FEWEST_REPLIES = 5  # before that a median says little


class Stragglers:
    """The requests of one batch; one that takes longer than `multiple` medians is a straggler."""

    def __init__(self, multiple: float) -> None:
        self._multiple = multiple
        self._seconds: list[float] = []  # of the replies so far, sorted
        self._since: dict[asyncio.Future[None], float] = {}  # of the requests in flight, in order
        self._alarm: asyncio.TimerHandle | None = None

    def sent(self) -> asyncio.Future[None]:
        """Watch a request that is sent now; what is returned is done once it is a straggler."""
        straggling: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._since[straggling] = time.monotonic()
        self._watch()
        return straggling

    def ended(self, straggling: asyncio.Future[None], seconds: float | None = None) -> None:
        """Watch a request no longer; `seconds` is how long its reply took."""
        self._since.pop(straggling, None)
        if seconds is not None:
            insort(self._seconds, seconds)
        self._watch()

    def _watch(self) -> None:
        """Tell whose time is over, and wake up when that of the next one will be."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if len(self._seconds) < _FEWEST_REPLIES:
            return
        longest = self._seconds[len(self._seconds) // 2] * self._multiple
        for straggling, since in list(self._since.items()):
            left = since + longest - time.monotonic()
            if left > 0:
                loop = asyncio.get_running_loop()
                self._alarm = loop.call_later(left + 0.001, self._watch)
                return
            del self._since[straggling]
            straggling.set_result(None)
