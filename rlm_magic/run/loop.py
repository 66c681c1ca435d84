"""The root loop of one run, root or child: ask, read, run the code, report, until it finishes."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from rlm_magic.errors import BudgetError, RLMError
from rlm_magic.events import Bounds, Observed, RunFinished, RunStarted, Status
from rlm_magic.models.client import Client
from rlm_magic.prompts.feedback import NUDGE, BlockOutcome, observation, refused_final
from rlm_magic.prompts.finals import final_in_code
from rlm_magic.prompts.reply import FinalText, FinalVar, Reply
from rlm_magic.prompts.system import LAST_REQUEST, first_message, system_prompt
from rlm_magic.redaction import hide_keys
from rlm_magic.run.batch import ERROR_MARK
from rlm_magic.run.block import BlockRunner
from rlm_magic.run.children import ChildRuns
from rlm_magic.run.conversation import Conversation
from rlm_magic.run.final import Final, Finisher, problem_with
from rlm_magic.run.outcome import Outcome
from rlm_magic.run.spending import Spending
from rlm_magic.run.subcalls import SubCalls
from rlm_magic.run.tree import RunTree
from rlm_magic.version import __version__
from rlm_magic.workspace.execution.interrupt import Interrupted, Reason
from rlm_magic.workspace.namespace import Workspace, fresh_namespace

__all__ = ["Run"]

_ALL_VARIABLES = 200_000  # characters

_ENDINGS: dict[Reason, str] = {
    "interrupted": "The run was interrupted.",
    "stopped": "The run was stopped.",
    "over_budget": "The budget of seconds is used up.",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a run stands in its tree."""

    depth: int = 0
    parent: str | None = None
    parent_step: int | None = None


