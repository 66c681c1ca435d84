"""Requests that begin alike, so that a provider reads their common beginning once and keeps it.

Most providers keep prefixes by themselves: for these it is enough that histories only grow and that
what prompts share comes first. Claude, wherever it is served, keeps what is marked, and reads a
kept prefix at a tenth of the price once the request that brought it is being answered.

All of this asks litellm, so it runs on the I/O thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import Message, ModelSpec

__all__ = ["cache_key", "for_conversation", "marked", "shared_prefix"]

_MARKER = {"cache_control": {"type": "ephemeral"}}
_PASS_MARKERS_ON = {"anthropic", "azure_ai", "bedrock", "databricks", "openrouter", "vertex_ai"}
_OWN_MARKERS = "cache_control_injection_points"  # the person has litellm set them

_LEAST_TOKENS = 1024  # of a prefix that is kept, where litellm's table doesn't say
_CHARACTERS_PER_TOKEN = 4
_LONGEST_WORD = 200  # characters; in some scripts words are not parted by spaces

_OPENAI = "api.openai.com"
_OPENAI_BASES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")


def for_conversation(messages: Sequence[Message], spec: ModelSpec) -> list[Message]:
    """Return `messages` with the marks that the model of `spec` wants, if it wants any.

    They are on the system message, which other conversations begin with too, and on the last one,
    with which the next turn of this conversation begins. The given messages are not changed.
    """
    sent = list(messages)
    if _wants_markers(spec):
        for index in {0, len(sent) - 1}:
            content = sent[index]["content"]
            sent[index] = {**sent[index], "content": marked(content, _length(content))}
    return sent


def cache_key(spec: ModelSpec, run: str) -> dict[str, str]:
    """Return the parameter that leads the requests of one conversation to the same cache.

    Only OpenAI itself knows it: a server that is compatible may refuse what it doesn't know.
    """
    if "prompt_cache_key" in spec.params or not _is_openai(spec):
        return {}
    known = load_litellm().get_supported_openai_params(spec.name) or ()
    return {"prompt_cache_key": f"rlm-{run}"} if "prompt_cache_key" in known else {}


def shared_prefix(prompts: Sequence[str], spec: ModelSpec) -> int:
    """Return how many characters at the beginning of all `prompts` are worth a mark.

    It is 0 where the model of `spec` wants no marks, or keeps no prefix as short as this. Where it
    isn't 0, one prompt must be answered before the others are sent, or each of them pays for it.
    """
    if len(prompts) < 2 or not _wants_markers(spec):
        return 0
    prefix = _common_prefix(prompts)
    end = max(prefix.rfind(" "), prefix.rfind("\n"))
    if len(prefix) - end < _LONGEST_WORD:
        prefix = prefix[:end]
    enough = len(prefix) >= _least_tokens(spec.name) * _CHARACTERS_PER_TOKEN
    return len(prefix) if enough else 0


def marked(
    content: str | Sequence[Mapping[str, Any]], length: int
) -> str | Sequence[Mapping[str, Any]]:
    """Return the content of a message with a mark after the first `length` characters of its text.

    The texts of its parts add up to the text that it had. Blank texts are refused as parts, so a
    content that would need one stays as it is.
    """
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if length == 0 or not parts or parts[0].get("type") != "text":
        return content
    text, *others = parts
    first, rest = text["text"][:length], text["text"][length:]
    if first.isspace() or rest.isspace() or not first:
        return content
    split = [{**text, "text": first, **_MARKER}]
    return [*split, {**text, "text": rest}, *others] if rest else [*split, *others]


def _common_prefix(texts: Sequence[str]) -> str:
    """What the first and the last in the order of texts begin with is what all begin with."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((at for at, (one, other) in pairs if one != other), len(first))]


def _length(content: str | Sequence[Mapping[str, Any]]) -> int:
    return len(content if isinstance(content, str) else content[0].get("text", ""))


def _wants_markers(spec: ModelSpec) -> bool:
    return _OWN_MARKERS not in spec.params and _is_claude_that_caches(spec.name)


@cache
def _is_claude_that_caches(model: str) -> bool:
    litellm = load_litellm()
    try:
        return (
            "claude" in model.lower()
            and litellm.get_llm_provider(model)[1] in _PASS_MARKERS_ON
            and bool(litellm.utils.supports_prompt_caching(model))
        )
    except Exception:  # a model that litellm doesn't know
        return False


@cache
def _least_tokens(model: str) -> int:
    try:
        known = load_litellm().get_model_info(model).get("prompt_cache_min_tokens")
    except Exception:  # not in the table
        known = None
    return int(known or _LEAST_TOKENS)


def _is_openai(spec: ModelSpec) -> bool:
    litellm = load_litellm()
    try:
        if litellm.get_llm_provider(spec.name)[1] != "openai":
            return False
    except Exception:  # a provider that litellm doesn't know
        return False
    bases = (spec.api_base, litellm.api_base, *map(os.environ.get, _OPENAI_BASES))
    base = next(filter(None, bases), None)
    host = urlsplit(base).hostname if base else _OPENAI
    return host is not None and f".{host}".endswith(f".{_OPENAI}")
