"""How many requests a model takes at once, learned from what it refuses.

Additive increase, multiplicative decrease, as TCP does it: a refusal takes away a third, each reply
gives back a little, and a minute without a refusal everything. Of all requests that were in flight
at a refusal only the first one counts.
"""

from __future__ import annotations

import math
import time

from rlm_magic.settings import MOST_CONCURRENT

__all__ = ["Pace"]

_DECREASE = 0.7
_FORGOTTEN = 60.0  # seconds: rate limits are by the minute


class Pace:
    """The pace of one model at one address; it belongs to the I/O thread."""

    __slots__ = ("_epoch", "_refused_at", "in_flight", "limit", "paused_until")

    def __init__(self) -> None:
        self.limit = math.inf
        self.in_flight = 0
        self.paused_until = 0.0  # of `time.monotonic()`
        self._epoch = 0
        self._refused_at = 0.0

    @property
    def has_room(self) -> bool:
        """Whether one more request may be sent now."""
        return self.in_flight < self.limit and not self.is_paused

    @property
    def is_paused(self) -> bool:
        """Whether the provider asked to wait."""
        return self.paused_until > 0.0 and time.monotonic() < self.paused_until

    def begin(self) -> int:
        """Count a request in flight; return the epoch that it belongs to."""
        self.in_flight += 1
        return self._epoch

    def answered(self) -> None:
        """Take note of a reply: the model can take a little more."""
        if self.limit < math.inf:
            self.limit += 1 / self.limit
            forgotten = time.monotonic() - self._refused_at > _FORGOTTEN
            if forgotten or self.limit >= MOST_CONCURRENT:
                self.limit = math.inf

    def refused(self, epoch: int, retry_after: float | None) -> None:
        """Take note of a refusal of a request of `epoch`, and of the seconds to wait."""
        if epoch == self._epoch:
            self._epoch += 1
            self.limit = max(1.0, self.in_flight * _DECREASE)
        self._refused_at = time.monotonic()
        if retry_after:
            self.paused_until = max(self.paused_until, time.monotonic() + retry_after)
