"""The store of a process: requests and replies go in and out on a thread of its own."""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from rlm_magic.errors import ConfigurationError
from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import Entry, Row, entry_row, message_rows
from rlm_magic.models.store.file import StoreFile, transaction
from rlm_magic.models.store.nearest import Nearest, nearest_in
from rlm_magic.models.store.rows import insert, mark_used, select, trim
from rlm_magic.models.store.transfer import export_entries
from rlm_magic.settings import store_path

__all__ = ["Activity", "Store"]

T = TypeVar("T")
Task = tuple[Future[Any], Entry | Callable[[], Any]]

_LONGEST = 1_000_000_000  # bytes
_MOST_AT_ONCE = 500  # tasks between two commits
_SECONDS_TO_CLOSE = 3.0
_SECONDS_TO_MARK = 1.0  # without anything to do, until it is written what was used


@dataclass(frozen=True, slots=True)
class Activity:
    """What a store did for this process: replies that it gave, and replies that it kept.

    `saved_usd` is what the given ones had cost; `unpriced` counts those of unknown price.
    """

    given: int = 0
    kept: int = 0
    saved_usd: float = 0.0
    unpriced: int = 0


class Store:
    """Requests and replies in one file, for all runs of all processes that open it.

    Everything touches the file on this store's own thread, and returns a future. Those fail with
    ConfigurationError, one sentence, where the file can't be used; the store tries again with the
    next task. Whatever is put while a commit is under way goes into the next one together.
    """

    def __init__(self, path: Path, beside: Path | None) -> None:
        self.path = path
        self.beside = beside
        self.longest_bytes = _LONGEST
        self.activity = Activity()
        self._lock = threading.Lock()
        self._start()

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        longest_bytes: int | None = None,
        beside: Path | None = None,
    ) -> Store:
        """Return the store at `path`, or at the default place; one for all who open the same.

        Above `longest_bytes` (None: as it is, 1 GB at first) it drops what was used least recently.
        `beside` is a second file, the one that came with a notebook: it is read as well, where
        there is one, and never written. Raises ConfigurationError where one of them can't be used.
        """
        place = (path or store_path()).expanduser().absolute()
        with _opening:
            store = _stores.get((place, beside))
            if store is None:
                store = _stores[place, beside] = cls(place, beside)
        if longest_bytes is not None:
            store.longest_bytes = longest_bytes
        store._submit(store._check).result()
        return store

    def get(self, keys: Sequence[str]) -> Future[dict[str, Entry]]:
        """Return the entries of those `keys` that are there, and mark them as used."""
        return self._submit(lambda: self._get(keys))

    def put(self, entry: Entry) -> Future[None]:
        """Keep `entry`; once the future is done, the end of the process doesn't lose it."""
        return self._submit(replace(entry, messages=tuple(entry.messages)))

    def nearest(
        self, model: str, messages: Sequence[Message], parameters: Mapping[str, Any]
    ) -> Future[Nearest | None]:
        """Return which recorded request is most like this one; None: none of `model` is there."""
        asked = tuple(messages)

        def look() -> Nearest | None:
            found: list[Nearest] = []
            for file in self._files():
                with file.use() as connection:
                    found += nearest_in(connection, model, asked, parameters)
            return max(found, key=lambda it: it.likeness, default=None)

        return self._submit(look)

    def export(self, path: Path, keys: Iterable[str]) -> Future[tuple[int, int]]:
        """Add entries of this store, and of the one beside, to the file at `path`.

        Returns how many are new there, and all that it holds then.
        """
        if path.absolute() == self.path:
            raise ConfigurationError(f"{path} is the store itself: choose another path.")

        def copy() -> tuple[int, int]:
            with ExitStack() as stack:
                sources = [stack.enter_context(file.use()) for file in self._files()]
                return export_entries(sources, path, keys)

        return self._submit(copy)

    def run(self, task: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Do `task` with the open file, and no other."""

        def do() -> T:
            with self._file.use() as connection:
                return task(connection)

        return self._submit(do)

    def close(self) -> Future[None]:
        """Close the file once all is written; the next task opens it again."""
        return self._submit(self._close)

    def _start(self) -> None:
        self._file = StoreFile(self.path)
        self._beside = StoreFile(self.beside, read_only=True) if self.beside else None
        self._used: dict[str, float] = {}
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def _submit(self, what: Entry | Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # nobody takes back what is on its way to the file
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._serve, name="rlm-magic-store", daemon=True
                    )
                    self._thread.start()
        self._tasks.put((future, what))
        return future

    def _serve(self) -> None:
        while True:
            puts: list[tuple[Future[Any], Entry]] = []
            calls: list[tuple[Future[Any], Callable[[], Any]]] = []
            for future, what in self._next_tasks():
                if isinstance(what, Entry):
                    puts.append((future, what))
                else:
                    calls.append((future, what))
            if puts or not calls:
                self._write(puts)
            for future, call in calls:
                try:
                    future.set_result(call())
                except BaseException as error:  # this thread serves all others
                    future.set_exception(error)

    def _next_tasks(self) -> list[Task]:
        """Return what there is to do; nothing, after a while, where marks are to be written."""
        try:
            tasks = [self._tasks.get(timeout=_SECONDS_TO_MARK if self._used else None)]
        except Empty:
            return []
        with suppress(Empty):
            while len(tasks) < _MOST_AT_ONCE:
                tasks.append(self._tasks.get_nowait())
        return tasks

    def _write(self, puts: Sequence[tuple[Future[None], Entry]]) -> None:
        """Write the entries, and what was used, in one transaction."""
        entries: dict[Future[None], Row] = {}
        messages: list[Row] = []
        for future, entry in puts:
            try:
                said = message_rows(entry.messages)
                entries[future] = entry_row(entry, str(said[-1][0]))
            except Exception as error:
                future.set_exception(error)
            else:
                messages += said
        used, self._used = self._used, {}
        try:
            if not entries and not self._file.exists():
                return  # a file that a person deleted doesn't come back for marks
            with self._file.use() as connection, transaction(connection):
                insert(connection, entries.values(), messages)
                mark_used(connection, used)
        except Exception as error:
            for future in entries:
                future.set_exception(error)
            return
        self._did(kept=len(entries))
        for future in entries:
            future.set_result(None)
        with suppress(Exception), self._file.use() as connection:
            trim(connection, self.longest_bytes)

    def _check(self) -> None:
        for file in self._files():
            with file.use():
                pass

    def _get(self, keys: Sequence[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for file in self._files():
            with file.use() as connection:
                found |= select(connection, [key for key in keys if key not in found])
        self._used |= dict.fromkeys(found, time.time())
        usd = [entry.usd for entry in found.values()]
        self._did(len(found), saved_usd=sum(it or 0.0 for it in usd), unpriced=usd.count(None))
        return found

    def _files(self) -> list[StoreFile]:
        beside = self._beside
        return [self._file, beside] if beside and beside.exists() else [self._file]

    def _did(
        self, given: int = 0, kept: int = 0, saved_usd: float = 0.0, unpriced: int = 0
    ) -> None:
        before = self.activity
        self.activity = Activity(
            before.given + given,
            before.kept + kept,
            before.saved_usd + saved_usd,
            before.unpriced + unpriced,
        )

    def _close(self) -> None:
        if self._used:
            self._write([])
        self._file.close()
        if self._beside:
            self._beside.close()


_stores: dict[tuple[Path, Path | None], Store] = {}
_opening = threading.Lock()
_of_parent: list[object] = []


def _begin_in_child() -> None:
    """After a fork: a thread and a file of its own. SQLite forbids even to close the parent's."""
    global _opening
    _opening = threading.Lock()
    for store in _stores.values():
        _of_parent.extend([store._file, store._beside])
        store._lock = threading.Lock()
        store._start()


def _close_all() -> None:
    """At the end of the process: wait until all is written, but not for ever."""
    wait_for([it.close() for it in _stores.values() if it._thread], timeout=_SECONDS_TO_CLOSE)


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
