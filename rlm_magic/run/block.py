"""One block of code on its way: proposed, approved, executed, and any final answer."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from dataclasses import dataclass, replace
from typing import Literal

from rlm_magic.approval.decisions import (
    Approve,
    Decision,
    Edit,
    Estimate,
    Proposal,
    Reject,
    Stop,
)
from rlm_magic.errors import ApprovalError, RLMError
from rlm_magic.events import (
    CodeDecided,
    CodeExecuted,
    CodeProposed,
    Event,
    RunStarted,
    SubCallFinished,
)
from rlm_magic.prompts.feedback import (
    BlockOutcome,
    cut_off_replies,
    refused_final,
    restored_helpers,
)
from rlm_magic.run.final import Final, Finisher, problem_with
from rlm_magic.run.tree import RunTree
from rlm_magic.trace.strategies import Of, strategies_in
from rlm_magic.workspace.execution.bridge import drive
from rlm_magic.workspace.execution.execute import Execution
from rlm_magic.workspace.execution.interrupt import Interrupted
from rlm_magic.workspace.namespace import Workspace
from rlm_magic.workspace.review import review

__all__ = ["BlockRunner", "RanBlock"]


@dataclass(frozen=True, slots=True)
class RanBlock:
    """What became of a block: `final` ends the run, `notes` go to the root model."""

    outcome: BlockOutcome
    final: Final | None = None
    notes: tuple[str, ...] = ()


class BlockRunner:
    """Approves and runs the blocks of one run; context variables that code sets stay for it."""

    def __init__(
        self,
        tree: RunTree,
        workspace: Workspace,
        finisher: Finisher,
        *,
        run: str,
        depth: int,
        question: str,
    ) -> None:
        self._tree = tree
        self._workspace = workspace
        self._finisher = finisher
        self._run_id = run
        self._depth = depth
        self._question = question
        self._context = contextvars.copy_context()
        self._names: dict[str, Of] = {}
        self._proposal: Proposal | None = None

    async def run(self, code: str, *, step: int, block: int) -> RanBlock:
        """Have `code` approved, run what was approved, and say what became of it.

        Raises ApprovalError when nobody can be asked, Interrupted when the run is to end.
        """
        notes: list[str] = []
        decision = await self._decide(code, step, block)
        if isinstance(decision, Stop):
            self._tree.interrupt.set("stopped")
            raise Interrupted
        if isinstance(decision, Reject):
            return RanBlock(BlockOutcome(rejected=decision.note))
        if isinstance(decision, Edit) and decision.code != code:
            code = decision.code
            notes.append(f"The person edited the code; this is what ran:\n```repl\n{code}\n```")
        return await self._execute(code, step, block, notes)

    async def _execute(self, code: str, step: int, block: int, notes: list[str]) -> RanBlock:
        self._finisher.forget()
        events_before = len(self._tree.recorder.events)
        execution = await drive(
            lambda: self._workspace.execute(code),
            context=self._context,
            interrupt=self._tree.interrupt,
        )
        own = self._own_events(events_before)
        self._record(code, step, block, execution, own)
        cut_off = sum(isinstance(event, SubCallFinished) and event.cut_off for event in own)
        if cut_off:
            notes.append(cut_off_replies(cut_off))
        restored = self._workspace.restore_helpers()
        if restored:
            notes.append(restored_helpers(restored))
        self._tree.interrupt.check()
        _check_cancelled()
        if self._tree.failure is not None:
            raise self._tree.failure
        outcome = BlockOutcome(
            output=execution.output,
            chars=execution.chars,
            failed=execution.error is not None,
            bound=execution.bound,
        )
        final = None if outcome.failed else self._finisher.taken()
        problem = problem_with(final.value) if final else None
        if problem:
            return RanBlock(outcome, notes=(*notes, refused_final(problem)))
        return RanBlock(outcome, final, tuple(notes))

    def _own_events(self, before: int) -> list[Event]:
        """Return what happened in this run, and which child runs it began, since `before`."""
        return [
            event
            for event in self._tree.recorder.events[before:]
            if (event.parent if isinstance(event, RunStarted) else event.run) == self._run_id
        ]

    def _record(
        self, code: str, step: int, block: int, execution: Execution, own: list[Event]
    ) -> None:
        final = None if execution.error else self._finisher.taken()
        self._tree.recorder.emit(
            CodeExecuted(
                run=self._run_id,
                step=step,
                block=block,
                code=code,
                output=execution.output,
                output_chars=execution.chars,
                error=execution.error,
                bound=execution.bound,
                deleted=execution.deleted,
                strategies=strategies_in(code, own, self._names, final and final.value),
                seconds=execution.seconds,
            )
        )

    async def _decide(self, code: str, step: int, block: int) -> Decision:
        tree = self._tree
        proposal = Proposal(
            code=code,
            review=review(code, self._workspace.person_names()),
            step=step,
            block=block,
            depth=self._depth,
            run=self._run_id,
            question=self._question,
        )
        self._proposal = proposal
        asked = tree.policy.asks_about(proposal)
        tree.recorder.emit(
            CodeProposed(
                run=self._run_id,
                step=step,
                block=block,
                code=code,
                level=proposal.review.level,
                chips=proposal.review.chips,
                asked=asked,
            )
        )
        if not asked:
            return Approve()
        decision = await self._ask(proposal)
        tree.recorder.emit(
            CodeDecided(
                run=self._run_id,
                step=step,
                block=block,
                decision=_WORDS[type(decision)],
                code=decision.code if isinstance(decision, Edit) else None,
                note=decision.note if isinstance(decision, Reject) else "",
                rest=isinstance(decision, Approve) and decision.rest,
            )
        )
        return decision

    async def ask_about(self, estimate: Estimate) -> Decision:
        """Ask about the calls that the block in hand wants to send."""
        assert self._proposal is not None
        return await self._ask(replace(self._proposal, estimate=estimate))

    async def _ask(self, proposal: Proposal) -> Decision:
        tree = self._tree
        ask: object = tree.policy.ask
        try:
            while callable(ask) and not isinstance(ask, type):
                if not tree.policy.asks_about(proposal):  # the rest was approved meanwhile
                    return Approve()
                with tree.interrupt.occupying():
                    ask = ask(proposal)
                if inspect.isawaitable(ask):
                    ask = await tree.interrupt.guard(ask)
            return tree.policy.settle(ask, spend=proposal.estimate is not None)
        except RLMError:
            raise
        except Exception as error:
            raise ApprovalError(
                f"The approve function raised {type(error).__name__}: {error}; nothing was run."
            ) from None


_WORDS: dict[type[Decision], Literal["approve", "edit", "reject", "stop"]] = {
    Approve: "approve",
    Edit: "edit",
    Reject: "reject",
    Stop: "stop",
}


def _check_cancelled() -> None:
    """Raise when the task was cancelled from outside while its code ran and caught that."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
