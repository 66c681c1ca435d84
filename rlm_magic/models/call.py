"""One call of a model, with all its requests: reserved, sent in turn, settled, sent again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rlm_magic.errors import BudgetError, ModelError
from rlm_magic.events import Abandoned
from rlm_magic.models.client import Client
from rlm_magic.models.cost import NOTHING, Cost
from rlm_magic.models.ledger import Ledger
from rlm_magic.models.retrying import MAY_BE_CHARGED, NEVER_SENT, REFUSALS, RetryPolicy
from rlm_magic.models.scheduling.scheduler import scheduler
from rlm_magic.models.spec import Completion, Message

__all__ = ["Call", "Terms", "together"]

_NOTHING_ABANDONED = Abandoned()


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a run calls models: whose account, how many at once, how often again."""

    run: str
    ledger: Ledger
    concurrency: int
    policy: RetryPolicy


@dataclass(slots=True)
class Call:
    """A call, on the I/O thread; `reserved` was taken for its first request with its batch.

    `on_send` is called when its first request goes out, `on_retry` with the error and the seconds
    to wait before a further one, `on_text` with each piece of a reply that is to be streamed.
    """

    client: Client
    messages: Sequence[Message]
    terms: Terms
    reserved: Cost | None = None
    on_send: Callable[[], object] | None = None
    on_retry: Callable[[ModelError, float], object] | None = None
    on_text: Callable[[str], None] | None = None
    was_asked: bool = False
    retries: int = 0
    abandoned: Abandoned = _NOTHING_ABANDONED

    def give_back(self) -> None:
        """Give back what was reserved for a request that was never sent."""
        self._settle(NOTHING)

    async def complete(self) -> Completion:
        """Return the reply; raise ModelError where it can't be had, BudgetError where it can't be
        paid for.

        When it is cancelled before anything was sent, the reservation is given back.
        """
        self.was_asked = True
        began = time.monotonic()
        faults = 0
        while True:
            try:
                return await self._request()
            except ModelError as error:
                faults += error.fault not in REFUSALS
                passed = time.monotonic() - began
                wait = self.terms.policy.wait(error, faults, self.retries + 1, passed)
                if wait is None:
                    raise
                try:
                    self._reserve()
                except BudgetError:
                    raise ModelError(
                        f"{error} The budget doesn't cover another try.", error.fault
                    ) from None
                self.retries += 1
                if self.on_retry:
                    self.on_retry(error, wait)
                await self._pause(wait)

    def _reserve(self) -> None:
        cost = self.client.worst_case(self.messages)
        self.terms.ledger.reserve(cost)
        self.reserved = cost

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.give_back()
            raise

    async def _request(self) -> Completion:
        """Send one request when it is its turn, and settle what it took."""
        client, terms = self.client, self.terms
        if self.reserved is None:
            self._reserve()
        pace = client.pace
        try:
            slot = await scheduler().slot(terms.run, pace, terms.concurrency)
        except asyncio.CancelledError:
            self.give_back()
            raise
        try:
            if self.on_send:
                self.on_send()
                self.on_send = None
            done = await client.complete(self.messages, self.on_text)
        except ModelError as error:
            if error.fault in REFUSALS:
                pace.refused(slot.epoch, error.retry_after)
            elif error.fault == "timeout":
                pace.refused(slot.epoch, None)
            if error.fault in MAY_BE_CHARGED:
                self._abandon()
            else:
                self._settle(NOTHING if error.fault in NEVER_SENT else Cost(1, 0, 0.0))
            raise
        except asyncio.CancelledError:
            self._abandon()
            raise
        finally:
            slot.release()
        pace.answered()
        # Without usage figures nobody knows what it took: the worst case stands for it.
        self._settle(done.cost or self.reserved)
        return done

    def _settle(self, used: Cost | None) -> None:
        if self.reserved is not None and used is not None:
            self.terms.ledger.settle(self.reserved, used)
        self.reserved = None

    def _abandon(self) -> None:
        """Leave the worst case in the account: nobody knows what the request really took."""
        at_worst = self.client.worst_case(self.messages, bounded=True)
        lost = Abandoned(requests=1, tokens=at_worst.tokens, usd=at_worst.usd)
        self.abandoned = together([self.abandoned, lost])
        self.reserved = None


def together(parts: Iterable[Abandoned]) -> Abandoned:
    """Return the sum of what was abandoned."""
    total = _NOTHING_ABANDONED
    for part in parts:
        if part.requests:
            unknown = total.usd is None or part.usd is None
            total = Abandoned(
                requests=total.requests + part.requests,
                tokens=total.tokens + part.tokens,
                usd=None if unknown else (total.usd or 0.0) + (part.usd or 0.0),
            )
    return total
