"""One model behind one face: messages in, a completion out, with its tokens and its price.

`Client.complete` and `Client.worst_case` run on the I/O thread only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rlm_magic.events import Tokens, valid_text
from rlm_magic.models.failures import explain
from rlm_magic.models.ledger import Cost
from rlm_magic.models.provider import Rates, load_litellm, rates_of

__all__ = ["Client", "Completion", "Message", "ModelSpec"]

Message = dict[str, str]

# Every tokenizer in use spends fewer tokens than this on any text but contrived ones.
_BYTES_PER_TOKEN = 2
_TOKENS_PER_MESSAGE = 16
_BOUNDED_OUTPUT = 4096


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model to call and how; `timeout` is seconds for one call, `params` go to litellm."""

    name: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 600.0
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply. `tokens` is None where the provider reports none, `usd` where no price is known."""

    text: str
    tokens: Tokens | None
    usd: float | None
    seconds: float

    @property
    def cost(self) -> Cost | None:
        """What the call took from the budget; None where the provider doesn't say."""
        if self.tokens is None:
            return None
        return Cost(1, self.tokens.input + self.tokens.output, self.usd)


class Client:
    """Calls one model. `bounded` sends a limit on the output, so that a worst case exists."""

    def __init__(self, spec: ModelSpec, *, bounded: bool = False) -> None:
        self.spec = spec
        self._bounded = bounded

    @cached_property
    def _rates(self) -> Rates | None:
        return rates_of(self.spec.name)

    @property
    def _max_tokens(self) -> int | None:
        chosen = self.spec.params.get("max_tokens")
        return chosen if chosen or not self._bounded else _BOUNDED_OUTPUT

    def worst_case(self, messages: Sequence[Message]) -> Cost:
        """Return the most that a call with `messages` can take from a budget."""
        if not self._bounded:
            return Cost(1, 0, 0.0)
        read = sum(
            len(message["content"].encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN
            + _TOKENS_PER_MESSAGE
            for message in messages
        )
        written = self._max_tokens or 0
        return Cost(1, read + written, self._price(read, 0, written))

    async def complete(
        self, messages: Sequence[Message], on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """Ask the model; with `on_text` the reply is streamed and each piece handed over.

        Raises ModelError, one sentence that says what to set or check.
        """
        litellm = load_litellm()
        spec = self.spec
        options: dict[str, Any] = {**spec.params, "num_retries": 0, "max_retries": 0}
        if self._max_tokens:
            options["max_tokens"] = self._max_tokens
        if on_text:
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        started = time.monotonic()
        try:
            # litellm's timeout is one for each read, so a stream could take for ever.
            async with asyncio.timeout(spec.timeout):
                response = await litellm.acompletion(
                    model=spec.name,
                    messages=[{**m, "content": valid_text(m["content"])} for m in messages],
                    api_base=spec.api_base,
                    api_key=spec.api_key,
                    timeout=spec.timeout,
                    **options,
                )
                text, usage = await _streamed(response, on_text) if on_text else _whole(response)
            tokens = _tokens(usage)
        except Exception as error:
            raise explain(error, spec) from None
        usd = self._price(tokens.input, tokens.cached, tokens.output) if tokens else None
        return Completion(text, tokens, usd, time.monotonic() - started)

    def _price(self, read: int, cached: int, written: int) -> float | None:
        rates = self._rates
        if rates is None:
            return None
        return (read - cached) * rates.input + cached * rates.cached + written * rates.output


def _whole(response: Any) -> tuple[str, Any]:
    if not response.choices:
        raise ValueError("The reply holds no choices.")
    return response.choices[0].message.content or "", getattr(response, "usage", None)


async def _streamed(response: Any, on_text: Callable[[str], None]) -> tuple[str, Any]:
    pieces: list[str] = []
    usage = None
    async for chunk in response:
        usage = getattr(chunk, "usage", None) or usage
        piece = chunk.choices[0].delta.content if chunk.choices else None
        if piece:
            pieces.append(piece)
            on_text(piece)
    return "".join(pieces), usage


def _tokens(usage: Any) -> Tokens | None:
    # Where a provider reports nothing, litellm puts zeros.
    if usage is None or not (usage.prompt_tokens or usage.completion_tokens):
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    return Tokens(
        input=usage.prompt_tokens or 0,
        cached=getattr(details, "cached_tokens", None) or 0,
        output=usage.completion_tokens or 0,
    )
