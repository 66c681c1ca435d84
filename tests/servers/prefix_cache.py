"""Prefixes of prompts that a provider has read before, counted as OpenAI and Anthropic count them.

A prefix is known once a reply to a prompt that begins with it was sent. Both providers leave
prefixes of fewer than 1,024 tokens out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from tests.servers.request import Request, text_of

__all__ = ["PrefixCache"]

MINIMUM = 1024  # tokens, of four characters each
STEP = 128  # tokens; OpenAI's counts are multiples of it


class PrefixCache:
    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._read: dict[int, list[bytes]] = {}  # what each request in flight will add

    def look_up(self, request: Request) -> None:
        """Note in the request how much of its prompt is cached."""
        if request.dialect == "openai":
            ends = list(openai_prefixes(request))
            self._read[request.number] = [digest for _, digest in ends]
        else:
            ends, marked = anthropic_prefixes(request)
            self._read[request.number] = [digest for _, digest in marked]
            request.cache_created = max((tokens for tokens, _ in marked), default=0)
        known = (tokens for tokens, digest in ends if digest in self._known)
        request.cached = max(known, default=0)
        request.cache_created = max(0, request.cache_created - request.cached)

    def remember(self, request: Request) -> None:
        """The reply to this request was sent, so its prefixes are known from now on."""
        self._known.update(self._read.pop(request.number, ()))


def openai_prefixes(request: Request) -> Iterator[tuple[int, bytes]]:
    """Tokens and digest of each prefix that is cached by itself, for this `prompt_cache_key`."""
    text = "".join(f"{message.get('role')}\n{text_of(message)}" for message in request.messages)
    key = f"{request.model} {request.body.get('prompt_cache_key')} "
    seen, hasher = 0, blake2b(key.encode(), digest_size=16)
    for tokens in range(MINIMUM, min(len(text) // 4, request.prompt_tokens) + 1, STEP):
        hasher.update(text[seen : 4 * tokens].encode("utf-8", "surrogatepass"))
        seen = 4 * tokens
        yield tokens, hasher.digest()


def anthropic_prefixes(request: Request) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
    """Tokens and digest of each prefix of blocks up to the last marker, and of the marked ones."""
    hasher = blake2b(request.model.encode(), digest_size=16)
    length, ends, marked = 0, [], []
    for role, block in anthropic_blocks(request.body):
        plain = {name: value for name, value in block.items() if name != "cache_control"}
        hasher.update(f"{role} {json.dumps(plain, sort_keys=True)}".encode())
        length += len(block.get("text", ""))
        if length // 4 >= MINIMUM:
            ends.append((length // 4, hasher.digest()))
            if "cache_control" in block:
                marked.append(ends[-1])
    last = marked[-1][0] if marked else 0
    return [end for end in ends if end[0] <= last], marked


def anthropic_blocks(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for tool in body.get("tools", []):
        yield "tool", tool
    for message in [{"role": "system", "content": body.get("system", [])}, *body["messages"]]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            yield message["role"], block
