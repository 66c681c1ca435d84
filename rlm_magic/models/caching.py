"""What a run does with the store of replies: nothing, use it, fill it anew, or replay from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from rlm_magic.errors import NotRecordedError
from rlm_magic.models.spec import Message, ModelSpec, Reply
from rlm_magic.models.store.divergence import divergence
from rlm_magic.models.store.entry import Entry
from rlm_magic.models.store.identity import identity
from rlm_magic.models.store.store import Store
from rlm_magic.settings import CacheMode

__all__ = ["Cache"]


class Cache:
    """The store of a run under one of the modes; without a store, the mode is `off`.

    Within the run tree equal requests get the same reply: a replay, which has one for each key,
    couldn't tell them apart. `on_problem` is told, once, when the store can't be used any more; the
    run goes on without.
    """

    def __init__(
        self, mode: CacheMode, store: Store | None, on_problem: Callable[[str], object]
    ) -> None:
        self.mode: CacheMode = mode if store else "off"
        self._store = store
        self._on_problem = on_problem
        self._asked: dict[str, asyncio.Future[Entry | None]] = {}

    @property
    def is_replay(self) -> bool:
        """Whether all replies have to come from the store."""
        return self.mode == "replay"

    def key(self, spec: ModelSpec, messages: Sequence[Message], sample: int = 0) -> str | None:
        """Return the entry's key; None where no store is used."""
        if self._store is None:
            return None
        return identity(spec.name, messages, spec.params, sample)

    async def find(self, keys: Sequence[str], will_do: Callable[[Reply], bool]) -> dict[str, Entry]:
        """Return the entries that this run or the store has, by key.

        Of those of the store, a replay takes all; who refreshes, none.
        """
        known = {key: entry for key in keys if (entry := self._known(key))}
        keys = [key for key in keys if key not in known]
        if self._store is None or not keys or self.mode == "refresh":
            return known
        try:
            found = await asyncio.wrap_future(self._store.get(keys))
        except Exception as error:
            if self.is_replay:
                raise
            self._give_up(error)
            return known
        return known | {
            key: entry for key, entry in found.items() if self.is_replay or will_do(entry.reply)
        }

    @asynccontextmanager
    async def claim(self, key: str | None) -> AsyncIterator[Entry | None]:
        """Yield None to who is to send the request and `keep` its reply, the entry to all others.

        Those wait meanwhile; when nothing was kept, the next of them is to send it.
        """
        while key in self._asked:
            entry = await asyncio.shield(self._asked[key])
            if entry is not None:
                yield entry
                return
        if key is None:
            yield None
            return
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        try:
            yield None
        finally:
            if not asked.done():
                del self._asked[key]
                asked.set_result(None)

    async def keep(
        self,
        key: str,
        spec: ModelSpec,
        messages: Sequence[Message],
        reply: Reply,
        usd: float | None,
    ) -> None:
        """Keep a reply; when this returns it is on disk."""
        entry = Entry(key, spec.name, messages, spec.params, reply, usd)
        try:
            if self._store is not None:
                await asyncio.wrap_future(self._store.put(entry))
        except Exception as error:  # a reply that was paid for is not lost for its store
            self._give_up(error)
        finally:
            asked = self._asked.get(key)
            if asked is not None and not asked.done():
                asked.set_result(replace(entry, messages=()))

    async def not_recorded(
        self, spec: ModelSpec, messages: Sequence[Message], what: str
    ) -> NotRecordedError:
        """Return the error that says what the store lacks, and how it differs from what it holds.

        `what` names the request, as in "the root request of step 3".
        """
        assert self._store is not None
        told = await asyncio.to_thread(
            divergence, self._store, spec.name, messages, spec.params, what
        )
        return NotRecordedError(told)

    def _known(self, key: str) -> Entry | None:
        asked = self._asked.get(key)
        return asked.result() if asked is not None and asked.done() else None

    def _give_up(self, error: Exception) -> None:
        if self._store is not None:
            self._store = None
            self._on_problem(f"The store of replies can't be used any more: {error}")
