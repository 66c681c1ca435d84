"""What calls cost: the rates of models, the price of a reply, worst cases and estimates.

Rates are those of tokens, at a provider's standard service: litellm's table, or the person's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rlm_magic.errors import ConfigurationError
from rlm_magic.events import Tokens
from rlm_magic.models.cost import Cost
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.sizes import about_tokens, most_tokens
from rlm_magic.models.spec import Message
from rlm_magic.settings import OFFLINE_MODEL

__all__ = ["Prices", "Rates", "check_prices", "estimate", "rates_of", "worst_case"]

Prices = Mapping[str, Mapping[str, float]]
"""By model: US dollars a million tokens of `input`, `output`, and `cached`, `cache_write`."""

_REQUIRED, _OPTIONAL = ("input", "output"), ("cached", "cache_write")
_MILLION = 1_000_000
_TIER = re.compile(r"input_cost_per_token(_above_(\d+)(k?)_tokens)")
_EXPECTED_OUTPUT = 300


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars a token. `tiers` hold the rates of prompts of more than so many tokens."""

    input: float
    cached: float
    cache_write: float
    output: float
    tiers: tuple[tuple[int, Rates], ...] = ()

    def price(self, tokens: Tokens) -> float:
        """Return the price of a request in US dollars."""
        rates = self._reached(tokens.input)[-1]
        plain = max(0, tokens.input - tokens.cached - tokens.written)
        return (
            plain * rates.input
            + tokens.cached * rates.cached
            + tokens.written * rates.cache_write
            + tokens.output * rates.output
        )

    def dearest(self, read: int) -> tuple[float, float]:
        """Return the most that a token costs, of a prompt of up to `read` and of its reply."""
        reached = self._reached(read)
        return (
            max(max(rates.input, rates.cached, rates.cache_write) for rates in reached),
            max(rates.output for rates in reached),
        )

    def _reached(self, read: int) -> list[Rates]:
        return [self, *(rates for above, rates in self.tiers if read > above)]


_FREE = Rates(0.0, 0.0, 0.0, 0.0)


def rates_of(model: str, overrides: Prices | None = None) -> Rates | None:
    """Return the rates of `model`: those in `overrides`, else those in litellm's table.

    None where neither knows them; litellm puts zeros for what it doesn't know.
    """
    if overrides and model in overrides:
        own = {name: usd / _MILLION for name, usd in overrides[model].items()}
        read = own["input"]
        return Rates(read, own.get("cached", read), own.get("cache_write", read), own["output"])
    if model == OFFLINE_MODEL:
        return Rates(0.0, 0.0, 0.0, 0.0)
    try:
        info = load_litellm().get_model_info(model)
    except Exception:
        return None
    first, *tiers = sorted(_tiers(info), key=lambda tier: tier[0])
    known = all(rates.input and rates.output for _, rates in (first, *tiers))
    return replace(first[1], tiers=tuple(tiers)) if known else None


def _tiers(info: Mapping[str, Any]) -> Iterator[tuple[int, Rates]]:
    """Yield the rates in an entry of litellm's table, each with the prompt above which it holds."""
    if steps := info.get("tiered_pricing"):
        for step in steps:
            yield int(step["range"][0]), _read_rates(step)
        return
    yield 0, _read_rates(info)
    for key, rate in info.items():
        if rate is not None and (tier := _TIER.fullmatch(key)):
            yield int(tier[2]) * (1_000 if tier[3] else 1), _read_rates(info, tier[1])


def _read_rates(info: Mapping[str, Any], suffix: str = "") -> Rates:
    def rate(name: str) -> float:
        return info.get(name + suffix) or info.get(name) or 0.0

    read = rate("input_cost_per_token")
    return Rates(
        read,
        rate("cache_read_input_token_cost") or read,
        rate("cache_creation_input_token_cost") or read,
        # How much of a reply was reasoning isn't kept, so all of it counts at the dearer rate.
        max(rate("output_cost_per_token"), rate("output_cost_per_reasoning_token")),
    )


def check_prices(prices: object) -> Prices:
    """Return `prices` where they can be used; raise ConfigurationError where not."""
    if not isinstance(prices, Mapping):
        raise ConfigurationError(
            "prices must be a mapping from models to dollars a million tokens, such as "
            f"{{'openai/my-model': {{'input': 0.15, 'output': 0.6}}}}, not {prices!r}."
        )
    for model, given in prices.items():
        where = f"prices[{model!r}]"
        if not isinstance(given, Mapping) or not all(name in given for name in _REQUIRED):
            raise ConfigurationError(
                f"{where} must give the dollars for a million tokens of 'input' and of 'output', "
                f"as in {{'input': 0.15, 'output': 0.6}}, not {given!r}."
            )
        for name, usd in given.items():
            if name not in (*_REQUIRED, *_OPTIONAL):
                raise ConfigurationError(
                    f"{where} has no {name!r}: it may hold {', '.join((*_REQUIRED, *_OPTIONAL))}."
                )
            if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < math.inf:
                raise ConfigurationError(
                    f"{where}[{name!r}] must be dollars for a million tokens, not {usd!r}."
                )
    return prices


def worst_case(
    messages: Iterable[Message],
    max_tokens: int,
    rates: Rates | None,
    *,
    model: str = "",
    params: Mapping[str, Any] | None = None,
) -> Cost:
    """Return what one request can take at most, when it is sent with the limit `max_tokens`.

    `params` are the other parameters that are sent; without `model`, pictures count as they do for
    the model that makes the most tokens of them.
    """
    read = most_tokens(messages, model, params or {})
    if rates is None:
        return Cost(1, read + max_tokens, None, max_tokens, model=model)
    for_input, for_output = rates.dearest(read)
    written = max_tokens * for_output
    return Cost(1, read + max_tokens, read * for_input + written, max_tokens, written)


def estimate(
    contents: Iterable[object], max_tokens: int | None, rates: Rates | None
) -> tuple[int, float | None]:
    """Return about how many tokens, and US dollars, a call for each of `contents` takes.

    A content is that of a message: a text, or a list of parts. This is what to expect, not a bound;
    the dollars are None where no price is known.
    """
    output = min(_EXPECTED_OUTPUT, max_tokens or _EXPECTED_OUTPUT)
    expected = [Tokens(input=about_tokens(content), output=output) for content in contents]
    tokens = sum(one.input + one.output for one in expected)
    return tokens, None if rates is None else sum(map(rates.price, expected))
