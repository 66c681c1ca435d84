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


class Slot:
    """The right to have one request in flight, until `release`."""

    __slots__ = ("_pace", "_scheduler", "epoch")

    def __init__(self, scheduler: Scheduler, pace: Pace) -> None:
        self._scheduler = scheduler
        self._pace = pace
        self.epoch = pace.begin()

    def release(self) -> None:
        """Let the next request go."""
        self._pace.in_flight -= 1
        self._scheduler.freed()


class _Queue:
    """The requests of one run to one model that wait, first come first served."""

    __slots__ = ("most", "pace", "waiting")

    def __init__(self, pace: Pace, most: int) -> None:
        self.pace = pace
        self.most = most
        self.waiting: deque[asyncio.Future[Slot]] = deque()

    def next(self) -> asyncio.Future[Slot] | None:
        """Drop those who went away, and return the one who is next."""
        while self.waiting:
            if not self.waiting[0].done():
                return self.waiting[0]
            self.waiting.popleft()
        return None


class Scheduler:
    """Gives out slots: while a run sends, the process has at most its `most` requests in flight."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._queues: dict[tuple[str, Pace], _Queue] = {}
        self._alarm: asyncio.TimerHandle | None = None

    async def slot(self, run: str, pace: Pace, most: int) -> Slot:
        """Wait for a slot of `run` for a request at `pace`; the caller releases it."""
        if not self._queues and self._in_flight < most and pace.has_room:
            self._in_flight += 1
            return Slot(self, pace)
        queue = self._queues.get((run, pace))
        if queue is None:
            queue = self._queues[run, pace] = _Queue(pace, most)
        mine: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        queue.waiting.append(mine)
        self._fill()
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                mine.result().release()
            raise

    def freed(self) -> None:
        """Give the slot that became free to whose turn it is."""
        self._in_flight -= 1
        self._fill()

    def _fill(self) -> None:
        while self._start_one():
            pass

    def _start_one(self) -> bool:
        resumes: list[float] = []
        for key, queue in list(self._queues.items()):
            waiting = queue.next()
            if waiting is None:
                del self._queues[key]
            elif self._in_flight < queue.most and queue.pace.has_room:
                self._in_flight += 1
                waiting.set_result(Slot(self, queue.pace))
                queue.waiting.popleft()
                del self._queues[key]
                if queue.waiting:
                    self._queues[key] = queue  # behind the others: they take turns
                return True
            elif queue.pace.is_paused:
                resumes.append(queue.pace.paused_until)
        if resumes:
            self._wake_at(min(resumes))
        return False

    def _wake_at(self, moment: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        # A little later, as clocks have their resolution.
        self._alarm = asyncio.get_running_loop().call_at(moment + 0.001, self._fill)


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
