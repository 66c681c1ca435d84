"""Reads the bodies of replies in the formats that the light lane knows, as litellm reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rlm_magic.events import Tokens
from rlm_magic.models.faults import BadReply
from rlm_magic.models.spec import Reply

__all__ = ["Reader", "reader_of"]

Reader = Callable[[Any], Reply]
"""Makes a reply of a parsed body.

Raises BadReply where the body holds no reply; KeyError, TypeError, … where it isn't of the format.
"""

_THOUGHTS = re.compile(
    r"<(think|thinking|budget:thinking)>.*?</(think|thinking|budget:thinking)>", re.DOTALL
)
_BLOCKED = {
    *("SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
    *("IMAGE_SAFETY", "ESCALATION"),
}


def reader_of(path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Reader | None:
    """Return what reads the replies to a request, None where its format is not known."""
    if body.get("tools") or body.get("functions") or body.get("stream"):
        return None
    if path.endswith("/chat/completions") and "messages" in body:
        return _chat_completion
    if path.endswith("/messages") and "anthropic-version" in headers:
        return _anthropic_message
    if path.endswith(":generateContent") and "contents" in body:
        return _generated_content
    return None


def _chat_completion(body: Any) -> Reply:
    choices = body["choices"]
    if choices == []:
        raise BadReply("empty")
    choice = choices[0]
    message = choice["message"]
    text = message.get("content") or ""
    if not isinstance(text, str):
        text = "".join(part["text"] for part in text if part["type"] == "text")
    elif text.startswith("<") and "reasoning_content" not in message and "reasoning" not in message:
        thoughts = _THOUGHTS.match(text)
        text = text[thoughts.end() :] if thoughts else text
    reason = choice.get("finish_reason")
    tokens = _chat_tokens(body.get("usage"))
    return _reply(text, tokens, reason == "length", reason == "content_filter")


def _chat_tokens(usage: Any) -> Tokens | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    if not isinstance(details, dict):
        details = {}
    read, output = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    of_output = usage.get("completion_tokens_details")
    thoughts = _count(of_output.get("reasoning_tokens")) if isinstance(of_output, dict) else 0
    if read + output + thoughts == usage.get("total_tokens"):
        output += thoughts  # xAI doesn't count them as output
    return _tokens(
        read,
        # DeepSeek has names of its own, and proxies pass Anthropic's on.
        usage.get("cache_read_input_tokens", usage.get("prompt_cache_hit_tokens"))
        or details.get("cached_tokens"),
        usage.get("cache_creation_input_tokens") or details.get("cache_write_tokens"),
        output,
    )


def _anthropic_message(body: Any) -> Reply:
    text = "".join(part["text"] for part in body["content"] if part["type"] == "text")
    reason = body["stop_reason"]
    return _reply(
        text, _anthropic_tokens(body["usage"]), reason == "max_tokens", reason == "refusal"
    )


def _anthropic_tokens(usage: Mapping[str, Any]) -> Tokens | None:
    cached = _count(usage.get("cache_read_input_tokens"))
    written = _count(usage.get("cache_creation_input_tokens"))
    read = _count(usage.get("input_tokens")) + cached + written
    return _tokens(read, cached, written, usage.get("output_tokens"))


def _generated_content(body: Any) -> Reply:
    if "blockReason" in body.get("promptFeedback", ()):
        raise BadReply("refused")
    usage = body["usageMetadata"]
    candidates = body.get("candidates")
    if not candidates:
        raise BadReply("empty")
    [candidate, *_] = candidates
    parts = candidate.get("content", {}).get("parts", ())
    text = "".join(part.get("text", "") for part in parts if part.get("thought") is not True)
    reason = candidate.get("finishReason")
    return _reply(text, _gemini_tokens(usage), reason == "MAX_TOKENS", reason in _BLOCKED)


def _gemini_tokens(usage: Mapping[str, Any]) -> Tokens | None:
    read, output = _count(usage.get("promptTokenCount")), _count(usage.get("candidatesTokenCount"))
    tools = _count(usage.get("toolUsePromptTokenCount"))
    if read + output + tools != usage.get("totalTokenCount"):
        output += _count(usage.get("thoughtsTokenCount"))  # else they are counted already
    return _tokens(read + tools, usage.get("cachedContentTokenCount"), 0, output)


def _reply(text: str, tokens: Tokens | None, cut_off: bool, blocked: bool) -> Reply:
    if blocked and not text:
        raise BadReply("refused")
    return Reply(text, tokens, cut_off)


def _tokens(read: Any, cached: Any, written: Any, output: Any) -> Tokens | None:
    read, output = _count(read), _count(output)
    if not (read or output):
        return None
    return Tokens(input=read, cached=_count(cached), written=_count(written), output=output)


def _count(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0
