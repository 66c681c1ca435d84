"""Asks a person before calls are sent whose estimate passes a threshold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

from rlm_magic.approval.decisions import Approve, Decision, Estimate, Reject, Stop
from rlm_magic.errors import ApprovalError, BudgetError
from rlm_magic.events import SpendDecided, SpendProposed
from rlm_magic.models.client import Client
from rlm_magic.models.spec import Message
from rlm_magic.run.batch import Batch
from rlm_magic.run.tree import RunTree
from rlm_magic.settings import Thresholds
from rlm_magic.workspace.execution.bridge import can_wait, wait_for

__all__ = ["Spending"]

AskAbout = Callable[[Estimate], Awaitable[Decision]]


class Spending:
    """The gate before the calls of one run; called by the code that wants to send them.

    Its methods raise BudgetError when the person declines, KeyboardInterrupt when they stop the
    run.
    """

    def __init__(
        self, tree: RunTree, run: str, step: Callable[[], int], ask_about: AskAbout
    ) -> None:
        self._tree = tree
        self._run = run
        self._step = step
        self._ask_about = ask_about

    @property
    def may_ask(self) -> bool:
        """Whether any calls may need a person's yes."""
        tree = self._tree
        has_thresholds = tree.confirm != Thresholds()
        return has_thresholds and not tree.cache.is_replay and tree.policy.asks_about_calls

    def confirm(self, batch: Batch) -> None:
        """Return when `batch` may be sent; what is in the store costs nothing."""

        async def estimate() -> Estimate | None:
            asked = self._estimate(batch.client, [it.messages for it in batch.requests])
            if asked is None:
                return None
            return self._estimate(batch.client, [it.messages for it in await batch.missing()])

        if self.may_ask:
            self._confirm(estimate())

    def confirm_runs(self, client: Client, prompts: Iterable[str]) -> None:
        """Return when child runs may begin, each of which asks `client` at least once.

        `prompts` say what each is to work on.
        """

        async def estimate() -> Estimate | None:
            return self._estimate(client, requests)

        if self.may_ask:
            requests = [[{"role": "user", "content": prompt}] for prompt in prompts]
            self._confirm(estimate())

    def _confirm(self, estimate: Coroutine[Any, Any, Estimate | None]) -> None:
        tree, step = self._tree, self._step()
        # The I/O thread makes it: prices may have to be loaded.
        asked = tree.wait(estimate)
        if asked is None or not self.may_ask:  # the rest may have been approved meanwhile
            return
        if not can_wait():
            raise ApprovalError(
                f"This needs a person's yes ({asked}), and nobody can be asked from a thread: call "
                "the helper in the code itself."
            )
        asked = replace(asked, spend=next(tree.spend_numbers))
        tree.recorder.emit(SpendProposed(run=self._run, step=step, **asdict(asked)))
        decision = wait_for(self._ask_about(asked))
        tree.recorder.emit(
            SpendDecided(
                run=self._run,
                step=step,
                spend=asked.spend,
                decision=_WORDS[type(decision)],
                note=decision.note if isinstance(decision, Reject) else "",
                rest=isinstance(decision, Approve) and decision.rest,
            )
        )
        if isinstance(decision, Stop):
            tree.interrupt.set("stopped")
            tree.check()
        if isinstance(decision, Reject):
            said = f" They said: {decision.note}" if decision.note else ""
            raise BudgetError(
                f"The person declined what this would send ({asked}), so nothing was sent: ask "
                f"less, or do without.{said}"
            )

    def _estimate(self, client: Client, requests: Sequence[Sequence[Message]]) -> Estimate | None:
        """Return the estimate for `requests` where it passes a threshold."""
        tokens, usd = client.estimate(requests)
        if not self._tree.confirm.are_passed(len(requests), usd):
            return None
        return Estimate(0, len(requests), client.spec.name, tokens, usd)


_WORDS: dict[type[Decision], Literal["approve", "reject", "stop"]] = {
    Approve: "approve",
    Reject: "reject",
    Stop: "stop",
}
