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
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any, Literal, TypeVar

__all__ = ["CODE_FILE", "Interrupt", "Interrupted", "Reason", "catch_sigint", "nested_event_loop"]

CODE_FILE = "<rlm code "  # how the file names of generated code begin

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
        self._is_on_main = False

    def set(self, reason: Reason) -> None:
        """End the tree: wake every wait, and interrupt busy code on the main thread."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            wakers = list(self._wakers.values())
        for wake in wakers:
            wake()
        if self._is_on_main and threading.current_thread() is not threading.main_thread():
            _nudges.append(self)
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
            with suppress(RuntimeError):  # the loop of a child run on a thread of its own is closed
                loop.call_soon_threadsafe(finish)

        with self.calling(wake):
            try:
                await asyncio.wait({task, woken}, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                await _abandon(task)
                raise
        if task.done() and not task.cancelled():
            return task.result()
        await _abandon(task)
        self.check()
        raise asyncio.CancelledError

    def occupying(self) -> AbstractContextManager[None]:
        """Mark that generated code, or a question to the person, occupies this thread."""
        return _on_top(self)


async def _abandon(task: asyncio.Future[Any]) -> None:
    """Cancel `task`, and give it a moment to end."""
    task.cancel()
    await asyncio.wait({task}, timeout=0.1)
    if task.done() and not task.cancelled():
        task.exception()  # retrieved, so that asyncio doesn't report it as lost


# What occupies the main thread, innermost last; None is an event loop that was started inside.
_on_main: list[Interrupt | None] = []
_nudges: list[Interrupt] = []  # interrupts that are set already and only want the thread to raise
_active: list[Interrupt] = []
_previous: object = None


def _on_sigint(number: int, frame: FrameType | None) -> None:
    if _nudges:
        _nudges.clear()
    else:
        for interrupt in tuple(_active):
            interrupt.set("interrupted")
    if not _on_main:
        # In a task that code started: asyncio lets a KeyboardInterrupt of a task end the loop.
        if any(interrupt.reason for interrupt in _active) and _is_in_code(frame):
            raise Interrupted
        return
    innermost = _on_main[-1]
    if innermost is not None and innermost.reason is not None:
        raise KeyboardInterrupt


def _is_in_code(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(CODE_FILE):
            return True
        frame = frame.f_back
    return False


def nested_event_loop() -> AbstractContextManager[None]:
    """Mark that code on this thread stands still while an event loop runs inside of it.

    Until generated code of that loop occupies the thread, an interrupt doesn't raise but wakes it.
    """
    return _on_top(None)


@contextmanager
def _on_top(occupant: Interrupt | None) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _on_main.append(occupant)
    try:
        yield
    finally:
        _on_main.pop()


@contextmanager
def catch_sigint(interrupt: Interrupt) -> Iterator[None]:
    """Let SIGINT set `interrupt` for the length of a root run; does nothing off the main thread.

    ipykernel's own handler would cancel the cell's task without waking its loop, seconds late, and
    terminal IPython's would abandon the task half-way; so the handler is ours while a run lasts,
    shared by concurrent runs, and the earlier one is put back after the last. A run that generated
    code of another one started ends with that one.
    """
    global _previous
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _active:
        _previous = signal.signal(signal.SIGINT, _on_sigint)
    _active.append(interrupt)
    interrupt._is_on_main = True
    outer = next((occupant for occupant in reversed(_on_main) if occupant is not None), None)
    try:
        with outer.calling(lambda: _pass_on(outer, interrupt)) if outer else nullcontext():
            yield
    finally:
        interrupt._is_on_main = False
        _active.remove(interrupt)
        if not _active:
            _nudges.clear()
            # Also when generated code put a handler of its own in the place of ours.
            signal.signal(signal.SIGINT, _previous)  # type: ignore[arg-type]


def _pass_on(outer: Interrupt, inner: Interrupt) -> None:
    inner.set(outer.reason or "interrupted")
