"""The conversation of one run with its root model: append-only, so that prefix caches hit."""

from __future__ import annotations

import time
from typing import Literal

from rlm_magic.errors import ModelError
from rlm_magic.events import RootReplied, RootRequested, RootStreamed, Tokens
from rlm_magic.models.client import Client, Completion
from rlm_magic.models.ledger import Cost
from rlm_magic.prompts.reply import Reply, read_reply
from rlm_magic.run.tree import RunTree

__all__ = ["Conversation"]

Role = Literal["system", "user", "assistant"]

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
        for _ in range(_EMPTY_REPLIES):
            text = await self._request(step)
            reply = read_reply(text)
            if not reply.is_empty:
                self.say("assistant", text)
                return reply
        raise ModelError(
            f"{self.model} returned an empty reply {_EMPTY_REPLIES} times: try again, or choose "
            "another model."
        )

    async def _request(self, step: int) -> str:
        emit = self._tree.recorder.emit
        emit(RootRequested(run=self._run, step=step, added=tuple(self._messages[self._told :])))
        self._told = len(self._messages)
        done = await self._tree.call(self._complete(step))
        emit(
            RootReplied(
                run=self._run,
                step=step,
                text=done.text,
                tokens=done.tokens or Tokens(),
                usd=done.usd,
                seconds=done.seconds,
            )
        )
        return done.text

    async def _complete(self, step: int) -> Completion:
        """Call the root model, on the I/O thread."""
        messages = [{"role": role, "content": text} for role, text in self._messages]
        ledger = self._tree.ledger
        reserved = self._client.worst_case(messages)
        ledger.reserve(reserved)
        pieces = _Pieces(self._tree, self._run, step) if self._tree.stream else None
        with self._tree.in_flight():
            try:
                async with self._tree.gate:
                    done = await self._client.complete(messages, pieces.add if pieces else None)
            except ModelError:
                ledger.settle(reserved, Cost(1, 0, 0.0))
                raise
        if pieces:
            pieces.flush()
        if done.cost is not None:
            ledger.settle(reserved, done.cost)
        return done


class _Pieces:
    """Turns the pieces of a streamed reply into at most ten events a second."""

    def __init__(self, tree: RunTree, run: str, step: int) -> None:
        self._tree = tree
        self._run = run
        self._step = step
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
            self._tree.recorder.emit(
                RootStreamed(run=self._run, step=self._step, start=self._start, text=text)
            )
            self._start += len(text)
            self._waiting.clear()
            self._last = time.monotonic()
