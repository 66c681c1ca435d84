"""What is asked again after a fault, when, and until when."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rlm_magic.errors import Fault, ModelError

__all__ = ["MAY_BE_CHARGED", "NEVER_SENT", "REFUSALS", "RetryPolicy", "kind_of"]

# The model takes no more at the moment: how often this happens says nothing, only how long.
REFUSALS: Final[frozenset[Fault]] = frozenset({"rate_limit", "overloaded"})
_PASSING: Final[frozenset[Fault]] = REFUSALS | {
    "server",
    "timeout",
    "connection",
    "reset",
    "truncated",
    "malformed",
    "empty",
}
# The request may have been worked on, and charged, although no reply came of it.
MAY_BE_CHARGED: Final[frozenset[Fault]] = frozenset(
    {"timeout", "reset", "truncated", "malformed", "empty"}
)
NEVER_SENT: Final[frozenset[Fault]] = frozenset({"connection", "too_long"})

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_DOUBLINGS = 10
_CONNECTING = 2  # a server that isn't there won't be there in a minute


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`retries` requests are sent again after faults; refusals end with `deadline` seconds."""

    retries: int = 5
    deadline: float = 1200.0

    def wait(
        self, error: ModelError, faults: Mapping[str, int], tries: int, seconds: float
    ) -> float | None:
        """Return the seconds to wait before the next request, or None if there is to be none.

        `faults` counts those of the call so far by their `kind_of`, `tries` its requests;
        `seconds` have passed since the first.
        """
        if error.fault not in _PASSING or self.retries == 0:
            return None
        if faults["fault"] > self.retries or faults["connection"] > min(_CONNECTING, self.retries):
            return None
        longest = min(_FIRST_WAIT * 2 ** min(tries - 1, _DOUBLINGS), _LONGEST_WAIT)
        wait = longest * random.uniform(0.5, 1)
        if error.retry_after is not None:
            # All that were refused at the same time shall not come back at the same time.
            wait = error.retry_after + random.uniform(0, min(wait, 1.0))
        return wait if seconds + wait < self.deadline else None


def kind_of(fault: Fault) -> str:
    """Return as what a fault is counted: "refusal", "connection" or "fault"."""
    if fault in REFUSALS:
        return "refusal"
    return "connection" if fault == "connection" else "fault"
