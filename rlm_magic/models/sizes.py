"""How many tokens a prompt can have at most, and about how many it has, without a tokenizer."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

from rlm_magic.models.images import pixels_of
from rlm_magic.models.provider import load_litellm
from rlm_magic.models.spec import Message

__all__ = ["about_tokens", "byte_count", "most_tokens", "texts_of"]

# Chat templates put a few tokens around a message, and some a system message of their own.
_TOKENS_PER_MESSAGE = 16
_TOKENS_PER_REQUEST = 256
_READ_WITH_THE_PROMPT = ("tools", "functions", "response_format")

# Providers count a picture by tiles of 512 pixels, by patches or by area, after they have scaled
# it down: at most this for the picture and for each such tile of it. A small OpenAI model, alone
# among those in use, counts many times more.
_PER_PICTURE, _PER_TILE, _MOST_TILES = 3_000, 1_100, 16
_INFLATED = {"gpt-4o-mini": (2_833, 5_667, 8)}
_TILE = 512
_HEADER = 87_384  # characters of base64, in which an image says how large it is

_BYTES_PER_TOKEN = 4
_TOKENS_OF_A_PICTURE = 1_000


def most_tokens(messages: Iterable[Message], model: str, params: Mapping[str, Any]) -> int:
    """Return what no tokenizer passes: a token for each byte, and what the template adds.

    Tokenizers of models are byte pairs or fall back to bytes, so none makes more of them.
    """
    read = _TOKENS_PER_REQUEST
    for name in _READ_WITH_THE_PROMPT:
        if name in params:
            read += _bytes_of(_sent(params[name]))
    for message in messages:
        read += _TOKENS_PER_MESSAGE
        for part in _parts(message["content"]):
            read += _most_in(part, model)
    return read


def about_tokens(content: object) -> int:
    """Return about how many tokens the content of a message has, for a price to expect."""
    return sum(
        _TOKENS_OF_A_PICTURE if _is_picture(part) else ceil(_bytes_of(part) / _BYTES_PER_TOKEN)
        for part in _parts(content)
    )


def texts_of(messages: Iterable[Message]) -> list[str]:
    """Return the texts of `messages`, without pictures."""
    return [
        _text_of(part)
        for message in messages
        for part in _parts(message["content"])
        if not _is_picture(part)
    ]


def byte_count(text: str) -> int:
    """Return the size of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _parts(content: object) -> Sequence[Any]:
    return content if isinstance(content, list | tuple) else [content]


def _is_picture(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "image_url"


def _sent(value: Any) -> Any:
    """A class of pydantic is sent as its schema."""
    return _schema(value) if isinstance(value, type) else value


@lru_cache
def _schema(shape: type) -> str:
    load_litellm()
    from litellm.llms.base_llm.base_utils import type_to_response_format_param

    try:
        return json.dumps(type_to_response_format_param(shape))
    except Exception:  # what can't be sent costs nothing
        return ""


def _text_of(part: Any) -> str:
    if isinstance(part, Mapping) and part.get("type") == "text":
        part = part["text"]
    return part if isinstance(part, str) else json.dumps(part, default=str)


def _bytes_of(part: Any) -> int:
    return byte_count(_text_of(part))


def _most_in(part: Any, model: str) -> int:
    if not _is_picture(part):
        return _bytes_of(part)
    picture, tile, most_tiles = next(
        (counts for name, counts in _INFLATED.items() if name in model or not model),
        (_PER_PICTURE, _PER_TILE, _MOST_TILES),
    )
    size = _pixels(part["image_url"]["url"])
    tiles = most_tiles if size is None else ceil(size[0] / _TILE) * ceil(size[1] / _TILE)
    return picture + tile * min(most_tiles, tiles)


def _pixels(url: str) -> tuple[int, int] | None:
    """Return width and height of the image in a data URL, None where they can't be read."""
    kind, _, data = url.partition(",")
    if not kind.startswith("data:"):
        return None  # an address: it isn't fetched
    try:
        return pixels_of(b64decode(data[:_HEADER]))
    except ValueError:  # no base64
        return None
