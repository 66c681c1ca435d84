"""What is asked again after a fault, when, and until when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from rlm_magic.errors import Fault, ModelError

__all__ = ["MAY_BE_CHARGED", "NEVER_SENT", "OF_THE_MODEL", "REFUSALS", "RetryPolicy"]

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
# Every other call of the model would fail in the same way.
OF_THE_MODEL: Final[frozenset[Fault]] = frozenset({"bad_key", "quota", "not_found", "bad_request"})

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_CONNECTING = 2  # a server that isn't there won't be there in a minute


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`retries` requests are sent again after faults; refusals end with `deadline` seconds."""

    retries: int = 5
    deadline: float = 1200.0

    def wait(self, error: ModelError, faults: int, tries: int, seconds: float) -> float | None:
        """Return the seconds to wait before the next request, or None if there is to be none.

        `faults` counts the faults of the call so far but refusals, `tries` its requests, this one
        included; `seconds` have passed since its first.
        """
        if error.fault not in _PASSING or self.retries == 0:
            return None
        if faults > (_CONNECTING if error.fault == "connection" else self.retries):
            return None
        wait = min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT) * random.uniform(0.5, 1)
        if error.retry_after is not None:
            # All that were refused at the same time shall not come back at the same time.
            wait = error.retry_after + random.uniform(0, min(wait, 1.0))
        return wait if seconds + wait < self.deadline else None
