"""Asks a person before a batch of sub-calls is sent whose estimate passes a threshold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from typing import Literal

from rlm_magic.approval.decisions import Approve, Decision, Estimate, Reject, Stop
from rlm_magic.errors import ApprovalError, BudgetError
from rlm_magic.events import SpendDecided, SpendProposed
from rlm_magic.run.batch import Batch, Request
from rlm_magic.settings import Thresholds
from rlm_magic.workspace.execution.bridge import can_wait, wait_for

__all__ = ["Spending"]

AskAbout = Callable[[Estimate], Awaitable[Decision]]


class Spending:
    """The gate before the batches of one run; called by the code that wants to send them."""

    def __init__(self, thresholds: Thresholds, ask_about: AskAbout) -> None:
        self._thresholds = thresholds
        self._ask_about = ask_about

    def confirm(self, batch: Batch) -> None:
        """Return when `batch` may be sent.

        Raises BudgetError when the person declines, KeyboardInterrupt when they stop the run.
        """
        tree = batch.tree
        if not tree.policy.asks_about_spend() or self._estimate(batch, batch.requests) is None:
            return
        # What is in the store costs nothing.
        asked = self._estimate(batch, tree.wait(batch.missing()))
        if asked is None:
            return
        if not can_wait():
            raise ApprovalError(
                f"A batch of {asked.calls:,} calls needs a person's yes, and nobody can be asked "
                "from a thread: call llm_query_batched in the code itself."
            )
        asked = replace(asked, spend=next(tree.spend_numbers))
        tree.recorder.emit(SpendProposed(run=batch.run, step=batch.step, **asdict(asked)))
        decision = wait_for(self._ask_about(asked))
        self._tell(batch, asked, decision)
        if isinstance(decision, Stop):
            tree.interrupt.set("stopped")
            tree.check()
        if isinstance(decision, Reject):
            said = f" They said: {decision.note}" if decision.note else ""
            raise BudgetError(
                f"The person declined this batch of {asked.calls:,} calls, so none of it was sent."
                f"{said} Ask less, or do without."
            )

    def _estimate(self, batch: Batch, requests: Sequence[Request]) -> Estimate | None:
        """Return the estimate for `requests` where it passes a threshold."""
        tokens, usd = batch.client.estimate([request.messages for request in requests])
        if not self._thresholds.are_passed(len(requests), usd):
            return None
        return Estimate(0, len(requests), batch.client.spec.name, tokens, usd)

    @staticmethod
    def _tell(batch: Batch, asked: Estimate, decision: Decision) -> None:
        batch.tree.recorder.emit(
            SpendDecided(
                run=batch.run,
                step=batch.step,
                spend=asked.spend,
                decision=_WORDS[type(decision)],
                note=decision.note if isinstance(decision, Reject) else "",
                rest=isinstance(decision, Approve) and decision.rest,
            )
        )


_WORDS: dict[type[Decision], Literal["approve", "reject", "stop"]] = {
    Approve: "approve",
    Reject: "reject",
    Stop: "stop",
}
