"""Requests that failed and wait to be sent again: whether a run waits for the provider."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from rlm_magic.errors import Fault
from rlm_magic.events import (
    CallRetried,
    Event,
    RootFailed,
    RootReplied,
    RootRequested,
    RootStreamed,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
)

__all__ = ["Waits"]

_SHORTEST = 0.5  # seconds; less is not worth a word

_WHAT_IT_DID: dict[Fault, str] = {
    "rate_limit": "refuses further requests",
    "overloaded": "is overloaded",
    "timeout": "did not answer in time",
    "connection": "can't be reached",
    "reset": "broke off",
    "truncated": "broke off",
    "malformed": "sent no readable reply",
    "empty": "sent no reply",
}


@dataclass(frozen=True, slots=True)
class _Wait:
    until: float  # seconds since the epoch
    fault: Fault


class Waits:
    """The requests in flight, and those among them that wait; `take` folds in an event."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}  # the root model of each run
        self._asked: dict[str | int, str] = {}  # the model of each run or call that waits for it
        self._waits: dict[str | int, _Wait] = {}

    def take(self, event: Event) -> None:
        """Note what is sent, what waits, and what has an end."""
        match event:
            case RunStarted():
                self._roots[event.run] = event.model
            case RootRequested():
                self._asked[event.run] = self._roots.get(event.run, "")
            case SubCallStarted():
                self._asked[event.call] = event.model
            case CallRetried():
                key = event.run if event.call is None else event.call
                self._waits[key] = _Wait(event.time + event.wait, event.fault)
            case RootStreamed():
                self._waits.pop(event.run, None)
            case RootReplied() | RootFailed() | RunFinished():
                self._end(event.run)
            case SubCallFinished():
                self._end(event.call)

    @property
    def number(self) -> int:
        """How many requests wait now."""
        return len(self._now())

    def sentence(self) -> str:
        """Return what all requests in flight wait for, and how long; "" where one does not wait."""
        waits = self._now()
        if not waits or len(waits) < len(self._asked):
            return ""
        key, longest = max(waits.items(), key=lambda item: item[1].until)
        seconds = math.ceil(longest.until - time.time())
        did = _WHAT_IT_DID.get(longest.fault, "failed")
        return f"{self._asked.get(key, 'the model')} {did}: waiting {seconds} s"

    def _now(self) -> dict[str | int, _Wait]:
        soon = time.time() + _SHORTEST
        return {key: wait for key, wait in self._waits.items() if wait.until > soon}

    def _end(self, key: str | int) -> None:
        self._asked.pop(key, None)
        self._waits.pop(key, None)
