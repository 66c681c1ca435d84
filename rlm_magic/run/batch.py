"""One batch of sub-calls on its way: the store answers what it can, the rest is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlm_magic.errors import ModelError
from rlm_magic.events import BatchStarted
from rlm_magic.models.call import Terms
from rlm_magic.models.client import Client
from rlm_magic.models.hedging import Stragglers
from rlm_magic.models.prefixes import shared_prefix
from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import Entry
from rlm_magic.run.prospects import Prospects
from rlm_magic.run.sub_call import SubCall
from rlm_magic.run.tree import RunTree

__all__ = ["ERROR_MARK", "Batch", "Request", "marked_error"]

ERROR_MARK = "[call failed]"

_LARGE = 50  # calls


def marked_error(sentence: object) -> str:
    """Return the text that stands in the place of a reply which couldn't be had."""
    return f"{ERROR_MARK} {sentence}"


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt; `images` says what is shown with it.

    `sample` counts equal prompts that are to get replies of their own.
    """

    prompt: str
    messages: Sequence[Message]
    images: tuple[str, ...] = ()
    sample: int = 0


@dataclass(slots=True)
class Batch:
    """The distinct requests of one helper call, on the I/O thread.

    `is_batch` is False for a single `llm_query`; `repeats` counts the prompts that share a reply;
    `parameters` are those that the code chose.
    """

    tree: RunTree
    run: str
    step: int
    client: Client
    requests: Sequence[Request]
    is_batch: bool = False
    repeats: int = 0
    at_limit: bool = False
    threaded: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prospects: Prospects = field(default_factory=Prospects)
    number: int | None = None
    stragglers: Stragglers | None = None
    _keys: list[str | None] | None = None
    _entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def terms(self) -> Terms:
        """On what terms the calls are made."""
        return self.tree.terms(self.run)

    async def missing(self) -> list[Request]:
        """Return the requests that the store holds no reply to."""
        if self._keys is None:
            cache, spec = self.tree.cache, self.client.spec
            self._keys = [cache.key(spec, it.messages, it.sample) for it in self.requests]
            self._entries = await cache.find(
                [key for key in self._keys if key], self.client.accepts
            )
        keyed = zip(self._keys, self.requests, strict=True)
        return [request for key, request in keyed if key not in self._entries]

    async def send(self) -> list[str]:
        """Return the replies, or marked errors, in order.

        Raises BudgetError, with nothing sent, where the budget can't cover all of them; ModelError
        where no call of the model could succeed; NotRecordedError where a replay lacks a reply.
        """
        tree = self.tree
        with tree.in_flight():
            missing = await self.missing()
            if missing and tree.cache.is_replay:
                what = f"a sub-call of step {self.step}"
                raise await tree.cache.not_recorded(self.client.spec, missing[0].messages, what)
            if self.is_batch and tree.hedge:
                self.stragglers = Stragglers(tree.hedge)
            shared = shared_prefix([it.prompt for it in missing], self.client.spec)
            calls = await self._calls(shared)
            tree.ledger.reserve_all([call.cost for call in calls])
            if self.is_batch:
                self._begin()
            if len(calls) >= _LARGE:
                tree.spare_old_objects()
            return await self._replies(calls)

    async def _calls(self, shared: int) -> list[SubCall]:
        """Return the calls; what can't be sent or needn't be is known of them already."""
        calls: list[SubCall] = []
        first: SubCall | None = None
        for key, request in zip(self._keys or (), self.requests, strict=True):
            call = SubCall(self, request, key)
            calls.append(call)
            if key in self._entries:
                call.entry = self._entries[key]
                continue
            try:
                await self.client.check(request.messages)
            except ModelError as problem:
                call.problem = problem
                continue
            call.prepare()
            if shared:
                # A marked prefix can be read once the request that brought it was answered.
                call.share(shared, after=first)
                first = first or call
        return calls

    def _begin(self) -> None:
        tree = self.tree
        self.number = next(tree.batch_numbers)
        tree.recorder.emit(
            BatchStarted(
                run=self.run,
                step=self.step,
                batch=self.number,
                calls=len(self.requests),
                repeats=self.repeats,
            )
        )

    async def _replies(self, calls: Sequence[SubCall]) -> list[str]:
        tasks = [asyncio.create_task(self._reply(call)) for call in calls]
        try:
            return await asyncio.gather(*tasks)
        except BaseException as error:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for call in calls:
                call.give_back()
            if isinstance(error, ModelError):
                raise ModelError(
                    f"{error} The batch of {len(tasks):,} calls was stopped.", error.fault
                ) from None
            raise

    async def _reply(self, call: SubCall) -> str:
        try:
            return await call.reply()
        except ModelError as error:
            if self.is_batch and self.prospects.closed and not self.prospects.is_answered:
                raise
            return marked_error(error)
