"""Whether further calls of a batch can succeed, judged by those that came back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from rlm_magic.errors import Fault, ModelError

__all__ = ["Prospects"]

# Every other call of the model would fail in the same way.
_OF_THE_MODEL: Final[frozenset[Fault]] = frozenset({"bad_key", "quota", "not_found"})
_ENOUGH = 3  # bad requests, and nothing but those: it isn't the single prompts


class Prospects:
    """Of one batch, on the I/O thread.

    `closed` is the error that all further calls would end with, once that is known.
    """

    def __init__(self) -> None:
        self.closed: ModelError | None = None
        self.is_answered = False
        self._under_way = 0
        self._refused = 0
        self._doubt: ModelError | None = None
        self._decided = asyncio.Event()

    def admit(self) -> Awaitable[object] | None:
        """Let a call be sent (None), or return what to wait for before it asks again.

        Raises ModelError where no call can succeed.
        """
        if self.closed is not None:
            raise self.closed
        if self._doubt is not None:
            return self._decided.wait()
        self._under_way += 1
        return None

    def ended(self, error: ModelError | None) -> None:
        """Take note of how a call that was admitted ended: with a reply, or an error for good."""
        self._under_way -= 1
        if error is None:
            self.is_answered = True
            self._doubt = None
        elif error.fault in _OF_THE_MODEL:
            self.closed = error
        elif error.fault == "bad_request" and not self.is_answered:
            # It may be this prompt's own fault: those under way will tell.
            self._refused += 1
            self._doubt = self._doubt or error
        if self._doubt is not None and not self._under_way:
            self.closed = self._doubt if self._refused >= _ENOUGH else None
            self._doubt = None
        if self._doubt is None:
            self._decided.set()
            self._decided = asyncio.Event()
