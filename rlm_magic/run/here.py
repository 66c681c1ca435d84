"""Runs a coroutine to its end on the calling thread, also where an event loop runs already."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rlm_magic.workspace.execution.interrupt import nested_event_loop

__all__ = ["run_here"]

T = TypeVar("T")


def run_here(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what `coroutine` results in; it runs on an event loop of its own.

    A loop that already runs on the thread (a notebook's) stands still meanwhile, as it does for any
    call that blocks.
    """
    # With a factory of its own, the runner leaves the loop that is set for the thread alone.
    with _outer_loop_set_aside(), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def _outer_loop_set_aside() -> Iterator[None]:
    outer = asyncio._get_running_loop()
    if outer is None:
        yield
        return
    task = asyncio.current_task(outer)
    if task is not None:
        asyncio.tasks._leave_task(outer, task)
    asyncio._set_running_loop(None)
    try:
        with nested_event_loop():
            yield
    finally:
        asyncio._set_running_loop(outer)
        if task is not None:
            asyncio.tasks._enter_task(outer, task)
