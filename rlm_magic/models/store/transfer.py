"""Copies entries between stores: out to a file that travels with a notebook, and in from one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rlm_magic.errors import ConfigurationError
from rlm_magic.models.store.entry import ENTRY_COLUMNS
from rlm_magic.models.store.file import connect, errors_of, transaction
from rlm_magic.models.store.rows import insert, portions

__all__ = ["export_entries", "import_entries"]

Rows = dict[str, Sequence[Any]]

_CREATED, _USED = ENTRY_COLUMNS.index("created"), ENTRY_COLUMNS.index("used")

_MESSAGES = """
WITH RECURSIVE said (digest) AS (
    SELECT asked FROM entry WHERE key IN ({marks})
    UNION
    SELECT before FROM message JOIN said USING (digest)
)
SELECT digest, before, message FROM message JOIN said USING (digest)
"""


def export_entries(
    sources: Iterable[sqlite3.Connection], path: Path, keys: Iterable[str]
) -> tuple[int, int]:
    """Add the entries of `keys` to the store at `path`; return how many are new, and all it holds.

    Where two sources hold the same entry, the first one counts. The file depends on nothing but
    what it holds, so that it can be kept under version control. Raises ConfigurationError where it
    is something else than a store, or can't be written.
    """
    entries: Rows = {}
    messages: Rows = {}
    if path.exists():
        with errors_of(path), closing(connect(path, read_only=True)) as before:
            _read(before, _keys(before), entries, messages)
    old = set(entries)
    for source in reversed(list(sources)):
        _read(source, keys, entries, messages)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with errors_of(path), closing(connect(unfinished)) as made:
            made.execute("PRAGMA journal_mode = DELETE")
            with transaction(made):
                insert(
                    made,
                    [_as_made(entries[key]) for key in sorted(entries)],
                    [messages[digest] for digest in sorted(messages)],
                )
            made.execute("VACUUM")
        unfinished.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"The entries can't be written to {path} ({error.strerror}): choose another path."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
    return len(entries.keys() - old), len(entries)


def import_entries(target: sqlite3.Connection, path: Path) -> tuple[int, int]:
    """Add the entries of the store at `path`; return how many are new, and all that it holds.

    What the target holds already stays as it is. Raises ConfigurationError where `path` is no
    store, or can't be read.
    """
    with closing(connect(path, read_only=True)) as source:
        keys = _keys(source)
        missing = sorted(keys - _keys(target))
        with transaction(target):
            for some in portions(missing):
                entries: Rows = {}
                messages: Rows = {}
                _read(source, some, entries, messages)
                insert(target, entries.values(), messages.values())
    return len(missing), len(keys)


def _keys(connection: sqlite3.Connection) -> set[str]:
    return {key for (key,) in connection.execute("SELECT key FROM entry")}


def _read(
    connection: sqlite3.Connection, keys: Iterable[str], entries: Rows, messages: Rows
) -> None:
    for some in portions(sorted(keys)):
        marks = ", ".join("?" * len(some))
        columns = ", ".join(ENTRY_COLUMNS)
        for row in connection.execute(f"SELECT {columns} FROM entry WHERE key IN ({marks})", some):
            entries[row[0]] = row
        for row in connection.execute(_MESSAGES.format(marks=marks), some):
            messages[row[0]] = row


def _as_made(row: Sequence[Any]) -> Sequence[Any]:
    """The row of an entry as if it had not been used since."""
    return (*row[:_USED], row[_CREATED], *row[_USED + 1 :])