class Run:
    """One run. All of it happens on the thread of the event loop that awaits `execute`.

    `context` holds the helper `context`, or nothing where there is none.
    """

    def __init__(
        self,
        tree: RunTree,
        workspace: Workspace,
        question: str,
        *,
        client: Client,
        context: Mapping[str, Any],
        place: _Place = _Place(),
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self._tree = tree
        self._workspace = workspace
        self._question = hide_keys(question)
        self._context = context
        self._place = place
        self._step = 0
        self._conversation = Conversation(tree, self.id, client)
        self._finisher = Finisher(workspace.namespace)
        self._blocks = BlockRunner(
            tree,
            workspace,
            self._finisher,
            run=self.id,
            depth=place.depth,
            question=self._question,
        )
        self._started = time.monotonic()

    async def execute(self) -> Outcome:
        """Run to the end, whatever end; the namespace is given back before this returns."""
        outcome = Outcome("interrupted", error="The run was cancelled.")
        try:
            with self._workspace.lent(self._helpers()):
                outcome = await self._to_the_end()
                if outcome.name:
                    self._workspace.kept_names.add(outcome.name)
                outcome = self._told(outcome)
        except asyncio.CancelledError:
            if self._is_root:
                self._tree.interrupt.set("interrupted")  # for child runs and calls of threads
            raise
        finally:
            self._finisher.end()
            if self._is_root:
                self._tree.end()
            self._finish(outcome)
        return outcome

    async def _to_the_end(self) -> Outcome:
        interrupt = self._tree.interrupt
        try:
            self._begin()
            return await self._loop()
        except (Interrupted, KeyboardInterrupt):
            interrupt.set("interrupted")
            reason = interrupt.reason or "interrupted"
            return Outcome(reason, error=_ENDINGS[reason])
        except BudgetError as error:
            return Outcome("over_budget", error=str(error))
        except RLMError as error:
            return Outcome("failed", error=str(error))
        except Exception as error:
            interrupt.set("stopped")  # nothing may go on in a tree whose run is gone
            return Outcome(
                "failed",
                error=f"rlm-magic itself failed with {type(error).__name__}: {error}; "
                "please report it with the trace.",
            )

    def _told(self, outcome: Outcome) -> Outcome:
        """Return the outcome with its text, while the namespace that a repr may need is held."""
        interrupt = self._tree.interrupt
        with suppress(KeyboardInterrupt), interrupt.occupying():
            outcome = outcome.told()
        reason = interrupt.reason
        if outcome.status in ("answered", "fallback") and reason is not None:
            return replace(outcome, status=reason, error=_ENDINGS[reason])
        return outcome

    @property
    def _is_root(self) -> bool:
        return self._place.depth == 0

    @property
    def _recursive(self) -> bool:
        return self._place.depth + 1 < self._tree.limits.max_depth

    def _helpers(self) -> dict[str, Any]:
        def step() -> int:
            return self._step

        spending = Spending(self._tree, self.id, step, self._blocks.ask_about)
        calls = SubCalls(self._tree, self.id, step, spending)
        make = self._child if self._recursive else None
        children = ChildRuns(self._tree, calls, spending, self.id, step, make)
        return {
            **self._context,
            "llm_query": calls.llm_query,
            "llm_query_batched": calls.llm_query_batched,
            "rlm_query": children.rlm_query,
            "rlm_query_batched": children.rlm_query_batched,
            "SHOW_VARS": self._show_vars,
            **self._finisher.helpers(),
        }

    def _show_vars(self) -> str:
        """Return a description of all variables."""
        return self._workspace.describe(_ALL_VARIABLES)

    def _child(self, question: str, context: Any, client: Client) -> Run:
        tree = self._tree
        workspace = Workspace(
            fresh_namespace(),
            host=tree.host.for_child(),
            keep="none",
            max_output=tree.limits.max_output,
        )
        return Run(
            tree,
            workspace,
            question,
            client=client,
            context={} if context is None else {"context": context},
            place=_Place(self._place.depth + 1, self.id, self._step),
        )

    def _begin(self) -> None:
        tree = self._tree
        described = self._workspace.described
        description = hide_keys(self._workspace.describe())
        tree.recorder.emit(
            RunStarted(
                run=self.id,
                question=self._question,
                model=self._conversation.model,
                sub_model=tree.models.sub.spec.name,
                depth=self._place.depth,
                max_depth=tree.limits.max_depth,
                parent=self._place.parent,
                parent_step=self._place.parent_step,
                context=None if described is None else tuple(described),
                budget=Bounds(**asdict(tree.ledger.budget)) if self._is_root else Bounds(),
                cache=tree.cache.mode,
                description=description,
                version=__version__,
            )
        )
        say, limits = self._conversation.say, tree.limits
        say(
            "system",
            system_prompt(
                recursive=self._recursive,
                max_output=limits.max_output,
                error_mark=ERROR_MARK,
                roles={name: role.description for name, role in self._tree.models.roles.items()},
            ),
        )
        say("user", first_message(self._question, description))

    async def _loop(self) -> Outcome:
        failures = 0
        while True:
            reason = self._limit_reached(failures)
            if reason:
                return await self._last_request(reason)
            self._step += 1
            reply = await self._conversation.ask(self._step)
            final, succeeded = await self._act_on(reply)
            if final is not None:
                return Outcome("answered", final.value, final.name)
            failures = 0 if succeeded else failures + 1

    def _limit_reached(self, failures: int) -> str | None:
        limits = self._tree.limits
        if self._step >= limits.max_steps:
            steps = "1 step" if limits.max_steps == 1 else f"{limits.max_steps} steps"
            return f"the limit of {steps} is reached."
        if failures >= limits.max_errors:
            return f"{failures} steps in a row failed."
        if limits.max_seconds and time.monotonic() - self._started > limits.max_seconds:
            return f"the limit of {limits.max_seconds:g} seconds is reached."
        if self._out_of_calls:
            return "the budget holds only one more model call."
        return None

    @property
    def _out_of_calls(self) -> bool:
        # The very first call is worth more as a step than as a last request about nothing seen.
        return self._tree.ledger.calls_left == 1 and self._step > 0

    async def _act_on(self, reply: Reply) -> tuple[Final | None, bool]:
        """Do what a reply says: return the final answer, if any, and whether the step succeeded."""
        if reply.blocks:
            return await self._run_blocks(reply)
        notes = [f"Note: {note}" for note in reply.notes]
        if reply.final is None:
            self._observe("\n".join((NUDGE, *notes)))
            return None, False
        final, problem = self._text_final(reply.final)
        if problem:
            self._observe("\n".join((f"Note: {refused_final(problem)}", *notes)))
        return final, final is not None

    async def _run_blocks(self, reply: Reply) -> tuple[Final | None, bool]:
        outcomes: list[BlockOutcome] = []
        notes = list(reply.notes)
        for number, code in enumerate(reply.blocks, start=1):
            ran = await self._blocks.run(code, step=self._step, block=number)
            if ran.final is not None:
                return ran.final, True
            outcomes.append(ran.outcome)
            notes.extend(ran.notes)
            if ran.outcome.failed or ran.outcome.rejected is not None:
                if number < len(reply.blocks):
                    notes.append(f"The blocks after block {number} were not run.")
                break
        self._observe(observation(self._step, outcomes, notes))
        return None, not outcomes[-1].failed

    def _text_final(self, given: FinalText | FinalVar) -> tuple[Final | None, str | None]:
        """Return the final answer of a text, or the problem with it."""
        if isinstance(given, FinalText):
            final = Final(given.text)
        else:
            try:
                final = self._finisher.look_up(given.name)
            except NameError as error:
                return None, str(error)
        problem = problem_with(final.value)
        return (None, problem) if problem else (final, None)

    async def _last_request(self, reason: str) -> Outcome:
        status: Status = "over_budget" if self._out_of_calls else "fallback"
        error = f"Ended before it was done: {reason}"
        self._step += 1
        self._conversation.say("user", LAST_REQUEST.format(reason=reason))
        reply = await self._conversation.ask(self._step)
        given = reply.final or (final_in_code(reply.blocks[-1]) if reply.blocks else None)
        words = reply.prose.strip()
        final, problem = self._text_final(given or FinalText(words))
        if final is not None:
            return Outcome(status, final.value, final.name, error)
        if status == "fallback":
            status = "failed"
        return Outcome(status, error=f"{error} {refused_final(problem or '')}" if given else error)

    def _observe(self, text: str) -> None:
        self._tree.recorder.emit(Observed(run=self.id, step=self._step, text=text))
        self._conversation.say("user", text)

    def _finish(self, outcome: Outcome) -> None:
        self._tree.recorder.emit(
            RunFinished(
                run=self.id,
                status=outcome.status,
                answer=outcome.text and hide_keys(outcome.text),
                answer_type=None if outcome.answer is None else type(outcome.answer).__qualname__,
                answer_name=outcome.name,
                error=outcome.error,
            )
        )
