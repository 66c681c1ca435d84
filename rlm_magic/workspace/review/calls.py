"""Judges a call by what is called and with what: files, network, SQL, changes in place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlm_magic.workspace.review.knowledge import (
    CHANGES_ARGUMENT,
    CHANGES_IF_DROPPED,
    CHANGING,
    CHANGING_SOUND,
    CLASSES,
    COPIED_BY_SLICES,
    LEFT_ALONE,
    METHODS,
    MODES,
    PATHS,
    PLACES,
    READERS,
    REQUESTS,
    SECRET,
    SQL_READS,
    SQL_WRITES,
    URL,
    WRITES_IF_GIVEN,
    Kind,
)
from rlm_magic.workspace.review.record import kind_of
from rlm_magic.workspace.review.values import Value

__all__ = ["Call", "changes_when_called", "outside", "owners_changed"]

_BUFFERS = frozenset({"io.StringIO()", "io.BytesIO()"})
_SQL = frozenset({"execute", "executemany", "executescript"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call with the values of its parts; `dropped` tells that nothing is done with its result."""

    node: ast.Call
    paths: frozenset[str]
    receiver: Value | None
    arguments: Sequence[Value]
    keywords: Mapping[str, Value]
    dropped: bool

    @property
    def method(self) -> str:
        """The name after the dot, "" if there is none."""
        return self.node.func.attr if isinstance(self.node.func, ast.Attribute) else ""

    def constant(self, keyword: str) -> object:
        """Return the constant given as `keyword`, Ellipsis if it is another expression or none."""
        for given in self.node.keywords:
            if given.arg == keyword and isinstance(given.value, ast.Constant):
                return given.value.value
        return ...


def outside(call: Call) -> Iterator[Kind]:
    """Yield how the call reaches outside, where its mention alone does not say so."""
    if any(PATHS.fullmatch(path) for path in call.paths) and _holds(call, SECRET.search):
        yield "environment"
    if any(READERS.fullmatch(path) for path in call.paths) and _holds(call, URL.match):
        yield "network"
    if any(_opens_to_write(call, MODES[path]) for path in call.paths if path in MODES):
        yield "write"
    if "logging.basicConfig" in call.paths and "filename" in call.keywords:
        yield "write"
    if call.constant("allow_pickle") is True:
        yield "dynamic"
    if call.method and not any(kind_of(path) for path in call.paths):
        yield from _by_method(call)


def _holds(call: Call, test: Callable[[str], object]) -> bool:
    texts = [value.text for value in (*call.arguments, *call.keywords.values())]
    nodes = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    for node in nodes:
        if isinstance(node, ast.JoinedStr) and node.values:
            first = node.values[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                texts.append(first.value)
    return any(test(text) for text in texts if text is not None)


def _opens_to_write(call: Call, position: int) -> bool:
    mode = call.keywords.get("mode")
    if mode is None and len(call.arguments) > position:
        mode = call.arguments[position]
    starred = any(isinstance(node, ast.Starred) for node in call.node.args)
    double = any(keyword.arg is None for keyword in call.node.keywords)
    if mode is None:
        return starred or double
    return mode.text is None or not mode.text.startswith(("r", "U")) or "+" in mode.text


def _by_method(call: Call) -> Iterator[Kind]:
    name = call.method
    if name in METHODS:
        yield METHODS[name]
    elif name in WRITES_IF_GIVEN:
        nodes = [*call.node.args[:1], *(k.value for k in call.node.keywords if k.arg in PLACES)]
        values = [
            *call.arguments[:1],
            *(call.keywords[key] for key in PLACES & call.keywords.keys()),
        ]
        nothing = all(isinstance(node, ast.Constant) and node.value is None for node in nodes)
        if not nothing and not any(value.paths & _BUFFERS for value in values):
            yield "write"
    elif (
        name in REQUESTS and not (call.receiver and call.receiver.reach) and _holds(call, URL.match)
    ):
        yield "network"
    elif name == "dump" and (len(call.arguments) > 1 or {"fp", "stream"} & call.keywords.keys()):
        yield "write"
    elif name == "open" and not call.paths & MODES.keys():
        mode = call.keywords.get("mode", call.arguments[0] if call.arguments else None)
        text = mode.text if mode is not None else None
        if text and set(text) <= set("rwaxbt+") and text.strip("bt") != "r":
            yield "write"
    elif name in _SQL or (name in ("sql", "query") and _is_duckdb(call)):
        text = call.arguments[0].text if call.arguments else None
        if name == "executescript" or text is None or not _only_reads(text):
            yield "write"


def _is_duckdb(call: Call) -> bool:
    return any(path.startswith("duckdb.") for path in call.paths)


def _only_reads(sql: str) -> bool:
    common_table = sql.lstrip()[:4].lower() == "with"
    return bool(SQL_READS.match(sql)) and not (common_table and SQL_WRITES.search(sql))


def owners_changed(call: Call) -> frozenset[str]:
    """Return the person's variables that the call changes in place."""
    owners: frozenset[str] = frozenset()
    receiver = call.receiver
    if receiver is not None:
        named = changes_when_called(call.method) or (
            call.method in CHANGES_IF_DROPPED and (call.dropped or _sorts_in_place(call))
        )
        inplace = "inplace" in call.keywords and call.constant("inplace") is not False
        copied = receiver.sliced and call.method in COPIED_BY_SLICES
        if (named or inplace) and not copied:
            owners |= receiver.owners
    for path in call.paths:
        base, _, name = path.rpartition(".")
        on_class = base in CLASSES and (changes_when_called(name) or name in CHANGES_IF_DROPPED)
        if call.arguments and (path in CHANGES_ARGUMENT or on_class):
            owners |= call.arguments[0].owners
    if "out" in call.keywords:
        owners |= call.keywords["out"].owners
    if any(path.startswith("pandas.") for path in call.paths) and call.constant("inplace") is True:
        owners = owners.union(*(argument.owners for argument in call.arguments))
    return owners


def changes_when_called(name: str) -> bool:
    """Whether a method of this name changes what it is called on, by all that is known."""
    if name in CHANGING:
        return True
    if name in LEFT_ALONE or name in CHANGES_IF_DROPPED:
        return False
    return CHANGING_SOUND.match(name) is not None


def _sorts_in_place(call: Call) -> bool:
    # A list sorts itself and takes keywords only; a polars frame wants to be told by what.
    return (
        call.method == "sort"
        and not call.arguments
        and not call.keywords.keys() - {"key", "reverse"}
    )
