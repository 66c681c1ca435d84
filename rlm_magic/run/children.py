"""Child runs: `rlm_query` and `rlm_query_batched` as generated code sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from rlm_magic.errors import ApprovalError
from rlm_magic.events import BatchStarted
from rlm_magic.models.client import Client
from rlm_magic.run.arguments import check_contexts, check_prompts, check_question
from rlm_magic.run.batch import marked_error
from rlm_magic.run.outcome import Outcome
from rlm_magic.run.spending import Spending
from rlm_magic.run.subcalls import SubCalls
from rlm_magic.run.tree import RunTree
from rlm_magic.workspace.execution.bridge import can_wait, wait_for
from rlm_magic.workspace.preview import preview_output

__all__ = ["ChildRuns", "prompt_with"]

_CONTEXT_IN_PROMPT = 400_000


class _Runs(Protocol):
    async def execute(self) -> Outcome: ...


MakeChild = Callable[[str, Any, Client], _Runs]


class ChildRuns:
    """The child runs of one run; without `make`, at the depth limit, they are plain sub-calls."""

    def __init__(
        self,
        tree: RunTree,
        calls: SubCalls,
        spending: Spending,
        run: str,
        step: Callable[[], int],
        make: MakeChild | None,
    ) -> None:
        self._tree = tree
        self._calls = calls
        self._spending = spending
        self._run = run
        self._step = step
        self._make = make

    def rlm_query(self, question: str, context: Any = None, *, model: str | None = None) -> Any:
        """Answer `question` about `context` by a child run of its own, and return its answer.

        A child that finds no answer returns a marked error text. At the depth limit this is a plain
        sub-call with the context in its prompt.
        """
        check_question(question, "rlm_query")
        if self._make is None:
            prompt = prompt_with(question, context)
            return self._calls.send([prompt], model=model, at_limit=True)[0]
        client = self._tree.models.client(model)
        self._confirm([(question, context)], client)
        return self._run_all([self._make(question, context, client)])[0]

    def rlm_query_batched(
        self,
        questions: Iterable[str],
        contexts: Iterable[Any] | None = None,
        *,
        model: str | None = None,
    ) -> list[Any]:
        """Answer several questions at once, each about its own context; order is kept."""
        asked = check_prompts(questions, "rlm_query_batched")
        given = check_contexts(contexts, len(asked))
        client = self._tree.models.client(model)
        pairs = list(zip(asked, given, strict=True))
        if not pairs:
            return []
        if self._make is None:
            prompts = [prompt_with(question, context) for question, context in pairs]
            return list(self._calls.send(prompts, model=model, batch=True, at_limit=True))
        self._confirm(pairs, client)
        self._tree.recorder.emit(
            BatchStarted(
                run=self._run,
                step=self._step(),
                batch=next(self._tree.batch_numbers),
                calls=len(pairs),
                children=True,
            )
        )
        return self._run_all([self._make(*pair, client) for pair in pairs])

    def _confirm(self, pairs: Sequence[tuple[str, Any]], client: Client) -> None:
        """Return when child runs may begin."""
        may_ask = self._tree.policy.may_ask_about_code or self._spending.may_ask
        if may_ask and not can_wait():
            raise ApprovalError(
                "rlm_query was called on a thread where nobody can be asked to approve it: call "
                "rlm_query_batched(questions, contexts) instead of using threads."
            )
        self._spending.confirm_runs(client, (prompt_with(*pair) for pair in pairs))

    def _run_all(self, runs: Sequence[_Runs]) -> list[Any]:
        self._tree.check()
        together = _together(runs, self._tree.concurrency)
        outcomes = wait_for(together) if can_wait() else _on_own_loop(together)
        self._tree.check()
        return [_answer(outcome) for outcome in outcomes]


async def _together(runs: Sequence[_Runs], at_once: int) -> list[Outcome]:
    # A gate for each batch: one for the whole tree would be held by parents that wait for children.
    gate = asyncio.Semaphore(at_once)

    async def one(run: _Runs) -> Outcome:
        async with gate:
            return await run.execute()

    return list(await asyncio.gather(*(one(run) for run in runs)))


def _on_own_loop(runs: Coroutine[Any, Any, list[Outcome]]) -> list[Outcome]:
    """Run child runs on this thread, or on a new one where an event loop is busy on this one."""
    if asyncio._get_running_loop() is None:
        return asyncio.run(runs)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, runs).result()


def _answer(outcome: Outcome) -> Any:
    if outcome.answer is None:
        return marked_error(outcome.error or "The child run found no answer.")
    return outcome.answer


def prompt_with(question: str, context: Any) -> str:
    """Return the prompt of a sub-call that stands for a child run."""
    if context is None:
        return question
    text = context if isinstance(context, str) else preview_output(context, _CONTEXT_IN_PROMPT)
    return f"{question}\n\nContext:\n{text}"
