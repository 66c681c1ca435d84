"""Asks about code and spending in the panel; where no browser is heard, hands on to `input()`.

`__call__` runs on the run's event loop; `decide` on whichever thread a browser's message arrives.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

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
from rlm_magic.notebook.panel.link import Link
from rlm_magic.notebook.panel.messages import Decide

__all__ = ["PanelApprover"]

_ONE_LOOK = 0.2  # seconds, in which a message that has come is handled

_Key = tuple[str, int, int, int]


class PanelApprover:
    """An approver that waits for the panel's decision, the first of which counts.

    Where the link is not heard in time, or breaks, `otherwise` is asked: a front end without
    widgets, or one whose messages can't arrive while a cell runs, would leave the person without a
    way to answer.
    """

    def __init__(self, link: Link, otherwise: Approver) -> None:
        self._link = link
        self._otherwise = otherwise
        self._waiting: dict[_Key, Future[Decision]] = {}

    async def __call__(self, proposal: Proposal) -> Answer:
        if not await self._is_heard():
            return self._otherwise
        spend = proposal.estimate.spend if proposal.estimate else 0
        key = _key(proposal.run, proposal.step, proposal.block, spend)
        self._waiting[key] = Future()
        decided = asyncio.wrap_future(self._waiting[key])
        broken = asyncio.wrap_future(self._link.broken)
        try:
            ends: set[asyncio.Future[Any]] = {decided, broken}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waiting[key]
        return decided.result() if decided.done() else self._otherwise

    def decide(self, message: Decide) -> None:
        """Answer the question that `message` names, if it is still open.

        What approves all further code of the run, or all its further calls, answers the open
        questions about these, too.
        """
        key = _key(message.run, message.step, message.block, message.spend)
        asked = self._waiting.get(key)
        decision = _decision(message)
        if asked is None or decision is None:
            return
        rest: list[Future[Decision]] = []
        if decision == Approve(rest=True):
            alike = bool(message.spend)
            rest = [it for (*_, spend), it in self._waiting.items() if bool(spend) == alike]
        for decided in (asked, *rest):
            with suppress(InvalidStateError):  # decided already, or no longer asked
                decided.set_result(decision)

    async def _is_heard(self) -> bool:
        left = max(self._link.seconds_left, _ONE_LOOK)
        await asyncio.wait({asyncio.wrap_future(self._link.heard)}, timeout=left)
        return self._link.is_heard


def _key(run: str, step: int, block: int, spend: int) -> _Key:
    """Return what names a question; a spend has a number of its own, whatever code it is of."""
    return run, step, 0 if spend else block, spend


def _decision(message: Decide) -> Decision | None:
    """Return what a message says; an edit of calls, or one that brings no code, says nothing."""
    match message.decision:
        case "approve":
            return Approve(rest=message.rest)
        case "edit":
            return None if message.code is None or message.spend else Edit(message.code)
        case "reject":
            return Reject(message.note)
        case "stop":
            return Stop()
