"""One call of a model, with all its requests: reserved, sent in turn, settled, sent again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rlm_magic.errors import BudgetError, ModelError
from rlm_magic.events import Abandoned
from rlm_magic.models.client import Client
from rlm_magic.models.cost import NOTHING, Cost
from rlm_magic.models.hedging import Stragglers
from rlm_magic.models.ledger import Ledger
from rlm_magic.models.retrying import (
    MAY_BE_CHARGED,
    NEVER_SENT,
    REFUSALS,
    RetryPolicy,
    kind_of,
)
from rlm_magic.models.scheduling.scheduler import Slot, scheduler
from rlm_magic.models.spec import Completion, Message

__all__ = ["Call", "Terms"]

_NOTHING_ABANDONED = Abandoned()


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a run calls models: whose account, how many at once, how often again.

    Once it `is_over`, nothing more is sent.
    """

    run: str
    ledger: Ledger
    concurrency: int
    policy: RetryPolicy
    is_over: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class Call:
    """A call, on the I/O thread; `reserved` was taken for its first request with its batch.

    `on_send` is called when its first request goes out, `on_retry` with the error and the seconds
    to wait before a further one, `on_hedge` when one is sent beside it, `on_pause` with the
    model's words and the seconds that it asks to wait, `on_text` with each piece of a reply that
    is to be streamed. `admit` is asked just before a request is sent: it may raise, or return what
    to wait for before it is asked again.
    `abandoned` is what was spent besides the reply.
    """

    client: Client
    messages: Sequence[Message]
    terms: Terms
    reserved: Cost | None = None
    stragglers: Stragglers | None = None
    admit: Callable[[], Awaitable[object] | None] | None = None
    on_send: Callable[[], object] | None = None
    on_retry: Callable[[ModelError, float], object] | None = None
    on_hedge: Callable[[], object] | None = None
    on_pause: Callable[[str, float], object] | None = None
    on_text: Callable[[str], None] | None = None
    retries: int = 0
    is_hedged: bool = False
    abandoned: Abandoned = _NOTHING_ABANDONED
    _sent_at: float | None = None

    def give_back(self) -> None:
        """Give back what was reserved for a request that was never begun."""
        if self.reserved is not None:
            self.terms.ledger.settle(self.reserved, NOTHING)
            self.reserved = None

    async def complete(self) -> Completion:
        """Return the reply.

        Raises ModelError where it can't be had, BudgetError where it can't be paid for.
        """
        faults: Counter[str] = Counter()
        reserved, self.reserved = self.reserved or self._reserved(), None
        while True:
            try:
                return await self._request(reserved)
            except ModelError as error:
                faults[kind_of(error.fault)] += 1
                wait = self.terms.policy.wait(error, faults, self.retries + 1, self._age)
                if wait is None:
                    raise
                reserved = self._reserved_again(error)
                self.retries += 1
                if self.on_retry:
                    self.on_retry(error, wait)
                await self._pause(wait, reserved)

    @property
    def _age(self) -> float:
        """Seconds since the first request was sent."""
        return 0.0 if self._sent_at is None else time.monotonic() - self._sent_at

    def _reserved(self) -> Cost:
        cost = self.client.worst_case(self.messages)
        self.terms.ledger.reserve(cost)
        return cost

    def _reserved_again(self, error: ModelError) -> Cost:
        try:
            return self._reserved()
        except BudgetError:
            raise ModelError(
                f"{error} The budget doesn't cover another try.", error.fault
            ) from None

    async def _pause(self, seconds: float, reserved: Cost) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.terms.ledger.settle(reserved, NOTHING)
            raise

    async def _request(self, reserved: Cost, *, is_hedge: bool = False) -> Completion:
        """Send one request when it is its turn; what was reserved for it is settled in any case."""
        try:
            slot = await self._admitted()
        except BaseException:
            self.terms.ledger.settle(reserved, NOTHING)
            raise
        try:
            self._tell_sending(is_hedge)
            if self.stragglers is None or is_hedge:
                return await self._exchange(reserved, slot)
            return await self._race(reserved, slot, self.stragglers)
        finally:
            slot.release()

    async def _admitted(self) -> Slot:
        while True:
            slot = await self._slot()
            if self.terms.is_over():  # this one would be cancelled in a moment
                slot.release()
                raise asyncio.CancelledError
            try:
                doubt = self.admit() if self.admit else None
            except BaseException:
                slot.release()
                raise
            if doubt is None:
                return slot
            slot.release()  # those who will remove the doubt may need it
            await doubt

    async def _slot(self) -> Slot:
        terms, pace = self.terms, self.client.pace
        if self.on_pause and pace.pause:
            self.on_pause(pace.refusal, pace.pause)
        patience = max(0.0, terms.policy.deadline - self._age)
        slot = await scheduler().slot(terms.run, pace, terms.concurrency, patience)
        if slot is None:
            raise ModelError(
                f"{pace.refusal} It asks to wait {pace.pause:,.0f} s, longer than the deadline.",
                "rate_limit",
                pace.pause,
            )
        return slot

    def _tell_sending(self, is_hedge: bool) -> None:
        if self._sent_at is None:
            self._sent_at = time.monotonic()
            if self.on_send:
                self.on_send()
        if is_hedge:
            self.is_hedged = True
            if self.on_hedge:
                self.on_hedge()

    async def _exchange(self, reserved: Cost, slot: Slot) -> Completion:
        """Send one request and settle what it took."""
        pace, ledger = self.client.pace, self.terms.ledger
        try:
            done = await self.client.complete(self.messages, self.on_text)
        except ModelError as error:
            if error.fault in REFUSALS:
                pace.refused(slot.epoch, str(error), error.retry_after)
                if error.retry_after:
                    scheduler().reconsider(pace)
            elif error.fault == "timeout":
                pace.refused(slot.epoch, str(error))
            if error.fault in MAY_BE_CHARGED:
                self._abandon()
            else:
                ledger.settle(reserved, NOTHING if error.fault in NEVER_SENT else Cost(1, 0, 0.0))
            raise
        except asyncio.CancelledError:
            self._abandon()
            raise
        pace.answered()
        # Without usage figures nobody knows what it took: the worst case stands for it.
        if done.cost is not None:
            ledger.settle(reserved, done.cost)
        return done

    async def _race(self, reserved: Cost, slot: Slot, stragglers: Stragglers) -> Completion:
        """Send a request, and when it straggles another one; the first reply wins."""
        straggling = stragglers.sent()
        racers = [asyncio.create_task(self._exchange(reserved, slot))]
        done: Completion | None = None
        try:
            ends: set[asyncio.Future[Any]] = {racers[0], straggling}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not racers[0].done():
                with suppress(BudgetError):  # then there is none
                    second = self._request(self._reserved(), is_hedge=True)
                    racers.append(asyncio.create_task(second))
            done = await _first_reply(racers)
            return done
        finally:
            stragglers.ended(straggling, None if done is None else done.seconds)
            for racer in racers:
                racer.cancel()
            for end in await asyncio.gather(*racers, return_exceptions=True):
                if isinstance(end, Completion) and end is not done:
                    self._lose(end)  # both replied at once

    def _abandon(self) -> None:
        """Leave the worst case in the account: nobody knows what the request really took."""
        self._add(self.client.worst_case(self.messages, bounded=True))

    def _lose(self, done: Completion) -> None:
        self._add(done.cost or self.client.worst_case(self.messages, bounded=True))

    def _add(self, cost: Cost) -> None:
        lost = Abandoned(requests=1, tokens=cost.tokens, usd=cost.usd)
        before = self.abandoned
        unknown = before.usd is None or lost.usd is None
        self.abandoned = Abandoned(
            requests=before.requests + 1,
            tokens=before.tokens + lost.tokens,
            usd=None if unknown else (before.usd or 0.0) + (lost.usd or 0.0),
        )


async def _first_reply(racers: list[asyncio.Task[Completion]]) -> Completion:
    """Return the first reply; where there is none, raise what the first racer raised."""
    pending = set(racers)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for racer in racers:
            if racer in done and racer.exception() is None:
                return racer.result()
    return racers[0].result()
