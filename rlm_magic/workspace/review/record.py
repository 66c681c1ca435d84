"""Collects what a review finds, and makes the review of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rlm_magic.syntax import Escape
from rlm_magic.workspace.review.knowledge import (
    HELPERS,
    INSTALLS,
    MAGICS,
    MENTIONS,
    SUFFIX_ROOTS,
    Kind,
)
from rlm_magic.workspace.review.result import Finding, Level, Review

__all__ = ["Record", "kind_of"]

_PHRASES: dict[Kind, str] = {
    "in_place": "changes variables in place",
    "write": "writes or creates files",
    "delete": "removes files",
    "shell": "runs other programs",
    "process": "controls processes",
    "network": "uses the network",
    "environment": "reads or sets the environment or secrets",
    "dynamic": "can do what this review cannot see",
    "install": "installs packages",
    "machinery": "reaches what carries approvals to the kernel",
}
_LONGEST = 80


class Record:
    """What was found so far; `names` are the person's variables, the run's own names left out."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = frozenset(names) - HELPERS - {"context", "answer"}
        self.reads: dict[str, None] = {}
        self.binds: dict[str, None] = {}
        self.rebinds: dict[str, None] = {}
        self.deletes: dict[str, None] = {}
        self.changes: dict[str, None] = {}
        self.imports: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self.findings: dict[Finding, None] = {}

    def find(self, kind: Kind, what: str, line: int) -> None:
        """Add a finding about `what`, which is code."""
        self.findings[Finding(kind, f"`{_clip(what)}` {_PHRASES[kind]}", line)] = None

    def change(self, owners: Iterable[str], what: str, line: int) -> None:
        """Add that `what` changes the objects of these variables in place."""
        for owner in sorted(owners):
            self.changes[owner] = None
            text = f"`{_clip(what)}` changes `{owner}` in place"
            self.findings[Finding("in_place", text, line)] = None

    def bind(self, name: str) -> None:
        """Add that `name` is bound in the namespace."""
        self.binds[name] = None
        if name in self.names:
            self.rebinds[name] = None

    def escape(self, escape: Escape) -> None:
        """Add what a piece of IPython syntax does."""
        what = _clip(f"{escape.mark}{escape.name}{' ' if escape.name else ''}{escape.text}")
        if escape.mark == "?":
            return
        installs = INSTALLS.search(f"{escape.text}\n{escape.body}") is not None
        if escape.mark in ("!", "!!"):
            self.find("shell", what, escape.line)
        else:
            kind = MAGICS.get(escape.name, "dynamic")
            if kind is not None:
                self.find(kind, what, escape.line)
            installs = installs and kind == "shell"
        if installs:
            self.find("install", what, escape.line)

    def review(self) -> Review:
        """Return the review of all that was added."""
        findings = sorted(self.findings, key=lambda finding: finding.line)
        return Review(
            self._level(),
            reads=tuple(self.reads),
            binds=tuple(self.binds),
            rebinds=tuple(self.rebinds),
            deletes=tuple(self.deletes),
            changes=tuple(self.changes),
            imports=tuple(self.imports),
            helpers=tuple(self.helpers),
            findings=tuple(findings),
        )

    def _level(self) -> Level:
        if any(finding.kind != "in_place" for finding in self.findings):
            return "reaches outside"
        if self.findings or self.changes or self.deletes or self.rebinds:
            return "changes yours"
        return "binds new names" if self.binds or self.imports else "reads only"


def kind_of(path: str) -> Kind | None:
    """Return how mentioning `path` reaches outside, None if it does not."""
    parts = path.split(".")
    starts = [0, *(i for i in range(1, len(parts)) if parts[i] in SUFFIX_ROOTS)]
    for start in starts:
        kind = MENTIONS.get(".".join(parts[start:]))
        if kind is None and "(" not in path:
            for end in range(start + 1, len(parts)):
                kind = kind or MENTIONS.get(".".join(parts[start:end]) + ".*")
        if kind is not None:
            return kind
    return None


def _clip(what: str) -> str:
    line = " ".join(what.replace("`", "'").split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
