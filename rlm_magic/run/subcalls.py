"""Sub-calls: `llm_query` and `llm_query_batched` as generated code sees them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from rlm_magic.errors import ModelError
from rlm_magic.events import BatchStarted, SubCallFinished, SubCallStarted, Tokens
from rlm_magic.models.client import Client
from rlm_magic.models.ledger import Cost
from rlm_magic.redaction import hide_keys
from rlm_magic.run.tree import RunTree
from rlm_magic.workspace.execution.bridge import can_wait

__all__ = ["ERROR_MARK", "SubCalls", "check_prompts", "marked_error"]

ERROR_MARK = "[call failed]"


def marked_error(sentence: object) -> str:
    """Return the text that stands in the place of a reply which couldn't be had."""
    return f"{ERROR_MARK} {sentence}"


def check_prompts(prompts: object, helper: str) -> list[str]:
    """Return `prompts` as a list of str; raise TypeError with what to pass instead."""
    if isinstance(prompts, str | bytes | dict) or not isinstance(prompts, Iterable):
        raise TypeError(
            f"{helper} takes a list of prompts, not one {type(prompts).__name__}: "
            f"{helper}([prompt, …])."
        )
    listed = list(prompts)
    for index, prompt in enumerate(listed):
        if not isinstance(prompt, str):
            raise TypeError(
                f"{helper}: prompt {index} is of type {type(prompt).__name__}; each must be a str."
            )
    return listed


class SubCalls:
    """The plain sub-calls of one run; `step` tells at which step of it the code is."""

    def __init__(self, tree: RunTree, run: str, step: Callable[[], int]) -> None:
        self._tree = tree
        self._run = run
        self._step = step

    def llm_query(self, prompt: str, *, model: str | None = None) -> str:
        """Ask a sub-model and return its reply; a failed call returns a marked error text.

        Raises TypeError or ValueError for wrong arguments, BudgetError before anything is sent.
        """
        if not isinstance(prompt, str):
            raise TypeError(
                f"llm_query takes one prompt as a str, not {type(prompt).__name__}; for several "
                "prompts use llm_query_batched([…])."
            )
        return self.send([prompt], self._tree.client(model))[0]

    def llm_query_batched(self, prompts: Iterable[str], *, model: str | None = None) -> list[str]:
        """Ask a sub-model all `prompts` at once and return the replies in the same order.

        A failed call leaves a marked error text in its place. Raises TypeError or ValueError for
        wrong arguments, and BudgetError, with nothing sent, if the budget can't cover them all.
        """
        listed = check_prompts(prompts, "llm_query_batched")
        client = self._tree.client(model)
        return self.send(listed, client, batch=True) if listed else []

    def send(
        self, prompts: Sequence[str], client: Client, *, batch: bool = False, at_limit: bool = False
    ) -> list[str]:
        """Send checked `prompts` and wait for the replies."""
        hidden = [hide_keys(prompt) for prompt in prompts]
        threaded = not can_wait()
        return self._tree.wait(
            self._send(hidden, client, batch=batch, at_limit=at_limit, threaded=threaded)
        )

    async def _send(
        self, prompts: Sequence[str], client: Client, *, batch: bool, at_limit: bool, threaded: bool
    ) -> list[str]:
        tree, step = self._tree, self._step()
        costs = [client.worst_case([{"role": "user", "content": prompt}]) for prompt in prompts]
        tree.ledger.reserve(sum(costs, Cost(0, 0, 0.0)))
        number = None
        if batch:
            number = next(tree.batch_numbers)
            tree.recorder.emit(
                BatchStarted(run=self._run, step=step, batch=number, calls=len(prompts))
            )
        calls = [
            self._one(
                prompt, client, cost, step=step, batch=number, at_limit=at_limit, threaded=threaded
            )
            for prompt, cost in zip(prompts, costs, strict=True)
        ]
        with tree.in_flight():
            return list(await asyncio.gather(*calls))

    async def _one(
        self,
        prompt: str,
        client: Client,
        reserved: Cost,
        *,
        step: int,
        batch: int | None,
        at_limit: bool,
        threaded: bool,
    ) -> str:
        tree = self._tree
        try:
            await tree.gate.acquire()
        except asyncio.CancelledError:
            tree.ledger.settle(reserved, Cost(0, 0, 0.0))
            raise
        call = next(tree.call_numbers)
        started = time.monotonic()

        def finish(
            *,
            reply: str | None = None,
            error: str | None = None,
            cancelled: bool = False,
            tokens: Tokens | None = None,
            usd: float | None = None,
        ) -> None:
            tree.recorder.emit(
                SubCallFinished(
                    run=self._run,
                    step=step,
                    call=call,
                    reply=reply,
                    error=error,
                    cancelled=cancelled,
                    tokens=tokens or Tokens(),
                    usd=usd,
                    seconds=time.monotonic() - started,
                )
            )

        tree.recorder.emit(
            SubCallStarted(
                run=self._run,
                step=step,
                call=call,
                model=client.spec.name,
                prompt=prompt,
                batch=batch,
                at_limit=at_limit,
                threaded=threaded,
            )
        )
        try:
            done = await client.complete([{"role": "user", "content": prompt}])
        except ModelError as error:
            tree.ledger.settle(reserved, Cost(1, 0, 0.0))
            finish(error=str(error))
            return marked_error(error)
        except asyncio.CancelledError:
            finish(cancelled=True)
            raise
        finally:
            tree.gate.release()
        if done.cost is not None:
            tree.ledger.settle(reserved, done.cost)
        finish(reply=done.text, tokens=done.tokens, usd=done.usd)
        return done.text
