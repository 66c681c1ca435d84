"""Lets synchronous generated code wait for coroutines without leaving its thread.

Generated code runs in a greenlet on the thread of the event loop (in a notebook the main thread,
to which objects of the namespace may be tied). When a helper in it has to wait, the greenlet
switches to the loop with an awaitable and is switched back with the result; meanwhile the loop is
free for the panel, for approvals and for other runs. The idea is that of SQLAlchemy's asyncio
layer.

`drive` belongs to the event loop; `wait_for` and `run_coroutine` are called by the code.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeVar, cast

from greenlet import getcurrent, greenlet

from rlm_magic.workspace.execution.interrupt import Interrupt, Interrupted

__all__ = ["can_wait", "drive", "run_coroutine", "wait_for"]

T = TypeVar("T")


class _Code(greenlet):
    """Generated code; its parent is the greenlet in which the event loop runs."""


async def drive(code: Callable[[], T], *, context: contextvars.Context, interrupt: Interrupt) -> T:
    """Run `code` in a greenlet under `context`, awaiting for it what it waits for.

    An interrupt reaches the code as a KeyboardInterrupt, at its wait or in the middle of its work.
    The code has an asyncio task of its own: what asyncio.timeout and TaskGroup do to the current
    task (before Python 3.13 a TaskGroup can leave it marked as cancelled) stays within the code.
    """
    return await asyncio.create_task(_drive(code, context, interrupt))


async def _drive(code: Callable[[], T], context: contextvars.Context, interrupt: Interrupt) -> T:
    try:
        return await _switch_to_and_fro(code, context, interrupt)
    except KeyboardInterrupt:  # between code and loop; asyncio would let it end the loop
        raise Interrupted from None


async def _switch_to_and_fro(
    code: Callable[[], T], context: contextvars.Context, interrupt: Interrupt
) -> T:
    child = _Code(code, parent=getcurrent())
    child.gr_context = context
    with interrupt.occupying():
        interrupt.check()  # one that came before could no longer stop busy code
        result = child.switch()
    while not child.dead:
        try:
            value = await interrupt.guard(cast(Awaitable[Any], result))
        except Interrupted:
            with interrupt.occupying():
                result = child.throw(KeyboardInterrupt())
        except BaseException as error:
            with interrupt.occupying():
                result = child.throw(type(error), error, error.__traceback__)
        else:
            with interrupt.occupying():
                late = interrupt.reason is not None
                result = child.throw(KeyboardInterrupt()) if late else child.switch(value)
    return cast(T, result)


def can_wait() -> bool:
    """Whether the caller is code that `drive` runs, and not on another thread or in a task."""
    return isinstance(getcurrent(), _Code)


def wait_for(awaitable: Awaitable[T]) -> T:
    """Return what `awaitable` results in; only where `can_wait()`."""
    loop_side = cast(greenlet, getcurrent().parent)
    return cast(T, loop_side.switch(awaitable))


def run_coroutine(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of generated code (top-level `await`) step by step in its own greenlet.

    Each step runs here, so that helpers called in it can wait; only what it yields goes to the
    event loop.
    """
    send: Callable[[], Any] = lambda: coroutine.send(None)  # noqa: E731
    while True:
        try:
            yielded = send()
        except StopIteration as end:
            return cast(T, end.value)
        try:
            value = wait_for(_Yielded(yielded))
        except BaseException as error:
            send = _thrower(coroutine, error)
        else:
            send = _sender(coroutine, value)


def _sender(coroutine: Coroutine[Any, Any, Any], value: object) -> Callable[[], Any]:
    return lambda: coroutine.send(value)


def _thrower(coroutine: Coroutine[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: coroutine.throw(error)


class _Yielded:
    """Hands the event loop what a coroutine yielded: a future, or None for one turn."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self._value)
