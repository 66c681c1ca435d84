"""The one thread on which all model calls of the process run, with its own event loop.

The kernel's loop and the person's threads only hand coroutines over and wait for futures, so code
that blocks its thread on a sub-call, in a pool of threads too, can't block the calls themselves.
Only the coroutines handed over run on this thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

__all__ = ["IOThread", "io_thread"]

T = TypeVar("T")


class IOThread:
    """A daemon thread that runs an event loop for as long as the process lives."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="rlm-magic-io", daemon=True
        )
        self._thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(ready.set)
        self.loop.run_forever()

    def submit(self, call: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `call` on this thread; cancelling the returned future cancels it.

        The caller's context variables stay behind: what is printed here is not the code's output.
        """
        return contextvars.Context().run(asyncio.run_coroutine_threadsafe, call, self.loop)


_current: IOThread | None = None
_lock = threading.Lock()


def io_thread() -> IOThread:
    """Return the thread of this process, started on first use and anew after a fork."""
    global _current
    with _lock:
        if _current is None or _current.pid != os.getpid():
            _current = IOThread()
        return _current
