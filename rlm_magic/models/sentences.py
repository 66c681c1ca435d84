"""The sentences about faults of model calls. They hold no keys, whatever the provider repeats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rlm_magic.errors import Fault
from rlm_magic.models.provider import load_litellm
from rlm_magic.redaction import bare_address, hide_keys

if TYPE_CHECKING:
    from rlm_magic.models.spec import ModelSpec

__all__ = ["NO_KEY", "failed", "message_in", "one_sentence", "sentence_of", "untrusted"]

_LONGEST = 300
_PREFIX = re.compile(r"(litellm\.)?\w*(Error|Exception|Timeout)( \w+Error)?\s*(:|-)\s+")
NO_KEY = re.compile(r"missing credentials|missing .*api key|api_key client option", re.I)
_KEY_SHAPES = re.compile(r"\b(sk|key|gsk|xai|AIza)[-_][\w*-]{4,}")


def sentence_of(fault: Fault, said: str, spec: ModelSpec) -> str:
    """The sentence about a fault; `said` is what the provider says of it."""
    model, where = spec.name, _where(spec)
    match fault:
        case "bad_key":
            missing = _missing_keys(model)
            if NO_KEY.search(said) or (missing and not spec.api_key):
                keys = " or ".join(missing) or "the provider's key variable"
                return f"No key for {model}: set {keys} in the environment, or pass an API key."
            keys = " or ".join(missing) or _usual_key(model)
            return f"{model}{where} refused the key: check {keys}. It said: {said}"
        case "timeout":
            return f"{model}{where} did not reply within {spec.timeout:g} s: raise the timeout."
        case "not_found" if "LLM Provider NOT provided" in said:
            return (
                f"Unknown model {model!r}: write it as provider/name, as in openai/gpt-5, "
                "anthropic/claude-sonnet-4-5 or ollama/llama3."
            )
        case "not_found":
            return (
                f"{model}{where} was not found: check the model's name and the API base. "
                f"It said: {said}"
            )
        case "too_long":
            return f"The prompt is too long for {model}: {said}"
        case "quota":
            return f"{model}{where} refused, for the account's quota or balance is used up: {said}"
        case "rate_limit":
            return f"{model}{where} refused for its rate limit: {said}"
        case "connection":
            return f"No connection to {model}{where}: check that the server runs, and the API base."
        case "reset":
            return f"{model}{where} dropped the connection before it replied."
        case "truncated":
            return f"The reply of {model}{where} broke off before its end."
        case "malformed":
            return f"The reply of {model}{where} can't be read: check the API base."
        case "empty":
            return f"The reply of {model}{where} holds no answer."
        case "refused":
            return f"{model}{where} refused the prompt for its content: {said}"
    return failed(said, spec)


def failed(said: str, spec: ModelSpec) -> str:
    """The sentence about a fault that has none of its own."""
    return f"The call to {spec.name}{_where(spec)} failed: {said}"


def untrusted(spec: ModelSpec) -> str:
    """The sentence about a server whose certificate can't be verified."""
    return (
        f"The certificate of {spec.name}{_where(spec)} is not trusted: set SSL_CERT_FILE to a file "
        "with that of its authority."
    )


def _where(spec: ModelSpec) -> str:
    return f" at {bare_address(spec.api_base)}" if spec.api_base else ""


def _missing_keys(model: str) -> list[str]:
    """The key variables that the provider of `model` needs and the environment doesn't hold."""
    try:
        return [str(key) for key in load_litellm().validate_environment(model)["missing_keys"]]
    except Exception:
        return []


def _usual_key(model: str) -> str:
    return f"{model.split('/')[0].upper()}_API_KEY"


def message_in(body: Any) -> str | None:
    """The message in an error object, in whichever of the usual places it stands."""
    if isinstance(body, list):
        return message_in(body[0]) if body else None
    if not isinstance(body, dict):
        return str(body) if body else None
    for name in ("error", "message", "detail"):
        if inside := body.get(name):
            return message_in(inside)
    return None


def one_sentence(text: str, spec: ModelSpec) -> str:
    """The provider's message as one sentence, without litellm's wrapping and without keys."""
    text = re.split(r"\n|Traceback \(most|Original exception:", text.strip())[0].strip()
    while prefix := _PREFIX.match(text):
        text = text[prefix.end() :]
    if spec.api_base:
        text = text.replace(spec.api_base, bare_address(spec.api_base))
    text = hide_keys(text, spec.api_key)
    text = _KEY_SHAPES.sub("(key hidden)", text)
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else f"{text.rstrip(' .')}."
