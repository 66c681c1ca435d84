"""The account of a run tree: every request is reserved at its worst case before it is sent.

One ledger serves the root model, sub-calls and child runs on all threads; requests in flight count
with what was reserved for them until `settle` puts in what they really used. A ledger may draw on a
parent, the account of a session: what is reserved has to fit in both.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import reduce

from rlm_magic.errors import BudgetError
from rlm_magic.models.cost import NOTHING, PICO, Cost, Room, Total, pico_of
from rlm_magic.settings import Budget

__all__ = ["NOTHING", "Cost", "Ledger"]


class Ledger:
    """Reserves and settles against one `Budget`, and against `parent`; its clock starts when made.

    `budget` may be replaced at any time; what was spent stays. `name` is what a refusal calls the
    budget, `setting` names what sets it.
    """

    def __init__(
        self, budget: Budget, parent: Ledger | None = None, name: str = "budget", setting: str = ""
    ) -> None:
        self.budget = budget
        self._name = name
        self._setting = setting
        self._chain: tuple[Ledger, ...] = (self, *parent._chain) if parent else (self,)
        self._lock: threading.Lock = parent._lock if parent else threading.Lock()
        self._started = time.monotonic()
        self._calls = 0
        self._tokens = 0
        self._pico = 0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the time budget ends, None without one."""
        if self.budget.seconds is None:
            return None
        return max(0.0, self._started + self.budget.seconds - time.monotonic())

    @property
    def calls_left(self) -> int | None:
        """Requests that can still be reserved, None without a budget for calls."""
        return self._room().calls

    @property
    def usd_left(self) -> float | None:
        """Dollars that can still be reserved, None without a budget of dollars."""
        pico = self._room().pico
        return None if pico is None else pico / PICO

    @property
    def spent(self) -> Cost:
        """What was used, and what is reserved for requests in flight; unknown prices count as 0."""
        with self._lock:
            return Cost(self._calls, self._tokens, self._pico / PICO)

    @property
    def needs_worst_cases(self) -> bool:
        """Whether tokens or dollars are bounded; else a request may be reserved at no cost."""
        return any(
            ledger.budget.tokens is not None or ledger.budget.usd is not None
            for ledger in self._chain
        )

    def reserve(self, cost: Cost) -> None:
        """Take `cost` from what remains; raise BudgetError, with nothing taken, if it can't be."""
        self.reserve_all([cost])

    def reserve_all(self, costs: Sequence[Cost]) -> None:
        """Take the `costs` of a batch, a request each.

        Raises BudgetError, with nothing taken, if they don't all fit; it says how many would, and
        with which limit on the output all would.
        """
        total = Total.of(costs)
        with self._lock:
            for ledger in self._chain:
                if refusal := ledger._closed(total):
                    raise BudgetError(refusal)
                if refusal := ledger._too_little(total):
                    raise BudgetError(f"{refusal}{self._room().advice(costs, total)}")
            self._add(total.calls, total.tokens, total.pico)

    def settle(self, reserved: Cost, used: Cost) -> None:
        """Replace a reservation by what was really used (`NOTHING`: never sent)."""
        # Without a price there is no telling what was used: the worst case stands for it.
        pico = 0 if used.usd is None else pico_of(used.usd) - pico_of(reserved.usd)
        with self._lock:
            self._add(used.calls - reserved.calls, used.tokens - reserved.tokens, pico)

    def _add(self, calls: int, tokens: int, pico: int) -> None:
        for ledger in self._chain:
            ledger._calls += calls
            ledger._tokens += tokens
            ledger._pico += pico

    def _own_room(self) -> Room:
        # Providers that report more than the worst case overdraw a budget.
        calls, tokens, usd = self.budget.calls, self.budget.tokens, self.budget.usd
        return Room(
            None if calls is None else max(0, calls - self._calls),
            None if tokens is None else max(0, tokens - self._tokens),
            None if usd is None else max(0, pico_of(usd) - self._pico),
        )

    def _room(self) -> Room:
        """Return what all budgets of the chain still hold."""
        return reduce(Room.narrowed, (ledger._own_room() for ledger in self._chain))

    def _closed(self, total: Total) -> str | None:
        """Return why not one of the requests can be sent, whatever remains."""
        if self.seconds_left == 0.0:
            return (
                f"The {self._name} of {self.budget.seconds:g} seconds is used up, so {total} was "
                "not sent."
            )
        if self.budget.usd is not None and total.unpriced is not None:
            model = total.unpriced
            return (
                f"The {self._name} is in dollars and the price of {model} is unknown, so {total} "
                f"was not sent; %config RLMMagics.prices = {{{model!r}: {{'input': 0.15, 'output': "
                "0.6}} (dollars a million tokens), or prices=… in RLM(…), sets it."
            )
        return None

    def _too_little(self, total: Total) -> str | None:
        """Return why the requests can't be sent together, as a sentence without its end."""
        budget, room = self.budget, self._own_room()
        name = f"The {self._name}{self._setting and f' ({self._setting})'} is"
        if room.calls is not None and total.calls > room.calls:
            return (
                f"{name} {budget.calls:,} model calls and {room.calls:,} remain, so {total} was "
                "not sent"
            )
        if room.tokens is not None and total.tokens > room.tokens:
            return (
                f"{name} {budget.tokens:,} tokens and {room.tokens:,} remain, so {total}, which "
                f"may take {total.tokens:,} at worst, was not sent"
            )
        if room.pico is not None and total.pico > room.pico:
            return (
                f"{name} ${budget.usd:g} and ${room.pico / PICO:.4f} remain, so {total}, which "
                f"may cost ${total.pico / PICO:.4f} at worst, was not sent"
            )
        return None
