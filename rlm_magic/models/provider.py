"""Loads litellm the way a notebook can live with, and says in one sentence what went wrong in it.

litellm takes over a second and 160 MB to import, so only the I/O thread does it, on first use or
ahead of it (`warm_up`).
"""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from rlm_magic.errors import ModelError
from rlm_magic.models import offline
from rlm_magic.models.io_thread import io_thread
from rlm_magic.settings import OFFLINE_MODEL

__all__ = ["Rates", "explain", "load_litellm", "rates_of", "warm_up"]


@cache
def load_litellm() -> Any:
    """Import litellm without its start-up network call and without its reading of ./.env."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    before = list(warnings.filters)
    import litellm

    # Their schemas are built on first use, with warnings that litellm's own filters silence.
    litellm.ModelResponse()
    litellm.ModelResponseStream()
    for added in [entry for entry in warnings.filters if entry not in before]:
        warnings.filters.remove(added)  # type: ignore[attr-defined]
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    offline.register(litellm)
    return litellm


async def _load() -> None:
    load_litellm()


def warm_up() -> None:
    """Begin to load litellm on the I/O thread, and return at once."""
    io_thread().submit(_load())


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars a token."""

    input: float
    cached: float
    output: float


def rates_of(model: str) -> Rates | None:
    """Return the rates in litellm's table, or None where it has no price or a price of zero."""
    if model == OFFLINE_MODEL:
        return Rates(0.0, 0.0, 0.0)
    try:
        info = load_litellm().get_model_info(model)
    except Exception:
        return None
    read, written = info.get("input_cost_per_token"), info.get("output_cost_per_token")
    if not read or not written:
        return None
    return Rates(read, info.get("cache_read_input_token_cost") or read, written)


def explain(error: Exception, model: str, api_base: str | None, timeout: float) -> ModelError:
    """Return the ModelError that tells a person what to do about an exception of litellm."""
    litellm = load_litellm()
    detail = _first_line(error)
    where = f" at {api_base}" if api_base else ""
    keys = " or ".join(_missing_keys(model)) or "the provider's key variable"
    missing = re.search(
        r"missing credentials|missing .*api key|api_key client option", detail, re.I
    )
    if missing:
        return ModelError(f"No key for {model}: set {keys} in the environment, or pass an API key.")
    match error:
        case litellm.AuthenticationError() | litellm.PermissionDeniedError():
            return ModelError(f"{model}{where} refused the key: check {keys}. It said: {detail}")
        case litellm.Timeout():
            return ModelError(
                f"{model}{where} did not reply within {timeout:g} s: raise the timeout."
            )
        case litellm.BadRequestError() if "LLM Provider NOT provided" in str(error):
            return ModelError(
                f"Unknown model {model!r}: write it as provider/name, as in openai/gpt-5, "
                "anthropic/claude-sonnet-4-5 or ollama/llama3."
            )
        case litellm.ContextWindowExceededError():
            return ModelError(f"The prompt is too long for {model}: {detail}")
        case litellm.NotFoundError():
            return ModelError(
                f"{model}{where} was not found: check the model's name and the API base. "
                f"It said: {detail}"
            )
        case litellm.RateLimitError():
            return ModelError(f"{model}{where} refused for its rate limit: {detail}")
        case _ if "Connection error" in detail or "Cannot connect" in detail:
            return ModelError(
                f"No connection to {model}{where}: check that the server runs, and the API base."
            )
    return ModelError(f"The call to {model}{where} failed: {detail}")


def _missing_keys(model: str) -> list[str]:
    try:
        found = load_litellm().validate_environment(model)
        keys = found["missing_keys"] or [f"{model.split('/')[0].upper()}_API_KEY"]
    except Exception:
        return []
    return [str(key) for key in keys]


def _first_line(error: Exception) -> str:
    """The message without litellm's prefixes; keys never appear, whatever the provider echoes."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = re.sub(r"^(litellm\.)?(\w+Error|Timeout)(:| -)\s*", "", lines[0].strip())
    text = re.sub(r"^(\w+Error:\s*)?\w+Exception - ", "", text)
    text = re.sub(r"\b(sk|key|gsk|xai|AIza)[-_][\w*-]{4,}", "(key hidden)", text)
    return text[:300]
