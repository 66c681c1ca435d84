"""Says in one sentence what went wrong with a model call, and what to set or check.

Keys never appear in it, whatever the provider repeats.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rlm_magic.errors import ModelError
from rlm_magic.models.provider import load_litellm
from rlm_magic.redaction import hide_keys

if TYPE_CHECKING:
    from rlm_magic.models.client import ModelSpec

__all__ = ["explain"]

_LONGEST = 300
_PREFIX = re.compile(r"(litellm\.)?\w*(Error|Exception|Timeout)\s*(:|-)\s+")
_NO_KEY = re.compile(r"missing credentials|missing .*api key|api_key client option", re.I)
_KEY_SHAPES = re.compile(r"\b(sk|key|gsk|xai|AIza)[-_][\w*-]{4,}")


def explain(error: Exception, spec: ModelSpec) -> ModelError:
    """Return the ModelError that tells a person what to do about an exception of a call."""
    return ModelError(_sentence(error, spec))


def _sentence(error: Exception, spec: ModelSpec) -> str:
    litellm, model = load_litellm(), spec.name
    said = _said(error, spec.api_key)
    where = f" at {spec.api_base}" if spec.api_base else ""
    missing = _missing_keys(model)
    keys = " or ".join(missing) or "the provider's key variable"
    refused = getattr(error, "status_code", None) in (401, 403)
    if _NO_KEY.search(said) or (refused and missing and not spec.api_key):
        return f"No key for {model}: set {keys} in the environment, or pass an API key."
    if refused:
        keys = " or ".join(missing or [_usual_key(model)])
        return f"{model}{where} refused the key: check {keys}. It said: {said}"
    match error:
        case TimeoutError() | litellm.Timeout():
            return f"{model}{where} did not reply within {spec.timeout:g} s: raise the timeout."
        case litellm.BadRequestError() if "LLM Provider NOT provided" in str(error):
            return (
                f"Unknown model {model!r}: write it as provider/name, as in openai/gpt-5, "
                "anthropic/claude-sonnet-4-5 or ollama/llama3."
            )
        case litellm.ContextWindowExceededError():
            return f"The prompt is too long for {model}: {said}"
        case litellm.NotFoundError():
            return (
                f"{model}{where} was not found: check the model's name and the API base. "
                f"It said: {said}"
            )
        case litellm.RateLimitError():
            return f"{model}{where} refused for its rate limit: {said}"
        case _ if "Connection error" in said or "Cannot connect" in said:
            return f"No connection to {model}{where}: check that the server runs, and the API base."
    return f"The call to {model}{where} failed: {said}"


def _missing_keys(model: str) -> list[str]:
    """The key variables that the provider of `model` needs and the environment doesn't hold."""
    try:
        return [str(key) for key in load_litellm().validate_environment(model)["missing_keys"]]
    except Exception:
        return []


def _usual_key(model: str) -> str:
    return f"{model.split('/')[0].upper()}_API_KEY"


def _said(error: Exception, api_key: str | None) -> str:
    """The provider's message as one sentence, without litellm's wrapping and without keys."""
    text = re.split(r"\n|Traceback \(most|Original exception:", str(error).strip())[0].strip()
    while prefix := _PREFIX.match(text):
        text = text[prefix.end() :]
    text = hide_keys(text, api_key)
    text = _KEY_SHAPES.sub("(key hidden)", text) or type(error).__name__
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else f"{text.rstrip(' .')}."
