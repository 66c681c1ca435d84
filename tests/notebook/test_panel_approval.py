"""The panel's answers: which question each is for, and what it says."""

from __future__ import annotations

import asyncio
from typing import Any

from rlm_magic.approval.decisions import (
    Answer,
    Approve,
    Edit,
    Estimate,
    Proposal,
    Reject,
)
from rlm_magic.notebook.panel.approval import PanelApprover
from rlm_magic.notebook.panel.link import Link
from rlm_magic.notebook.panel.messages import Hello
from rlm_magic.workspace.review import review


def otherwise(_: Proposal) -> Answer:
    raise AssertionError("the panel is heard")


class Asked:
    """An approver that a browser listens to, and the questions that it was asked."""

    def __init__(self) -> None:
        link = Link()
        link.take(None, Hello(kind="hello", have=0).model_dump())
        self._approver = PanelApprover(link, otherwise)
        link.on_decision = self._approver.decide
        self._link = link

    def about(self, *, block: int = 1, spend: int = 0) -> asyncio.Future[Answer]:
        """Ask about a block, or with `spend` about calls of it."""
        estimate = Estimate(spend, 9, "m", 9, None) if spend else None
        asked = Proposal("x", review("x", set()), 1, block, 0, "r", "q", estimate)
        return asyncio.ensure_future(self._approver(asked))

    def decides(self, **message: Any) -> None:
        place = {"kind": "decide", "run": "r", "step": 1, "block": 1}
        self._link.take(None, place | message)

    async def answers(self, asked: asyncio.Future[Answer], **message: Any) -> Answer:
        """Decide as the panel does: again and again until it is seen to be decided."""
        for _ in range(500):
            self.decides(**message)
            await asyncio.wait({asked}, timeout=0.02)
            if asked.done():
                return asked.result()
        raise AssertionError(f"{message} decides nothing")


async def test_a_spend_is_answered_by_its_number_whatever_the_block() -> None:
    asked = Asked()
    code, spend = asked.about(), asked.about(spend=2)
    said = {"decision": "reject", "note": "too much"}
    assert await asked.answers(spend, spend=2, block=7, **said) == Reject("too much")
    asked.decides(decision="approve", spend=1)
    await asyncio.sleep(0)
    assert not code.done(), "code is not answered by a spend of its block"
    assert await asked.answers(code, decision="approve") == Approve()


async def test_an_edit_says_nothing_about_calls() -> None:
    asked = Asked()
    code, spend = asked.about(), asked.about(spend=1)
    assert await asked.answers(code, decision="edit", code="y") == Edit("y")
    asked.decides(decision="edit", code="y", spend=1)
    assert await asked.answers(spend, decision="approve", spend=1) == Approve()


async def test_approving_the_rest_answers_what_is_of_the_same_kind() -> None:
    asked = Asked()
    code, one, two = asked.about(), asked.about(spend=1), asked.about(spend=2)
    await asked.answers(two, decision="approve", spend=2, rest=True)
    assert await asyncio.wait_for(one, 20) == Approve(rest=True)
    assert not code.done(), "nobody has seen it"
    other = asked.about(spend=3)
    await asked.answers(code, decision="approve", rest=True)
    assert not other.done(), "nobody knows what it costs"
    await asked.answers(other, decision="stop", spend=3)
