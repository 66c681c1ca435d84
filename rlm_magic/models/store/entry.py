"""One request with its reply, and how it is kept: as rows of text and numbers.

A message is kept once for each beginning of a conversation that it ends: the steps of a run, which
repeat all that was said before, take no more room than the last of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_magic.events import Tokens, valid_text
from rlm_magic.models.spec import Message, Reply
from rlm_magic.models.store.identity import as_json, counted, digest, normalised, prefixes
from rlm_magic.redaction import hide_keys

__all__ = ["ENTRY_COLUMNS", "Entry", "Row", "entry_of", "entry_row", "kept_message", "message_rows"]

_LONGEST_DATA = 1_000  # characters of an image or another part that is no text

ENTRY_COLUMNS = (
    "key", "model", "asked", "parameters", "input", "cached", "output", "cut_off", "usd",
    "created", "used", "reply",
)  # fmt: skip

Row = tuple[str | int | float | None, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A request and its reply; `usd` is what it cost then, None where no price is known.

    `created` and `used` are seconds since the epoch; an entry that is put into the store gets them
    there. One that comes from the store is without its messages: who asks for it knows them.
    """

    key: str
    model: str
    messages: Sequence[Message]
    parameters: Mapping[str, Any]
    reply: Reply
    usd: float | None = None
    created: float = 0.0
    used: float = 0.0


def kept_message(message: Message) -> Message:
    """Return `message` as the store keeps it: images by their digest, no markers."""
    plain = normalised(message)
    if not isinstance(plain.get("content"), str | None):
        plain["content"] = [
            part if part.get("type") == "text" else _shortened(part) for part in plain["content"]
        ]
    return plain


def message_rows(messages: Sequence[Message]) -> list[Row]:
    """Return (digest of the messages so far, that of those before, message) for each message."""
    rows: list[Row] = []
    before = ""
    for prefix, message in zip(prefixes(messages), messages, strict=True):
        rows.append((prefix, before, valid_text(as_json(kept_message(message)))))
        before = prefix
    return rows


def entry_row(entry: Entry, asked: str) -> Row:
    """Return the values of ENTRY_COLUMNS; `asked` is the digest of all its messages."""
    tokens = entry.reply.tokens
    now = time.time()
    return (
        entry.key,
        entry.model,
        asked,
        valid_text(as_json(_without_keys(counted(entry.parameters)))),
        *((tokens.input, tokens.cached, tokens.output) if tokens else (None, None, None)),
        entry.reply.cut_off,
        entry.usd,
        entry.created or now,
        entry.used or now,
        valid_text(entry.reply.text),
    )


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry that a row of ENTRY_COLUMNS holds, without its messages."""
    key, model, _, parameters, read, cached, written, cut_off, usd, created, used, reply = row
    tokens = None if read is None else Tokens(input=read, cached=cached, output=written)
    return Entry(
        key,
        model,
        (),
        json.loads(parameters),
        Reply(reply, tokens, bool(cut_off)),
        usd,
        created,
        used,
    )


def _shortened(value: Any) -> Any:
    def short(text: str) -> str:
        if text.startswith(("https:", "http:")):
            place, query, _ = text.partition("?")  # which may hold a signature
            return f"{place}? (digest {digest(text)})" if query else text
        if len(text) <= _LONGEST_DATA:
            return text
        kind = text[:40].split(",")[0]
        return f"{kind} ({len(text):,} characters, digest {digest(text)})"

    return _with_texts(value, short)


def _without_keys(value: Any) -> Any:
    return _with_texts(value, hide_keys)


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON data with each of its texts changed."""
    match value:
        case str():
            return change(value)
        case Mapping():
            return {name: _with_texts(inner, change) for name, inner in value.items()}
        case list() | tuple():
            return [_with_texts(inner, change) for inner in value]
    return value
