"""One sub-call of a batch: where its reply comes from, and what the events say of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from rlm_magic.errors import ModelError
from rlm_magic.events import CallHedged, CallRetried, SubCallFinished, SubCallStarted, Tokens
from rlm_magic.models.call import Call
from rlm_magic.models.cost import NOTHING, Cost
from rlm_magic.models.prefixes import marked
from rlm_magic.models.spec import Completion
from rlm_magic.models.store.entry import Entry

if TYPE_CHECKING:
    from rlm_magic.run.batch import Batch, Request

__all__ = ["SubCall"]

CallEvent = SubCallStarted | SubCallFinished | CallRetried | CallHedged


class SubCall:
    """A request of `batch`, on the I/O thread; `key` is its entry in the store, if one is used.

    Its reply is that of `entry`, if that is set; with a `problem` it can't be sent.
    """

    def __init__(self, batch: Batch, request: Request, key: str | None) -> None:
        self.entry: Entry | None = None
        self.problem: ModelError | None = None
        self._batch = batch
        self._request = request
        self._key = key
        self._call = Call(
            batch.client,
            request.messages,
            batch.terms,
            stragglers=batch.stragglers,
            admit=self._admit,
            on_send=self._tell_start,
            on_retry=self._tell_retry,
            on_hedge=self._tell_hedge,
        )
        self._done: Completion | None = None
        self._after: SubCall | None = None
        self._ended: asyncio.Event | None = None
        self._is_admitted = False
        self._number = 0
        self._began = 0.0

    @property
    def cost(self) -> Cost:
        """What has to be reserved before it is sent."""
        return self._call.reserved or NOTHING

    def prepare(self) -> None:
        """Make it ready to be reserved and sent."""
        self._call.reserved = self._batch.client.worst_case(self._request.messages)

    def share(self, characters: int, after: SubCall | None) -> None:
        """Mark what it shares with other calls; where one of these goes first, wait for its end."""
        [message] = self._request.messages
        self._call.messages = [{**message, "content": marked(message["content"], characters)}]
        self._after = after
        self._ended = asyncio.Event()

    def give_back(self) -> None:
        """Give back what was reserved, if it was never sent."""
        self._call.give_back()

    async def reply(self) -> str:
        """Return the reply; raise ModelError where it can't be had."""
        try:
            return await self._reply()
        except ModelError as error:
            if not self._number:
                self._tell_start()
            self._finish(error=str(error), fault=error.fault)
            raise
        except asyncio.CancelledError:
            if self._done is not None:  # while it was written to the store
                self._tell_reply(self._done)
            elif self._number:
                self._finish(cancelled=True)
            raise
        finally:
            if self._ended:
                self._ended.set()

    async def _reply(self) -> str:
        if self.problem is not None:
            raise self.problem
        if self.entry is not None:
            return self._stored(self.entry)
        if self._after and self._after._ended:
            await self._after._ended.wait()
        batch = self._batch
        async with batch.tree.cache.claim(self._key) as entry:
            if entry is not None:  # an equal request of this run was answered meanwhile
                self.give_back()
                return self._stored(entry)
            done = self._done = await self._asked()
            if self._key is not None:
                # What the trace calls answered is never paid for again.
                spec, messages = batch.client.spec, self._request.messages
                await batch.tree.cache.keep(self._key, spec, messages, done.reply, done.usd)
        self._tell_reply(done)
        return done.reply.text

    async def _asked(self) -> Completion:
        prospects = self._batch.prospects
        try:
            done = await self._call.complete()
        except ModelError as error:
            if self._is_admitted:
                prospects.ended(error)
            raise
        prospects.ended(None)
        return done

    def _admit(self) -> Awaitable[object] | None:
        """Let the first request be sent where the batch has prospects; further ones always."""
        if self._is_admitted:
            return None
        doubt = self._batch.prospects.admit()
        self._is_admitted = doubt is None
        return doubt

    def _stored(self, entry: Entry) -> str:
        self._tell_start()
        reply = entry.reply
        self._finish(reply=reply.text, cut_off=reply.cut_off, cached=True, key=entry.key, usd=0.0)
        return reply.text

    def _tell_reply(self, done: Completion) -> None:
        reply = done.reply
        self._finish(
            reply=reply.text,
            cut_off=reply.cut_off,
            key=self._key,
            tokens=reply.tokens or Tokens(),
            usd=done.usd,
        )

    def _tell_start(self) -> None:
        batch = self._batch
        self._number = next(batch.tree.call_numbers)
        self._began = time.monotonic()
        self._emit(
            SubCallStarted,
            model=batch.client.spec.name,
            prompt=self._request.prompt,
            images=self._request.images,
            parameters=batch.parameters,
            batch=batch.number,
            at_limit=batch.at_limit,
            threaded=batch.threaded,
        )

    def _tell_retry(self, error: ModelError, wait: float) -> None:
        self._emit(CallRetried, error=str(error), fault=error.fault, wait=wait)

    def _tell_hedge(self) -> None:
        self._emit(CallHedged)

    def _finish(self, **what: Any) -> None:
        call = self._call
        self._emit(
            SubCallFinished,
            **what,
            hedged=call.is_hedged,
            retries=call.retries,
            abandoned=call.abandoned,
            seconds=time.monotonic() - self._began,
        )

    def _emit(self, event: type[CallEvent], **what: Any) -> None:
        batch = self._batch
        told = event(run=batch.run, step=batch.step, call=self._number, **what)
        # That calls of a turn were sent reaches the disk at its end, together; a reply at once.
        later = asyncio.get_running_loop().call_soon if event is SubCallStarted else None
        batch.tree.recorder.emit(told, later)
