"""What a run tree used, computed from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rlm_magic.events import (
    Abandoned,
    Event,
    RootFailed,
    RootReplied,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
)

__all__ = ["Usage", "usage_by_model", "usage_of"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Model calls and tokens of a run with its sub-calls and child runs.

    `calls` counts the calls that a model answered, and `cached_calls` those that the store did:
    they cost neither tokens nor dollars. `failed_calls` got no reply, `cancelled_calls` were cut
    off by the end of the run; `retried_calls` counts requests that were sent again after a fault,
    and `hedged_calls` the calls that were asked a second time because they took long.

    `cached_tokens` is the part of `input_tokens` that the provider's prefix cache served, and
    `root_input_tokens` what root models read. `usd` is US dollars, or None as soon as the price of
    one call is unknown. `abandoned` comes on top: requests that were given up without a reply.
    Nobody knows what was charged for them, so they are counted at their worst case.
    """

    calls: int = 0
    failed_calls: int = 0
    cancelled_calls: int = 0
    retried_calls: int = 0
    hedged_calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    root_input_tokens: int = 0
    usd: float | None = 0.0
    abandoned: Abandoned = field(default_factory=Abandoned)

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            failed_calls=self.failed_calls + other.failed_calls,
            cancelled_calls=self.cancelled_calls + other.cancelled_calls,
            retried_calls=self.retried_calls + other.retried_calls,
            hedged_calls=self.hedged_calls + other.hedged_calls,
            cached_calls=self.cached_calls + other.cached_calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            root_input_tokens=self.root_input_tokens + other.root_input_tokens,
            usd=_sum(self.usd, other.usd),
            abandoned=_both(self.abandoned, other.abandoned),
        )


def usage_of(events: Iterable[Event]) -> Usage:
    """Return what the calls among `events` used together."""
    return sum((_used(it) for it in events if isinstance(it, _ENDS)), Usage())


def usage_by_model(events: Iterable[Event]) -> dict[str, Usage]:
    """Return what the calls of each model among `events` used."""
    of_run: dict[str, str] = {}
    of_call: dict[int, str] = {}
    by_model: dict[str, Usage] = {}
    for event in events:
        match event:
            case RunStarted():
                of_run[event.run] = event.model
            case SubCallStarted():
                of_call[event.call] = event.model
            case RootReplied() | RootFailed() | SubCallFinished():
                if isinstance(event, SubCallFinished):
                    model = of_call[event.call]
                else:
                    model = of_run[event.run]
                by_model[model] = by_model.get(model, Usage()) + _used(event)
    return by_model


_ENDS = (RootReplied, RootFailed, SubCallFinished)


def _used(event: RootReplied | RootFailed | SubCallFinished) -> Usage:
    used = Usage(
        retried_calls=event.retries,
        hedged_calls=int(isinstance(event, SubCallFinished) and event.hedged),
        abandoned=event.abandoned,
    )
    match event:
        case RootFailed(cancelled=True):
            return replace(used, cancelled_calls=1)
        case RootFailed():
            return replace(used, failed_calls=1)
        case SubCallFinished(reply=None, cancelled=True):
            return replace(used, cancelled_calls=1)
        case SubCallFinished(reply=None):
            return replace(used, failed_calls=1)
        case RootReplied(cached=True) | SubCallFinished(cached=True):
            return replace(used, cached_calls=1)
    return replace(
        used,
        calls=1,
        input_tokens=event.tokens.input,
        cached_tokens=event.tokens.cached,
        output_tokens=event.tokens.output,
        root_input_tokens=event.tokens.input if isinstance(event, RootReplied) else 0,
        usd=event.usd,
    )


def _both(one: Abandoned, other: Abandoned) -> Abandoned:
    if not other.requests:
        return one
    return Abandoned(
        requests=one.requests + other.requests,
        tokens=one.tokens + other.tokens,
        usd=_sum(one.usd, other.usd),
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
