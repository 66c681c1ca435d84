"""What a store holds, for a person to look at and to prune."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace

from rlm_magic.models.store.entry import ENTRY_COLUMNS, Entry, entry_of
from rlm_magic.models.store.file import transaction
from rlm_magic.models.store.identity import as_json
from rlm_magic.models.store.rows import drop_unused_messages, messages_of

__all__ = ["Holding", "beginning_with", "holdings", "latest", "prune"]

_COLUMNS = ", ".join(ENTRY_COLUMNS)
_ESCAPE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Holding:
    """The entries of one model: what they cost, but for the `unpriced`, whose price is unknown."""

    model: str
    entries: int
    usd: float
    unpriced: int


def holdings(connection: sqlite3.Connection) -> list[Holding]:
    """Return what the store holds of each model, in the order of their names."""
    rows = connection.execute(
        "SELECT model, count(*), total(usd), count(*) - count(usd) FROM entry "
        "GROUP BY model ORDER BY model"
    )
    return [Holding(*row) for row in rows]


def latest(connection: sqlite3.Connection, text: str, most: int) -> list[Entry]:
    """Return the newest entries, those with `text` in their last message or their reply."""
    in_reply, in_message = (f"%{it.translate(_ESCAPE)}%" for it in (text, as_json(text)[1:-1]))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entry JOIN message ON digest = asked "
        r"WHERE reply LIKE ? ESCAPE '\' OR message LIKE ? ESCAPE '\' "
        "ORDER BY created DESC, key LIMIT ?",
        [in_reply, in_message, most],
    ).fetchall()
    return [_whole(connection, entry_of(row)) for row in rows]


def beginning_with(connection: sqlite3.Connection, start: str, most: int) -> list[Entry]:
    """Return the entries whose keys begin with `start`."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entry WHERE substr(key, 1, ?) = ? ORDER BY key LIMIT ?",
        [len(start), start, most],
    ).fetchall()
    return [_whole(connection, entry_of(row)) for row in rows]


def prune(
    connection: sqlite3.Connection, *, unused_since: float | None = None, model: str | None = None
) -> int:
    """Remove the entries of `model` that weren't used since then; return how many. None is any.

    The file gets smaller, unless another process is reading it.
    """
    with transaction(connection):
        removed = connection.execute(
            "DELETE FROM entry WHERE used < coalesce(?, used + 1) AND model = coalesce(?, model)",
            [unused_since, model],
        ).rowcount
        drop_unused_messages(connection)
    with suppress(sqlite3.OperationalError):
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return removed


def _whole(connection: sqlite3.Connection, entry: Entry) -> Entry:
    return replace(entry, messages=messages_of(connection, entry.key))
