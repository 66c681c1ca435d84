"""What a run tree used, computed from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rlm_magic.events import (
    Event,
    RootReplied,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    Tokens,
)

__all__ = ["Usage", "usage_by_model", "usage_of"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Model calls and tokens of a run with its sub-calls and child runs.

    `calls` counts answered calls, `failed_calls` those that got no reply, and `cancelled_calls`
    those that the end of the run cut off; `cached_tokens` is
    the part of `input_tokens` that the provider's prefix cache served. `root_input_tokens` is what
    root models read. `usd` is US dollars, or None as soon as the price of one call is unknown.
    """

    calls: int = 0
    failed_calls: int = 0
    cancelled_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    root_input_tokens: int = 0
    usd: float | None = 0.0

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.failed_calls + other.failed_calls,
            self.cancelled_calls + other.cancelled_calls,
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.root_input_tokens + other.root_input_tokens,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


def usage_of(events: Iterable[Event]) -> Usage:
    """Return what the calls among `events` used together."""
    calls = failed = cancelled = read = cached = written = read_by_root = 0
    usd: float | None = 0.0
    for event in events:
        match event:
            case RootReplied(tokens=tokens, usd=price):
                read_by_root += tokens.input
            case SubCallFinished(reply=str(), tokens=tokens, usd=price):
                pass
            case SubCallFinished(cancelled=True):
                cancelled += 1
                continue
            case SubCallFinished():
                failed += 1
                continue
            case _:
                continue
        calls += 1
        read, cached, written = _sum(tokens, read, cached, written)
        usd = None if usd is None or price is None else usd + price
    return Usage(calls, failed, cancelled, read, cached, written, read_by_root, usd)


def usage_by_model(events: Iterable[Event]) -> dict[str, Usage]:
    """Return what the calls of each model among `events` used."""
    of_run: dict[str, str] = {}
    of_call: dict[int, str] = {}
    by_model: dict[str, list[Event]] = {}
    for event in events:
        match event:
            case RunStarted():
                of_run[event.run] = event.model
            case SubCallStarted():
                of_call[event.call] = event.model
            case RootReplied():
                by_model.setdefault(of_run[event.run], []).append(event)
            case SubCallFinished():
                by_model.setdefault(of_call[event.call], []).append(event)
    return {model: usage_of(own) for model, own in by_model.items()}


def _sum(tokens: Tokens, read: int, cached: int, written: int) -> tuple[int, int, int]:
    return read + tokens.input, cached + tokens.cached, written + tokens.output
