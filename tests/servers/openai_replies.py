"""Replies as OpenAI's chat completions send them."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.request import Request
from tests.servers.scripting import Reply

__all__ = ["OPENING", "error", "events", "whole"]

OPENING = 1  # events of a stream before the first one with text


def whole(request: Request, reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.content}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    answer = _envelope(request, "chat.completion")
    answer["choices"] = [] if reply.fault == "empty_choices" else [choice]
    return answer if reply.usage is False else answer | {"usage": _usage(request, reply)}


def events(request: Request, reply: Reply) -> list[str]:
    """The events of a stream; the last one ends it."""
    base = _envelope(request, "chat.completion.chunk")

    def chunk(delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}

    if reply.fault == "empty_choices":
        chunks = [{**base, "choices": []}]
    else:
        starts = range(0, len(reply.content), reply.chunk)
        texts = [{"content": reply.content[start : start + reply.chunk]} for start in starts]
        chunks = [chunk({"role": "assistant", "content": ""}), *map(chunk, texts)]
        chunks.append(chunk({}, reply.finish_reason))
    options = request.body.get("stream_options") or {}
    if options.get("include_usage") and reply.usage is not False:
        chunks.append({**base, "choices": [], "usage": _usage(request, reply)})
    return [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]


def error(status: int, message: str) -> dict[str, Any]:
    codes = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": codes.get(status)}}


def _usage(request: Request, reply: Reply) -> dict[str, Any]:
    overrides = dict(reply.usage or {})
    cached = overrides.pop("cached_tokens", request.cached)
    usage: dict[str, Any] = {
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": max(1, len(reply.content) // 4),
        "prompt_tokens_details": {"cached_tokens": cached},
    } | overrides
    return {"total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]} | usage


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    number = request.number + 1
    return {"id": f"chatcmpl-{number}", "object": kind, "created": number, "model": request.model}
