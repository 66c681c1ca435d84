"""Finds which recorded request is most like one that the store holds no reply to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import kept_message
from rlm_magic.models.store.identity import as_json, prefixes

__all__ = ["Nearest", "common_start", "nearest_in", "text_of"]

_MOST_COMPARED = 10_000  # messages, the latest

_OF_MODEL = """
WITH RECURSIVE said (digest) AS (
    SELECT asked FROM entry WHERE model = ?
    UNION
    SELECT before FROM message JOIN said USING (digest)
)
SELECT digest FROM said
"""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A recorded request; its first `same` messages are those that are asked now.

    `message` was recorded where the requests part; None where the recorded one ends, or where all
    messages are equal. `parameters` are those of the requests with equal messages, one for each.
    """

    same: int
    message: Message | None = None
    parameters: tuple[dict[str, Any], ...] = ()
    closeness: int = 0

    @property
    def likeness(self) -> tuple[int, bool, int]:
        """What orders recorded requests by how much they are like the one that is asked."""
        return self.same, bool(self.parameters), self.closeness


def nearest_in(
    connection: sqlite3.Connection,
    model: str,
    messages: Sequence[Message],
    parameters: Mapping[str, Any],
) -> Iterator[Nearest]:
    """Yield the recorded request to `model` that is most like this one, if there is any."""
    said = {digest for (digest,) in connection.execute(_OF_MODEL, [model])}
    if not said:
        return
    digests = prefixes(messages)
    same = next((n for n, digest in enumerate(digests) if digest not in said), len(digests))
    if same == len(digests):
        rows = connection.execute(
            "SELECT DISTINCT parameters FROM entry WHERE model = ? AND asked = ?",
            [model, digests[-1]],
        )
        yield Nearest(same, parameters=tuple(json.loads(text) for (text,) in rows))
        return
    asked = text_of(kept_message(messages[same]))
    best = Nearest(same)
    rows = connection.execute(
        "SELECT digest, message FROM message WHERE before = ? ORDER BY rowid DESC LIMIT ?",
        [digests[same - 1] if same else "", _MOST_COMPARED],
    )
    for digest, recorded in rows:
        if digest in said:
            message = json.loads(recorded)
            closeness = _closeness(text_of(message), asked)
            if best.message is None or closeness > best.closeness:
                best = Nearest(same, message, closeness=closeness)
    yield best


def text_of(message: Message) -> str:
    """Return what a message says, as one text."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "\n".join(
        part["text"] if isinstance(part, dict) and part.get("type") == "text" else as_json(part)
        for part in parts
    )


def common_start(one: str, other: str) -> int:
    """Return how many characters both texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _closeness(one: str, other: str) -> int:
    """Characters that two texts share at their start and end, less those that they don't."""
    start = common_start(one, other)
    end = common_start(one[start:][::-1], other[start:][::-1])
    return 2 * (start + end) - max(len(one), len(other))
