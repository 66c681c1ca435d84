"""One sub-call of a batch: where its reply comes from, and what the events say of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from rlm_magic.errors import ModelError
from rlm_magic.events import CallHedged, CallRetried, SubCallFinished, SubCallStarted, Tokens
from rlm_magic.models.call import Call, together
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
            on_send=self._tell_start,
            on_retry=self._tell_retry,
        )
        self._second: Call | None = None
        self._after: SubCall | None = None
        self._ended: asyncio.Event | None = None
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
            if self._number:
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
        done = await self._completion()
        reply, client = done.reply, self._batch.client
        if self._key is not None:
            # What the trace calls answered is never paid for again.
            cache = self._batch.tree.cache
            await cache.keep(self._key, client.spec, self._request.messages, reply, done.usd)
        self._finish(
            reply=reply.text,
            cut_off=reply.cut_off,
            key=self._key,
            tokens=reply.tokens or Tokens(),
            usd=done.usd,
        )
        return reply.text

    def _stored(self, entry: Entry) -> str:
        self._tell_start()
        reply = entry.reply
        self._finish(reply=reply.text, cut_off=reply.cut_off, cached=True, key=entry.key, usd=0.0)
        return reply.text

    async def _completion(self) -> Completion:
        stragglers = self._batch.stragglers
        if stragglers is None:
            return await self._call.complete()
        self._second = Call(self._call.client, self._call.messages, self._call.terms)
        return await stragglers.race(self._call, self._second, self._tell_hedge)

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
        call, second = self._call, self._second
        self._emit(
            SubCallFinished,
            **what,
            hedged=second is not None and second.was_asked,
            retries=call.retries + (second.retries if second else 0),
            abandoned=together([call.abandoned, second.abandoned]) if second else call.abandoned,
            seconds=time.monotonic() - self._began,
        )

    def _emit(self, event: type[CallEvent], **what: Any) -> None:
        batch = self._batch
        told = event(run=batch.run, step=batch.step, call=self._number, **what)
        # Nothing on this thread blocks: one write at the end of a turn serves all calls of it.
        batch.tree.recorder.emit(told, asyncio.get_running_loop().call_soon)
