"""What a root run shares with all its child runs: models, ledger, interrupt, approval, recorder."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rlm_magic.approval.policy import Policy
from rlm_magic.errors import RLMError
from rlm_magic.models.caching import Cache
from rlm_magic.models.call import Terms
from rlm_magic.models.collector import old_objects_spared
from rlm_magic.models.io_thread import io_thread
from rlm_magic.models.ledger import Ledger
from rlm_magic.models.retrying import RetryPolicy
from rlm_magic.run.models import Models
from rlm_magic.settings import Limits, Thresholds
from rlm_magic.trace.recorder import Recorder
from rlm_magic.workspace.execution.bridge import can_wait, wait_for
from rlm_magic.workspace.execution.host import Host, PlainHost
from rlm_magic.workspace.execution.interrupt import Interrupt, Interrupted

__all__ = ["RunTree"]

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class RunTree:
    """The shared state of a run tree. `cache` and `calls` belong to the I/O thread.

    `hedge` is the multiple of a batch's median beyond which a sub-call is asked again. `failure` is
    an error of a helper that ends the run, whatever the code makes of it.
    """

    recorder: Recorder
    ledger: Ledger
    limits: Limits
    policy: Policy
    models: Models
    cache: Cache
    retry_policy: RetryPolicy
    concurrency: int
    confirm: Thresholds
    hedge: float | None = None
    stream: bool = False
    failure: RLMError | None = None
    host: Host = field(default_factory=PlainHost)
    interrupt: Interrupt = field(default_factory=Interrupt)
    has_ended: bool = False
    process: int = field(default_factory=os.getpid)
    calls: set[asyncio.Task[Any]] = field(default_factory=set)
    _is_sparing: bool = False
    _until_end: ExitStack = field(default_factory=ExitStack)
    call_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    batch_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    spend_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def terms(self, run: str) -> Terms:
        """Return the terms on which `run` calls models."""
        return Terms(run, self.ledger, self.concurrency, self.retry_policy, self._is_over)

    def _is_over(self) -> bool:
        return self.interrupt.reason is not None

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """End the tree when its budget of seconds does; busy code too, on the main thread."""
        seconds = self.ledger.seconds_left
        if seconds is None:
            yield
            return
        seconds = min(seconds, threading.TIMEOUT_MAX)
        timer = threading.Timer(seconds, self.interrupt.set, ["over_budget"])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count the current task of the I/O thread among the calls of this tree."""
        task = asyncio.current_task()
        assert task is not None
        self.calls.add(task)
        try:
            yield
        finally:
            self.calls.discard(task)

    def spare_old_objects(self) -> None:
        """Keep the garbage collector away from what there is now, until the end of the tree."""
        if not self._is_sparing:
            self._is_sparing = True
            self._until_end.enter_context(old_objects_spared())

    def end(self) -> None:
        """End what still goes on in the tree: its helpers refuse, its calls are cancelled.

        The calls get a moment to end and to say so in the trace.
        """
        self.has_ended = True
        self.interrupt.set("stopped")
        with suppress(TimeoutError):  # the I/O thread may be busy with loading litellm
            io_thread().submit(self._calls_ended()).result(timeout=0.3)
        self._until_end.close()

    async def _calls_ended(self) -> None:
        if self.calls:
            await asyncio.wait(self.calls, timeout=0.2)

    async def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the I/O thread and await it under the interrupt."""
        return await self.interrupt.guard(asyncio.wrap_future(io_thread().submit(coroutine)))

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the I/O thread and return its result to synchronous code.

        In generated code the event loop goes on meanwhile; any other thread just blocks. Raises
        what `check` raises.
        """
        try:
            self.check()
        except BaseException:
            coroutine.close()
            raise
        future = io_thread().submit(coroutine)
        if can_wait():
            return wait_for(asyncio.wrap_future(future))
        return self._block_on(future)

    def check(self) -> None:
        """Raise RuntimeError where models can't be asked, KeyboardInterrupt after an interrupt.

        In a task or on another thread that is Interrupted: asyncio would let a KeyboardInterrupt
        end the event loop, and with it the person's kernel.
        """
        if os.getpid() != self.process:
            raise RuntimeError(
                "Models can't be asked from another process: use llm_query_batched, or threads."
            )
        if self.has_ended:
            raise RuntimeError("This helper belongs to a run that has ended; nothing was sent.")
        if self.interrupt.reason is not None:
            raise KeyboardInterrupt if can_wait() else Interrupted

    def _block_on(self, future: Future[T]) -> T:
        with self.interrupt.calling(future.cancel):
            try:
                return future.result()
            except CancelledError:
                raise Interrupted from None
            except BaseException:
                future.cancel()
                raise
