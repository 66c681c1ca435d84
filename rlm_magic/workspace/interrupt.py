"""Ends a run tree from outside: Ctrl+C, Stop, or a time budget that ran out.

`set` may be called from any thread and from a signal handler. Whatever the tree waits for goes
through `guard`, which wakes at once; code that is busy on the main thread gets a KeyboardInterrupt.
"""

from __future__ import annotations

import _thread
import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal, TypeVar

__all__ = ["Interrupt", "Interrupted", "Reason", "catch_sigint"]

T = TypeVar("T")
Reason = Literal["interrupted", "stopped", "over_budget"]


class Interrupted(BaseException):
    """What a wait raises once the run's interrupt is set."""


class Interrupt:
    """One switch for a run tree, off until `set`; the first reason stands."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._lock = threading.RLock()  # re-entrant: a signal may come while this thread holds it
        self._wakers: dict[object, Callable[[], object]] = {}
        self._busy_threads: list[int] = []

    def set(self, reason: Reason) -> None:
        """End the tree: wake every wait, and interrupt busy code on the main thread."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            wakers = list(self._wakers.values())
        for wake in wakers:
            wake()
        main = threading.main_thread().ident
        if main in self._busy_threads and threading.get_ident() != main:
            _thread.interrupt_main()

    def check(self) -> None:
        """Raise Interrupted when the interrupt is set."""
        if self.reason is not None:
            raise Interrupted

    @contextmanager
    def calling(self, wake: Callable[[], object]) -> Iterator[None]:
        """Have `wake` called, on any thread, if the interrupt is set meanwhile (or is already)."""
        key = object()
        with self._lock:
            self._wakers[key] = wake
            already = self.reason is not None
        if already:
            wake()
        try:
            yield
        finally:
            with self._lock:
                del self._wakers[key]

    async def guard(self, awaitable: Awaitable[T]) -> T:
        """Await; once the interrupt is set, cancel what is awaited and raise Interrupted."""
        task = asyncio.ensure_future(awaitable)
        loop = asyncio.get_running_loop()
        woken = loop.create_future()

        def finish() -> None:
            if not woken.done():
                woken.set_result(None)

        def wake() -> None:
            loop.call_soon_threadsafe(finish)

        with self.calling(wake):
            try:
                await asyncio.wait({task, woken}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                task.cancel()
                raise
        if task.done() and not task.cancelled():
            return task.result()
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)
        if not task.cancelled() and task.done():
            task.exception()  # retrieved, so that asyncio doesn't report it as lost
        self.check()
        raise asyncio.CancelledError

    @contextmanager
    def occupying(self) -> Iterator[None]:
        """Mark that generated code, or a question to the person, occupies this thread."""
        thread = threading.get_ident()
        self._busy_threads.append(thread)
        try:
            yield
        finally:
            self._busy_threads.remove(thread)

    def occupies(self, thread: int) -> bool:
        """Whether `thread` is occupied, so that an interrupt there has to raise."""
        return thread in self._busy_threads


_active: list[Interrupt] = []
_previous: object = None


def _on_sigint(number: int, frame: FrameType | None) -> None:
    thread = threading.get_ident()
    busy = any(interrupt.occupies(thread) for interrupt in _active)
    for interrupt in tuple(_active):
        interrupt.set("interrupted")
    if busy:
        raise KeyboardInterrupt


@contextmanager
def catch_sigint(interrupt: Interrupt) -> Iterator[None]:
    """Let SIGINT set `interrupt` for the length of a root run; does nothing off the main thread.

    ipykernel's own handler would cancel the cell's task without waking its loop, seconds late, and
    terminal IPython's would abandon the task half-way; so the handler is ours while a run lasts,
    shared by concurrent runs, and the earlier one is put back after the last.
    """
    global _previous
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _active:
        _previous = signal.signal(signal.SIGINT, _on_sigint)
    _active.append(interrupt)
    try:
        yield
    finally:
        _active.remove(interrupt)
        if not _active:  # also when generated code put a handler of its own in the place of ours
            signal.signal(signal.SIGINT, _previous)  # type: ignore[arg-type]
