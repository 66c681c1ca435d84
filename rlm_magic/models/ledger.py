"""The account of a run tree: every call is reserved at its worst case before it is sent.

One ledger serves the root model, sub-calls and child runs on all threads, under one lock; calls in
flight count with what was reserved for them until `settle` puts in what they really used.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from rlm_magic.errors import BudgetError
from rlm_magic.settings import Budget

__all__ = ["Cost", "Ledger"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call or a batch takes from the budget; `usd` is None where no price is known."""

    calls: int
    tokens: int
    usd: float | None

    def __add__(self, other: Cost) -> Cost:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Cost(self.calls + other.calls, self.tokens + other.tokens, usd)


class Ledger:
    """Reserves and settles against one `Budget`; its clock starts when it is made."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._calls = 0
        self._tokens = 0
        self._usd = 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the time budget ends, None without one."""
        if self.budget.seconds is None:
            return None
        return max(0.0, self._started + self.budget.seconds - time.monotonic())

    @property
    def calls_left(self) -> int | None:
        """Calls that can still be reserved, None without a budget for calls."""
        return None if self.budget.calls is None else self.budget.calls - self._calls

    def reserve(self, cost: Cost) -> None:
        """Take `cost` from what remains; raise BudgetError, with nothing taken, if it can't be."""
        with self._lock:
            refusal = self._refusal(cost)
            if refusal:
                raise BudgetError(refusal)
            self._calls += cost.calls
            self._tokens += cost.tokens
            self._usd += cost.usd or 0.0

    def settle(self, reserved: Cost, used: Cost) -> None:
        """Replace a reservation by what was really used (`Cost(0, 0, 0.0)`: never sent)."""
        with self._lock:
            self._calls += used.calls - reserved.calls
            self._tokens += used.tokens - reserved.tokens
            # A reply without usage figures can't be priced: the worst case stands for it.
            if used.usd is not None:
                self._usd += used.usd - (reserved.usd or 0.0)

    def _refusal(self, cost: Cost) -> str | None:
        budget = self.budget
        what = "this call" if cost.calls == 1 else f"this batch of {cost.calls:,} calls"
        if self.seconds_left == 0.0:
            return f"The budget of {budget.seconds:g} seconds is used up, so {what} was not sent."
        if budget.calls is not None and self._calls + cost.calls > budget.calls:
            return (
                f"The budget is {budget.calls:,} model calls and {budget.calls - self._calls:,} "
                f"remain, so {what} was not sent."
            )
        if budget.tokens is not None and self._tokens + cost.tokens > budget.tokens:
            return (
                f"The budget is {budget.tokens:,} tokens and {budget.tokens - self._tokens:,} "
                f"remain, so {what}, which may take {cost.tokens:,} at worst, was not sent."
            )
        if budget.usd is not None:
            if cost.usd is None:
                return (
                    f"The budget is in dollars and a model's price is unknown, so {what} was not "
                    "sent; use a budget of tokens or calls."
                )
            if self._usd + cost.usd > budget.usd:
                return (
                    f"The budget is ${budget.usd:g} and ${budget.usd - self._usd:.4f} remain, so "
                    f"{what}, which may cost ${cost.usd:.4f}, was not sent."
                )
        return None
