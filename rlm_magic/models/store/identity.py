"""Which requests are the same: a key over model, messages, parameters and sample.

The key is the same in every process and on every version of Python and of litellm. It leaves out
what decides only how a request travels and what it costs: keys, addresses, time limits, markers for
a provider's prefix cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from rlm_magic.events import valid_text
from rlm_magic.models.spec import Message
from rlm_magic.redaction import is_secret_name

__all__ = ["as_json", "counted", "digest", "identity", "normalised", "prefixes"]

_VERSION = "rlm-magic request 1"

_CACHE_MARKER = "cache_control"
_TRAVEL = frozenset(
    """
    api_base base_url api_version organization client shared_session ssl_verify
    timeout request_timeout stream_timeout num_retries max_retries
    stream stream_options headers extra_headers default_headers
    cache caching cache_control cache_control_injection_points
    prompt_cache_key prompt_cache_retention
    user metadata litellm_metadata safety_identifier service_tier store
    input_cost_per_token output_cost_per_token
    """.split()
)
_ACCOUNTS = ("aws_", "azure_", "vertex_")
_LOGIN = re.compile(
    r"(^|_)(api_?key|(access|secret|private|auth)_?(key|token)|secret|passw(or)?d|passphrase"
    r"|credentials?)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def identity(
    model: str, messages: Sequence[Message], parameters: Mapping[str, Any], sample: int = 0
) -> str:
    """Return the key of a request, 32 hexadecimal digits.

    `sample` tells requests apart that are equal and shall have replies of their own.
    """
    asked = prefixes(messages)[-1] if messages else ""
    counting = as_json(_counting(parameters, _stand_in))
    return digest(_VERSION, model, asked, counting, str(sample))


def prefixes(messages: Sequence[Message]) -> list[str]:
    """Return one digest for each message, which covers it and all before it."""
    found: list[str] = []
    before = ""
    for message in messages:
        rest = dict(normalised(message))
        content = rest.pop("content", None)
        said = content if isinstance(content, str) else as_json(content)
        before = digest(before, type(content).__name__, said, as_json(rest))
        found.append(before)
    return found


def normalised(message: Message) -> Message:
    """Return `message` without cache markers, its adjacent texts joined: they are for markers."""
    plain = {
        name: value
        for name, value in message.items()
        if value is not None and name != _CACHE_MARKER
    }
    if not isinstance(plain.get("content"), str | None):
        plain["content"] = _joined(plain["content"])
    return plain


def counted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `parameters` that bear upon the reply, as JSON data; none holds a secret."""
    return _counting(parameters, _nothing)


def as_json(value: object) -> str:
    """Return `value` as JSON text, the same for equal values."""
    return _encoder.encode(value)


def digest(*texts: str) -> str:
    """Return 32 hexadecimal digits that stand for the sequence of `texts`."""
    hashed = blake2b(digest_size=16)
    for text in texts:
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = valid_text(text).encode()
        hashed.update(b"%d:" % len(data))
        hashed.update(data)
    return hashed.hexdigest()


_LEFT_OUT = object()
Hide = Callable[[str, Any], object]
"""What stands in the place of a value whose name is that of a secret."""


def _nothing(name: str, value: Any) -> object:
    return _LEFT_OUT


def _stand_in(name: str, value: Any) -> object:
    """A digest, for `adapter_key` or `eos_token` may well bear upon the reply."""
    return _LEFT_OUT if _LOGIN.search(name) else digest(as_json(_data(value, _stand_in)))


def _counting(parameters: Mapping[str, Any], hide: Hide) -> dict[str, Any]:
    found = {
        name: hide(name, value) if is_secret_name(name) else _data(value, hide)
        for name, value in parameters.items()
        if value is not None and name not in _TRAVEL and not name.startswith(_ACCOUNTS)
    }
    return {name: found[name] for name in sorted(found) if found[name] is not _LEFT_OUT}


def _joined(parts: Sequence[Mapping[str, Any]]) -> str | list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in parts:
        plain = {name: value for name, value in part.items() if name != _CACHE_MARKER}
        if found and found[-1].get("type") == plain.get("type") == "text":
            plain["text"] = found.pop()["text"] + plain["text"]
        found.append(plain)
    if len(found) == 1 and found[0].keys() == {"type", "text"}:
        return str(found[0]["text"])
    return found


def _data(value: Any, hide: Hide) -> Any:
    """`value` as JSON data: equal for equal numbers, with no text that is named a secret."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            found = {
                name: hide(name, inner)
                if isinstance(inner, str) and is_secret_name(name)
                else _data(inner, hide)
                for name, inner in ((str(key), inner) for key, inner in value.items())
            }
            return {name: inner for name, inner in found.items() if inner is not _LEFT_OUT}
        case list() | tuple():
            return [_data(inner, hide) for inner in value]
        case set() | frozenset():
            return sorted((_data(inner, hide) for inner in value), key=as_json)
    schema = getattr(value, "model_json_schema", None)  # a pydantic model, as in response_format
    if isinstance(value, type) and schema is not None:
        return _data(schema(), hide)
    return _ADDRESS.sub("", repr(value))
