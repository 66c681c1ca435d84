"""What requests take from a budget, what a budget still holds, and how many would fit in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NOTHING", "PICO", "Cost", "Room", "Total", "pico_of"]

PICO = 10**12  # dollars are counted in whole picodollars: sums of floats drift
_SHORTEST_OUTPUT = 16  # tokens; a shorter reply says nothing
_COMES_BACK = "What the calls of a batch don't use comes back when it ends."


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests take from a budget; `usd` is None where no price is known, of `model` then.

    `output` and `output_usd` are the part of the tokens and dollars that is set aside for what the
    model writes.
    """

    calls: int
    tokens: int
    usd: float | None
    output: int = 0
    output_usd: float = 0.0
    model: str = ""

    def __add__(self, other: Cost) -> Cost:
        unknown = self.usd is None or other.usd is None
        return Cost(
            self.calls + other.calls,
            self.tokens + other.tokens,
            None if unknown else (self.usd or 0.0) + (other.usd or 0.0),
            self.output + other.output,
            self.output_usd + other.output_usd,
            self.model if self.usd is None else other.model,
        )


NOTHING = Cost(0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Total:
    """What the requests of a batch may take together; `unpriced` is a model without a price."""

    calls: int
    tokens: int
    pico: int
    output: int
    output_pico: int
    unpriced: str | None

    @classmethod
    def of(cls, costs: Sequence[Cost]) -> Total:
        """Return the sum of `costs`."""
        return cls(
            sum(cost.calls for cost in costs),
            sum(cost.tokens for cost in costs),
            sum(pico_of(cost.usd) for cost in costs),
            sum(cost.output for cost in costs),
            sum(pico_of(cost.output_usd) for cost in costs),
            next((cost.model or "a model" for cost in costs if cost.usd is None), None),
        )

    def __str__(self) -> str:
        return "this call" if self.calls == 1 else f"this batch of {self.calls:,} calls"


@dataclass(frozen=True, slots=True)
class Room:
    """What remains, None for what is not bounded."""

    calls: int | None
    tokens: int | None
    pico: int | None

    def narrowed(self, other: Room) -> Room:
        """Return what remains where this and `other` both have to hold it."""
        return Room(
            _least(self.calls, other.calls),
            _least(self.tokens, other.tokens),
            _least(self.pico, other.pico),
        )

    def advice(self, costs: Sequence[Cost], total: Total) -> str:
        """Return what would fit, as the end of the sentence that refuses `total`."""
        fitting, limit = self._fitting(costs), self._output_limit(total)
        ways = []
        if fitting:
            ways.append(
                "the first would fit" if fitting == 1 else f"the first {fitting:,} would fit"
            )
        if limit >= _SHORTEST_OUTPUT:
            what = "it" if total.calls == 1 else "all of them"
            ways.append(f"{what}{'' if fitting else ' would fit'} with max_tokens={limit}")
        end = f"; {', or '.join(ways)}." if ways else "."
        comes_back = fitting and self._holds(total.calls, 0, 0)
        return f"{end} {_COMES_BACK}" if comes_back else end

    def _fitting(self, costs: Sequence[Cost]) -> int:
        """Return how many requests fit, in their order."""
        calls = tokens = pico = 0
        for number, cost in enumerate(costs):
            calls, tokens, pico = calls + cost.calls, tokens + cost.tokens, pico + pico_of(cost.usd)
            if not self._holds(calls, tokens, pico):
                return number
        return len(costs)

    def _holds(self, calls: int, tokens: int, pico: int) -> bool:
        return (
            (self.calls is None or calls <= self.calls)
            and (self.tokens is None or tokens <= self.tokens)
            and (self.pico is None or pico <= self.pico)
        )

    def _output_limit(self, total: Total) -> int:
        """Return the output tokens of a request with which all of them fit, 0 where none do."""
        read, pico = total.tokens - total.output, total.pico - total.output_pico
        if not total.output or not self._holds(total.calls, read, pico):
            return 0
        limits = []
        if self.tokens is not None:
            limits.append((self.tokens - read) // total.calls)
        if self.pico is not None and total.output_pico:
            limits.append((self.pico - pico) * total.output // (total.output_pico * total.calls))
        return min(limits, default=0)


def pico_of(usd: float | None) -> int:
    """Return dollars in picodollars; an unknown price counts as nothing."""
    return round((usd or 0.0) * PICO)


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)
