"""The conversation of one run with its root model: append-only, so that prefix caches hit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from rlm_magic.errors import Fault, ModelError
from rlm_magic.events import (
    CallRetried,
    Notice,
    RootFailed,
    RootReplied,
    RootRequested,
    RootStreamed,
    Tokens,
)
from rlm_magic.models.call import Call
from rlm_magic.models.client import Client
from rlm_magic.models.prefixes import cache_key, for_conversation
from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import Entry
from rlm_magic.prompts.reply import Reply, read_reply
from rlm_magic.run.tree import RunTree

__all__ = ["Conversation"]

Role = Literal["system", "user", "assistant"]
RootEvent = RootReplied | RootFailed | RootStreamed | CallRetried

_EMPTY_REPLIES = 3
_SECONDS_BETWEEN_PIECES = 0.1


class Conversation:
    """What was said so far, and `ask` for the next reply."""

    def __init__(self, tree: RunTree, run: str, client: Client) -> None:
        self._tree = tree
        self._run = run
        self._client = client
        self._messages: list[tuple[Role, str]] = []
        self._told = 0

    @property
    def model(self) -> str:
        """The root model's name."""
        return self._client.spec.name

    def say(self, role: Role, text: str) -> None:
        """Append a message."""
        self._messages.append((role, text))

    async def ask(self, step: int) -> Reply:
        """Return the next reply that isn't empty; raise ModelError when there is none."""
        for attempt in range(_EMPTY_REPLIES):
            text = await self._request(step, attempt)
            reply = read_reply(text)
            if not reply.is_empty:
                self.say("assistant", text)
                return reply
        raise ModelError(
            f"{self.model} returned an empty reply {_EMPTY_REPLIES} times: try again, or choose "
            "another model.",
            "empty",
        )

    async def _request(self, step: int, attempt: int) -> str:
        added = tuple(self._messages[self._told :])
        self._tree.recorder.emit(RootRequested(run=self._run, step=step, added=added))
        self._told = len(self._messages)
        messages = [{"role": role, "content": text} for role, text in self._messages]
        request = _RootRequest(self._tree, self._run, step, self._client, messages, attempt)
        return await self._tree.call(request.reply())


class _RootRequest:
    """One request to the root model, on the I/O thread, and what the events say of it."""

    def __init__(
        self,
        tree: RunTree,
        run: str,
        step: int,
        client: Client,
        messages: Sequence[Message],
        sample: int,
    ) -> None:
        self._tree = tree
        self._run = run
        self._step = step
        self._client = client
        self._messages = messages
        self._pieces = _Pieces(self._tell_piece) if tree.stream else None
        self._key = tree.cache.key(client.spec, messages, sample)

    async def reply(self) -> str:
        """Return the reply of the store or of the model; raise ModelError or BudgetError."""
        with self._tree.in_flight():
            entry = await self._stored()
            if entry is not None:
                return self._tell_stored(entry)
            async with self._tree.cache.claim(self._key) as entry:
                return await self._asked() if entry is None else self._tell_stored(entry)

    async def _stored(self) -> Entry | None:
        cache, key = self._tree.cache, self._key
        if key is None:
            return None
        entry = (await cache.find([key], self._client.accepts)).get(key)
        if entry is None and cache.is_replay:
            what = f"the root request of step {self._step}"
            raise await cache.not_recorded(self._client.spec, self._messages, what)
        return entry

    def _tell_stored(self, entry: Entry) -> str:
        self._emit(
            RootReplied,
            text=entry.reply.text,
            cut_off=entry.reply.cut_off,
            cached=True,
            key=entry.key,
            tokens=Tokens(),
            usd=0.0,
            seconds=0.0,
        )
        return entry.reply.text

    async def _asked(self) -> str:
        tree = self._tree
        client = tree.models.adjusted(self._client, cache_key(self._client.spec, self._run))
        call = Call(
            client,
            for_conversation(self._messages, client.spec),
            tree.terms(self._run),
            on_retry=self._retry,
            on_pause=self._tell_pause,
            on_text=self._pieces.add if self._pieces else None,
        )
        began = time.monotonic()
        try:
            await client.check(self._messages)
            done = await call.complete()
        except ModelError as error:
            self._tell_failure(call, str(error), error.fault, began)
            raise
        except asyncio.CancelledError:
            ended = "The run ended before the reply was there."
            self._tell_failure(call, ended, "failed", began, cancelled=True)
            raise
        if self._pieces:
            self._pieces.flush()
        reply = done.reply
        if self._key:
            await tree.cache.keep(self._key, client.spec, self._messages, reply, done.usd)
        self._emit(
            RootReplied,
            text=reply.text,
            cut_off=reply.cut_off,
            key=self._key,
            retries=call.retries,
            tokens=reply.tokens or Tokens(),
            usd=done.usd,
            abandoned=call.abandoned,
            seconds=done.seconds,
        )
        return reply.text

    def _retry(self, error: ModelError, wait: float) -> None:
        if self._pieces:
            self._pieces.restart()
        self._emit(CallRetried, error=str(error), fault=error.fault, wait=wait)

    def _tell_failure(
        self, call: Call, error: str, fault: Fault, began: float, *, cancelled: bool = False
    ) -> None:
        self._emit(
            RootFailed,
            error=error,
            fault=fault,
            cancelled=cancelled,
            retries=call.retries,
            abandoned=call.abandoned,
            seconds=time.monotonic() - began,
        )

    def _tell_pause(self, refusal: str, seconds: float) -> None:
        text = f"{refusal} It asks to wait {seconds:,.0f} s more."
        self._tree.recorder.emit(Notice(run=self._run, text=text))

    def _tell_piece(self, start: int, text: str) -> None:
        self._emit(RootStreamed, start=start, text=text)

    def _emit(self, event: type[RootEvent], **what: Any) -> None:
        self._tree.recorder.emit(event(run=self._run, step=self._step, **what))


class _Pieces:
    """Turns the pieces of a streamed reply into at most ten events a second."""

    def __init__(self, tell: Callable[[int, str], object]) -> None:
        self._tell = tell
        self._waiting: list[str] = []
        self._start = 0
        self._last = 0.0

    def add(self, piece: str) -> None:
        self._waiting.append(piece)
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_PIECES:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            text = "".join(self._waiting)
            self._tell(self._start, text)
            self._start += len(text)
            self._waiting.clear()
            self._last = time.monotonic()

    def restart(self) -> None:
        """Begin anew: the next reply takes the place of this one."""
        self._waiting.clear()
        self._start = 0
