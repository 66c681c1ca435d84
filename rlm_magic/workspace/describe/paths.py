"""Describes paths, and files that are open, without reading them."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance
from rlm_magic.workspace.preview.inspection import attempt, type_name

_ENTRIES = 1_000
_LONGEST = 160


@register(PurePath)
def describe_path(value: PurePath) -> Iterator[str]:
    """`pathlib.PosixPath '/data', a directory, 12 entries`."""
    path = PurePath.__str__(value)
    found = f", {_found(path)}" if issubclass(type(value), Path) else ""
    yield f"{type_name(type(value))} {glance(path, _LONGEST)}{found}"


@register("_io._IOBase")
def describe_file(value: Any) -> Iterator[str]:
    """`io.TextIOWrapper 'notes.txt', an open file, not read`."""
    closed = attempt(lambda: type(value).closed.__get__(value), False)
    name = attempt(lambda: type(value).name.__get__(value), None)
    named = f" {glance(name, _LONGEST)}" if type(name) is str else ""
    yield f"{type_name(type(value))}{named}, {'a closed' if closed else 'an open'} file, not read"


def _found(path: str) -> str:
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError):
        return "cannot be read"
    if stat.S_ISREG(status.st_mode):
        return f"a file, {counted(status.st_size, 'byte')}"
    if not stat.S_ISDIR(status.st_mode):
        return "neither a file nor a directory"
    try:
        with os.scandir(path) as entries:
            count = sum(1 for _ in islice(entries, _ENTRIES + 1))
    except OSError:
        return "a directory"
    many = f"more than {_ENTRIES:,} entries"
    return f"a directory, {counted(count, 'entry') if count <= _ENTRIES else many}"
