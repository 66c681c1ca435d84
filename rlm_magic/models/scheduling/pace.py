"""How many requests a model takes at once, learned from what it refuses.

As TCP does it: a refusal takes away a third, replies give it back quickly up to two thirds of the
most that was in flight, from there on little by little; a minute without a refusal gives back
everything. Of all requests that were in flight at a refusal only the first one counts.
"""

from __future__ import annotations

import math
import time

from rlm_magic.settings import MOST_CONCURRENT

__all__ = ["Pace"]

_DECREASE = 0.7
_FORGOTTEN = 60.0  # seconds: rate limits are by the minute


class Pace:
    """The pace of one model at one address; it belongs to the I/O thread.

    `refusal` is what the model said when it last refused a request.
    """

    __slots__ = (
        "_brake",
        "_epoch",
        "_paused_until",
        "_peak",
        "_refused_at",
        "in_flight",
        "limit",
        "refusal",
    )

    def __init__(self) -> None:
        self.limit = math.inf
        self.in_flight = 0
        self.refusal = ""
        self._peak = 0  # of what was in flight since the last refusal
        self._brake = math.inf  # above it the limit grows slowly
        self._paused_until = 0.0  # of `time.monotonic()`
        self._refused_at = 0.0
        self._epoch = 0

    @property
    def has_room(self) -> bool:
        """Whether one more request may be sent now."""
        return self.in_flight < self.limit and not self.pause

    @property
    def pause(self) -> float:
        """The seconds that the provider still asks to wait."""
        if not self._paused_until:
            return 0.0
        return max(0.0, self._paused_until - time.monotonic())

    def begin(self) -> int:
        """Count a request in flight; return the epoch that it belongs to."""
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        return self._epoch

    def answered(self) -> None:
        """Take note of a reply: the model can take more."""
        if self.limit == math.inf:
            return
        self.limit += 1 if self.limit < self._brake else 1 / self.limit
        forgotten = time.monotonic() - self._refused_at > _FORGOTTEN
        if forgotten or self.limit >= MOST_CONCURRENT:
            self.limit = math.inf

    def refused(self, epoch: int, sentence: str, retry_after: float | None = None) -> None:
        """Take note of a refusal of a request of `epoch`, and of the seconds to wait."""
        self._refused_at = time.monotonic()
        self.refusal = sentence
        if epoch == self._epoch:
            self._epoch += 1
            self._brake = max(1.0, self._peak * _DECREASE)
            self.limit = max(1.0, self.in_flight * _DECREASE)
            self._peak = 0
        if retry_after:
            self._paused_until = max(self._paused_until, self._refused_at + retry_after)
