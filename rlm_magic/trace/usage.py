"""What a run tree used, computed from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rlm_magic.events import Event, RootReplied, SubCallFinished, Tokens

__all__ = ["Usage", "usage_of"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Model calls and tokens of a run with its sub-calls and child runs.

    `calls` counts answered calls and `failed_calls` those that got no reply; `cached_tokens` is
    the part of `input_tokens` that the provider's prefix cache served. `root_input_tokens` is what
    root models read. `usd` is US dollars, or None as soon as the price of one call is unknown.
    """

    calls: int = 0
    failed_calls: int = 0
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
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.root_input_tokens + other.root_input_tokens,
            None if self.usd is None or other.usd is None else self.usd + other.usd,
        )


def usage_of(events: Iterable[Event]) -> Usage:
    """Return what the calls among `events` used together."""
    calls = failed = read = cached = written = read_by_root = 0
    usd: float | None = 0.0
    for event in events:
        match event:
            case RootReplied(tokens=tokens, usd=price):
                read_by_root += tokens.input
            case SubCallFinished(reply=str(), tokens=tokens, usd=price):
                pass
            case SubCallFinished():
                failed += 1
                continue
            case _:
                continue
        calls += 1
        read, cached, written = _sum(tokens, read, cached, written)
        usd = None if usd is None or price is None else usd + price
    return Usage(calls, failed, read, cached, written, read_by_root, usd)


def _sum(tokens: Tokens, read: int, cached: int, written: int) -> tuple[int, int, int]:
    return read + tokens.input, cached + tokens.cached, written + tokens.output
