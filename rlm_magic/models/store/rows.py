"""What is written to a store's file and read from it, as SQL on an open connection.

Rows go in with as few statements as can be: at each step of one Python's lock is let go, and to get
it back from threads that are busy takes longer than the step.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, TypeVar

from rlm_magic.models.spec import Message
from rlm_magic.models.store.entry import ENTRY_COLUMNS, Entry, entry_of
from rlm_magic.models.store.file import transaction

__all__ = [
    "drop_unused_messages",
    "insert",
    "mark_used",
    "messages_of",
    "portions",
    "select",
    "trim",
]

T = TypeVar("T")

_MOST_ROWS = 500  # of a statement; SQLite takes 32,766 values
_KEPT = 0.9  # of the bytes that a store may have, once it had more

_MESSAGE_COLUMNS = ("digest", "before", "message")
_INSERT_MESSAGES = f"INSERT OR IGNORE INTO message ({', '.join(_MESSAGE_COLUMNS)}) VALUES "
_INSERT_ENTRIES = f"INSERT OR REPLACE INTO entry ({', '.join(ENTRY_COLUMNS)}) VALUES "

_SAID = """
WITH RECURSIVE said (place, before, message) AS (
    SELECT 0, before, message FROM entry JOIN message ON digest = asked WHERE key = ?
    UNION ALL
    SELECT place + 1, message.before, message.message
    FROM said JOIN message ON message.digest = said.before
)
SELECT message FROM said ORDER BY place DESC
"""


def insert(
    connection: sqlite3.Connection,
    entries: Iterable[Sequence[Any]],
    messages: Iterable[Sequence[Any]],
) -> None:
    """Write rows of both kinds; an entry that was there before is replaced."""
    for statement, columns, rows in (
        (_INSERT_MESSAGES, _MESSAGE_COLUMNS, messages),
        (_INSERT_ENTRIES, ENTRY_COLUMNS, entries),
    ):
        one = f"({', '.join('?' * len(columns))})"
        for some in portions(list(rows)):
            values = [value for row in some for value in row]
            connection.execute(statement + ", ".join([one] * len(some)), values)


def select(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Entry]:
    """Return the entries of those `keys` that are there, without their messages."""
    found: dict[str, Entry] = {}
    for some in portions(list(keys)):
        rows = connection.execute(
            f"SELECT {', '.join(ENTRY_COLUMNS)} FROM entry "
            f"WHERE key IN ({', '.join('?' * len(some))})",
            some,
        )
        found |= {row[0]: entry_of(row) for row in rows}
    return found


def messages_of(connection: sqlite3.Connection, key: str) -> tuple[Message, ...]:
    """Return the messages of an entry, the first one first."""
    return tuple(json.loads(message) for (message,) in connection.execute(_SAID, [key]))


def mark_used(connection: sqlite3.Connection, used: Mapping[str, float]) -> None:
    """Write when entries were used last."""
    rows = [(when, key) for key, when in used.items()]
    connection.executemany("UPDATE entry SET used = ? WHERE key = ?", rows)


def trim(connection: sqlite3.Connection, longest_bytes: int) -> None:
    """Where the store is larger than `longest_bytes`, drop what was used least recently."""
    size = _bytes(connection)
    if size <= longest_bytes:
        return
    with transaction(connection):
        while (size := _bytes(connection)) > longest_bytes * _KEPT:
            [entries] = connection.execute("SELECT count(*) FROM entry").fetchone()
            if not entries:
                return
            surplus = ceil(entries * (1 - longest_bytes * _KEPT / size))
            connection.execute(
                "DELETE FROM entry WHERE rowid IN "
                "(SELECT rowid FROM entry ORDER BY used, created, rowid LIMIT ?)",
                [surplus],
            )
            drop_unused_messages(connection)


def drop_unused_messages(connection: sqlite3.Connection) -> None:
    """Delete the messages of no entry."""
    connection.execute(
        """
        WITH RECURSIVE used (digest) AS (
            SELECT asked FROM entry
            UNION
            SELECT before FROM message JOIN used USING (digest)
        )
        DELETE FROM message WHERE digest NOT IN (SELECT digest FROM used)
        """
    )


def _bytes(connection: sqlite3.Connection) -> int:
    """What the file holds; pages that are free will be used again."""
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    [free] = connection.execute("PRAGMA freelist_count").fetchone()
    [size] = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def portions(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield `rows` in portions, each as many as one statement takes."""
    for start in range(0, len(rows), _MOST_ROWS):
        yield rows[start : start + _MOST_ROWS]
