"""What a model is asked and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rlm_magic.events import Tokens
from rlm_magic.models.ledger import Cost

__all__ = ["Completion", "Message", "ModelSpec", "Reply"]

Message = dict[str, Any]
"""`role` and `content`: a text, or a list of content parts where images or cache markers are."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model to call and how; `timeout` is seconds for one request, `params` go to litellm."""

    name: str
    api_base: str | None = field(default=None, repr=False)  # may hold a key, as may params
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 600.0
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def with_parameters(self, parameters: Mapping[str, Any]) -> ModelSpec:
        """Return the same model with `parameters` over its own."""
        own = dict(self.params)
        if "max_tokens" in parameters:
            own.pop("max_completion_tokens", None)  # the same limit by another name
        return replace(self, params={**own, **parameters})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said. `tokens` is None where the provider reports none.

    `cut_off`: it ended at its limit of tokens.
    """

    text: str
    tokens: Tokens | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply, its price (`usd`, None where none is known) and the seconds that it took."""

    reply: Reply
    usd: float | None
    seconds: float

    @property
    def cost(self) -> Cost | None:
        """What the request took from the budget; None where the provider doesn't say."""
        tokens = self.reply.tokens
        return None if tokens is None else Cost(1, tokens.input + tokens.output, self.usd)
