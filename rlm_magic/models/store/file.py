"""One SQLite file of replies: how it is opened, and what is said where it can't be used."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rlm_magic.errors import ConfigurationError

__all__ = ["StoreFile", "connect", "errors_of", "transaction"]

_APPLICATION = 0x524C4D31  # "RLM1", in the header of the file
_VERSION = 1
_PATIENCE = 5.0  # seconds that a lock of another process is waited for
_PAUSE = 0.01

# What is large stands last: SQLite then finds the rest of a row without reading it.
_SCHEMA = f"""
CREATE TABLE message (
    digest TEXT NOT NULL UNIQUE, -- of this message and all before it in its conversation
    before TEXT NOT NULL,        -- that of those before it; '' for the first
    message TEXT NOT NULL        -- as JSON
);
CREATE INDEX message_before ON message (before);
CREATE TABLE entry (
    key TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    asked TEXT NOT NULL,         -- digest of the last message
    parameters TEXT NOT NULL,    -- as JSON
    input INTEGER,               -- tokens, as are the next two; NULL where the provider said none
    cached INTEGER,
    output INTEGER,
    cut_off INTEGER NOT NULL,
    usd REAL,                    -- what it cost; NULL where no price is known
    created REAL NOT NULL,       -- seconds since the epoch
    used REAL NOT NULL,
    reply TEXT NOT NULL
);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""


class StoreFile:
    """A file that is opened on first use, and anew when it was deleted or replaced meanwhile."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def exists(self) -> bool:
        """Whether there is such a file now; raise ConfigurationError where that can't be known."""
        with errors_of(self.path):
            return self.path.is_file()

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """Give the open file; raise ConfigurationError, and begin anew, where it can't be used."""
        if self._connection is None or self._opened != self._on_disk():
            self.close()
            self._connection = connect(self.path, read_only=self._read_only)
            self._opened = self._on_disk()
        try:
            with errors_of(self.path):
                yield self._connection
        except ConfigurationError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, if it is open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _on_disk(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the store at `path`, and make it where there is none.

    A file that may not be written is opened to be read. Raises ConfigurationError.
    """
    with errors_of(path):
        is_folder, is_there = path.is_dir(), path.exists()
    if is_folder:
        raise ConfigurationError(f"The store {path} is a folder: give the path of a file.")
    if read_only and not is_there:
        raise ConfigurationError(f"There is no store at {path}: give the path where it is.")
    try:
        if not is_there:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A file that exists isn't opened: to close it would release SQLite's locks on it.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise ConfigurationError(
            f"The store can't be made at {path} ({error.strerror}): choose another path."
        ) from None
    read_only = read_only or not os.access(path, os.W_OK)
    with errors_of(path):
        return _readable(path) if read_only else _writable(path)


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says of `path` into a ConfigurationError for a person."""
    try:
        yield
    except sqlite3.Error as error:
        raise _unusable(error, path) from None
    except OSError as error:
        raise ConfigurationError(
            f"The store {path} can't be used ({error.strerror}): choose another path."
        ) from None


def _unusable(error: sqlite3.Error, path: Path) -> ConfigurationError:
    """Return the error that tells a person what is wrong with the store at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    match code:
        case sqlite3.SQLITE_NOTADB:
            sentence = f"{path} holds something else than a store of replies: choose another path."
        case sqlite3.SQLITE_CORRUPT:
            sentence = f"The store {path} is damaged: delete it, or choose another path."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            sentence = (
                f"The store {path} is locked by another program: end that, or choose another path."
            )
        case sqlite3.SQLITE_READONLY:
            sentence = f"The store {path} may not be written: choose another path."
        case sqlite3.SQLITE_FULL:
            sentence = f"The store {path} can't grow, as the disk is full: free some room."
        case _:
            sentence = f"The store {path} can't be used ({error}): choose another path."
    return ConfigurationError(sentence)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of what the block writes, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _writable(path: Path) -> sqlite3.Connection:
    try:
        return _prepared(path, _use_wal)
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            raise
        return _prepared(path, _use_no_wal)  # as on some network file systems


def _prepared(
    path: Path, set_journal: Callable[[sqlite3.Connection, Path], object]
) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        set_journal(connection, path)
        if not _is_store(connection, path):
            with transaction(connection):
                if not _is_store(connection, path):  # another process may have been faster
                    for statement in _SCHEMA.split(";\n"):
                        connection.execute(statement)
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Let readers not wait for writers; raise OperationalError where that can't be had."""
    _is_store(connection, path)  # no other file is changed
    if _journal(connection) == "wal":
        return
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            with transaction(connection):
                return
        except sqlite3.OperationalError as error:
            # SQLite itself doesn't wait for the lock that the change takes.
            if not _is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)


def _use_no_wal(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # so, a file in WAL mode can be read
    _is_store(connection, path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA locking_mode = NORMAL")


def _journal(connection: sqlite3.Connection) -> str:
    [mode] = connection.execute("PRAGMA journal_mode").fetchone()
    return str(mode)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _readable(path: Path) -> sqlite3.Connection:
    # Without the right to write beside it, a file in WAL mode opens only as one that never changes.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if _is_store(connection, path):
                return connection
        except sqlite3.OperationalError as error:
            connection.close()
            if _is_busy(error) or "immutable" in mode:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            connection.close()
            break
    raise ConfigurationError(
        f"{path} holds something else than a store of replies: choose another path."
    )


def _is_store(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file holds a store, not nothing; raise ConfigurationError for anything else."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not (application or version or tables):
        return False
    if application != _APPLICATION:
        raise ConfigurationError(
            f"{path} holds something else than a store of replies: choose another path."
        )
    if version > _VERSION:
        raise ConfigurationError(
            f"The store {path} was made by a newer rlm-magic: update yours, or choose another path."
        )
    return True
