"""Asks about code in the panel; where no browser can be heard, hands the question on to `input()`.

`__call__` runs on the run's event loop; `decide` on whichever thread a browser's message arrives.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress

from rlm_magic.approval.decisions import (
    Answer,
    Approve,
    Approver,
    Decision,
    Edit,
    Proposal,
    Reject,
    Stop,
)
from rlm_magic.notebook.panel.messages import Decide

__all__ = ["SECONDS_TO_BE_HEARD", "PanelApprover"]

SECONDS_TO_BE_HEARD = 2.0
_ONE_LOOK = 0.2  # seconds, in which a message that has come is handled

_Key = tuple[str, int, int]


class PanelApprover:
    """An approver that waits for the panel's decision, the first of which counts.

    `heard` is done once a browser has the panel. `SECONDS_TO_BE_HEARD` after the run began without
    that, `otherwise` is asked: a front end without widgets, or one whose messages can't arrive
    while a cell runs, would leave the person without a way to answer.
    """

    def __init__(self, heard: Future[None], otherwise: Approver) -> None:
        self._heard = heard
        self._otherwise = otherwise
        self._deadline = time.monotonic() + SECONDS_TO_BE_HEARD
        self._waiting: dict[_Key, Future[Decision]] = {}

    async def __call__(self, proposal: Proposal) -> Answer:
        if not await self._is_heard():
            return self._otherwise
        key = (proposal.run, proposal.step, proposal.block)
        decided = self._waiting[key] = Future()
        try:
            return await asyncio.wrap_future(decided)
        finally:
            del self._waiting[key]

    def decide(self, message: Decide) -> None:
        """Answer the question that `message` names, if it is still open."""
        decided = self._waiting.get((message.run, message.step, message.block))
        if decided is not None:
            with suppress(InvalidStateError):  # decided already, or no longer asked
                decided.set_result(_decision(message))

    async def _is_heard(self) -> bool:
        left = max(self._deadline - time.monotonic(), _ONE_LOOK)
        done, _ = await asyncio.wait({asyncio.wrap_future(self._heard)}, timeout=left)
        return bool(done)


def _decision(message: Decide) -> Decision:
    match message.decision:
        case "approve":
            return Approve(rest=message.rest)
        case "edit":
            return Edit(message.code or "")
        case "reject":
            return Reject(message.note)
        case "stop":
            return Stop()
