"""One scheduler for the requests of all runs of the process; it belongs to the I/O thread.

A request waits in the queue of its run and model, and queues take turns, so that a batch of
thousands holds up no other run and a model that refuses requests holds up no other model.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from functools import cache

from rlm_magic.models.scheduling.pace import Pace

__all__ = ["Scheduler", "Slot", "pace_of", "scheduler"]


class _Run:
    """A run that sends or waits: how many requests it has in flight, and its most."""

    __slots__ = ("in_flight", "most", "queues")

    def __init__(self, most: int) -> None:
        self.most = most
        self.in_flight = 0
        self.queues = 0


class Slot:
    """The right to have one request in flight, until `release`."""

    __slots__ = ("_pace", "_run", "_scheduler", "epoch")

    def __init__(self, scheduler: Scheduler, run: str, pace: Pace) -> None:
        self._scheduler = scheduler
        self._run = run
        self._pace = pace
        self.epoch = pace.begin()

    def release(self) -> None:
        """Let the next request go."""
        self._pace.in_flight -= 1
        self._scheduler.freed(self._run)


Waiting = asyncio.Future[Slot | None]


class Scheduler:
    """Gives out slots.

    A run has at most its own number of requests in flight, and all runs together the largest of
    the numbers of those that send or wait.
    """

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._queues: dict[tuple[str, Pace], deque[Waiting]] = {}
        self._in_flight = 0
        self._most = 0
        self._alarm: asyncio.TimerHandle | None = None

    async def slot(self, run: str, pace: Pace, most: int, patience: float) -> Slot | None:
        """Wait for a slot of `run` for a request at `pace`; the caller releases it.

        Returns None where the model asks to wait for more than `patience` seconds.
        """
        while pace.pause <= patience:
            mine = self._queue_up(run, pace, most)
            try:
                slot = await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled() and (given := mine.result()):
                    given.release()
                raise
            if slot is not None:
                return slot
        return None

    def freed(self, run: str) -> None:
        """Give the slot that became free to whose turn it is."""
        self._in_flight -= 1
        self._runs[run].in_flight -= 1
        self._forget(run)
        self._fill()

    def reconsider(self, pace: Pace) -> None:
        """Have all who wait for `pace`, which asks for a pause, think about whether they will."""
        for key in [key for key in self._queues if key[1] is pace]:
            for waiting in self._queues.pop(key):
                if not waiting.done():
                    waiting.set_result(None)
            self._runs[key[0]].queues -= 1
            self._forget(key[0])

    def _queue_up(self, run: str, pace: Pace, most: int) -> Waiting:
        mine: Waiting = asyncio.get_running_loop().create_future()
        if run not in self._runs:
            self._runs[run] = _Run(most)
            self._most = max(self._most, most)
        key = run, pace
        if key not in self._queues:
            self._queues[key] = deque()
            self._runs[run].queues += 1
        self._queues[key].append(mine)
        self._fill()
        return mine

    def _forget(self, run: str) -> None:
        known = self._runs[run]
        if not known.in_flight and not known.queues:
            del self._runs[run]
            self._most = max((other.most for other in self._runs.values()), default=0)

    def _fill(self) -> None:
        while self._in_flight < self._most and self._start_one():
            pass

    def _start_one(self) -> bool:
        """Start a request of the first queue whose turn it is; the queue goes behind the others."""
        pauses: list[float] = []
        for key, queue in list(self._queues.items()):
            while queue and queue[0].done():  # they went away
                queue.popleft()
            name, pace = key
            run = self._runs[name]
            if not queue:
                del self._queues[key]
                run.queues -= 1
                self._forget(name)
            elif run.in_flight < run.most and pace.has_room:
                del self._queues[key]
                self._queues[key] = queue
                self._in_flight += 1
                run.in_flight += 1
                queue.popleft().set_result(Slot(self, name, pace))
                return True
            elif pace.pause:
                pauses.append(pace.pause)
        if pauses:
            self._wake_in(min(pauses))
        return False

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        # A little later, as clocks have their resolution.
        self._alarm = asyncio.get_running_loop().call_later(seconds + 0.001, self._fill)


def scheduler() -> Scheduler:
    """Return the scheduler of this process."""
    return _scheduler(os.getpid())


def pace_of(model: str, api_base: str | None) -> Pace:
    """Return the pace of a model at an address, which all runs of this process share."""
    return _pace(model, api_base, os.getpid())


@cache
def _scheduler(process: int) -> Scheduler:
    return Scheduler()


@cache
def _pace(model: str, api_base: str | None, process: int) -> Pace:
    return Pace()
