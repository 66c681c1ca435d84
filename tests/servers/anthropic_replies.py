"""Replies as Anthropic's messages API sends them."""

from __future__ import annotations

import json
from typing import Any

from tests.servers.request import Request
from tests.servers.scripting import Reply

__all__ = ["OPENING", "error", "events", "whole"]

OPENING = 2  # events of a stream before the first one with text

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens"}
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def whole(request: Request, reply: Reply) -> dict[str, Any]:
    content = [] if reply.fault == "empty_choices" else [{"type": "text", "text": reply.content}]
    return {
        "id": f"msg_{request.number + 1}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": _stop_reason(reply),
        "stop_sequence": None,
        "usage": _usage(request, reply),
    }


def events(request: Request, reply: Reply) -> list[str]:
    """The events of a stream; the last one ends it."""
    opening = whole(request, reply)
    opening |= {
        "content": [],
        "stop_reason": None,
        "usage": {**opening["usage"], "output_tokens": 1},
    }
    stream: list[dict[str, Any]] = [{"type": "message_start", "message": opening}]
    if reply.fault != "empty_choices":
        block = {"type": "text", "text": ""}
        stream.append({"type": "content_block_start", "index": 0, "content_block": block})
        for start in range(0, len(reply.content), reply.chunk):
            text = reply.content[start : start + reply.chunk]
            delta = {"type": "text_delta", "text": text}
            stream.append({"type": "content_block_delta", "index": 0, "delta": delta})
        stream.append({"type": "content_block_stop", "index": 0})
    end = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    usage = {"output_tokens": _usage(request, reply)["output_tokens"]}
    stream.append({"type": "message_delta", "delta": end, "usage": usage})
    stream.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in stream]


def error(status: int, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": ERRORS.get(status, "api_error"), "message": message}}


def _stop_reason(reply: Reply) -> str:
    return STOP_REASONS.get(reply.finish_reason, reply.finish_reason)


def _usage(request: Request, reply: Reply) -> dict[str, int]:
    """Tokens read from the cache and taken into it are not among the input tokens."""
    given = dict(reply.usage or {})
    cached, created = given.get("cached_tokens", request.cached), request.cache_created
    read = given.get("prompt_tokens", request.prompt_tokens)
    return {
        "input_tokens": max(0, read - cached - created),
        "cache_creation_input_tokens": created,
        "cache_read_input_tokens": cached,
        "output_tokens": given.get("completion_tokens", max(1, len(reply.content) // 4)),
    }
