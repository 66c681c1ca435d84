"""The full lane: litellm's own call, for every route and every kind of message, and for streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlm_magic.events import Tokens, valid_text
from rlm_magic.models.faults import BadReply, explain
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import Message, ModelSpec, Reply

__all__ = ["complete"]


async def complete(
    spec: ModelSpec,
    messages: Sequence[Message],
    options: Mapping[str, Any],
    on_text: Callable[[str], None] | None = None,
) -> Reply:
    """Ask the model; with `on_text` the reply is streamed and each piece handed over.

    `options` go to litellm, over those of `spec`. Sends one request, which is not bounded in time.
    Raises ModelError.
    """
    options = {**spec.params, **options, "num_retries": 0, "max_retries": 0}
    if on_text:
        options |= {"stream": True, "stream_options": {"include_usage": True}}
    try:
        response = await load_litellm().acompletion(
            model=spec.name,
            messages=[_repaired(message) for message in messages],
            api_base=spec.api_base,
            api_key=spec.api_key,
            timeout=spec.timeout,
            **options,
        )
        return await _streamed(response, on_text) if on_text else _whole(response)
    except Exception as error:
        raise explain(error, spec) from None


def _repaired(message: Message) -> Message:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": valid_text(content)}
    parts = [
        {**part, "text": valid_text(part["text"])} if "text" in part else part for part in content
    ]
    return {**message, "content": parts}


def _whole(response: Any) -> Reply:
    if not response.choices:
        raise BadReply("empty")
    choice = response.choices[0]
    text = choice.message.content or ""
    return _reply(text, getattr(response, "usage", None), choice.finish_reason)


async def _streamed(response: Any, on_text: Callable[[str], None]) -> Reply:
    pieces: list[str] = []
    usage = reason = None
    async for chunk in response:
        usage = getattr(chunk, "usage", None) or usage
        if not chunk.choices:
            continue
        choice = chunk.choices[0]
        reason = choice.finish_reason or reason
        if piece := choice.delta.content:
            pieces.append(piece)
            on_text(piece)
    # At the end of a stream without a finish reason, litellm makes one up.
    if reason is None or getattr(response, "received_finish_reason", reason) is None:
        raise BadReply("truncated" if pieces else "empty")
    return _reply("".join(pieces), usage, reason)


def _reply(text: str, usage: Any, reason: str | None) -> Reply:
    if reason == "content_filter" and not text:
        raise BadReply("refused")
    return Reply(text, _tokens(usage), cut_off=reason == "length")


def _tokens(usage: Any) -> Tokens | None:
    # Where a provider reports nothing, litellm puts zeros.
    if usage is None or not (usage.prompt_tokens or usage.completion_tokens):
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    written = getattr(details, "cache_creation_tokens", None) or getattr(
        usage, "cache_creation_input_tokens", None
    )
    return Tokens(
        input=usage.prompt_tokens or 0,
        cached=getattr(details, "cached_tokens", None) or 0,
        written=written or 0,
        output=usage.completion_tokens or 0,
    )
