"""What a review says about a block of code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rlm_magic.workspace.review.knowledge import Kind

__all__ = ["Finding", "Level", "Review"]

Level = Literal["reads only", "binds new names", "changes yours", "reaches outside"]

_CHIPS: dict[Kind, str] = {
    "write": "writes a file",
    "delete": "deletes a file",
    "shell": "shell",
    "process": "processes",
    "network": "network",
    "install": "installs packages",
    "environment": "environment",
    "machinery": "reaches the notebook's own machinery",
    "dynamic": "dynamic code",
}
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at before the code runs: what it is, in words, and its line."""

    kind: Kind
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Review:
    """What a block does, as far as its text shows.

    `reads`, `rebinds`, `deletes` and `changes` are names of the person's variables; `binds` are all
    names that are bound, but for those of `imports`; `helpers` are the run's helpers that are used.
    """

    level: Level
    reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    rebinds: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    readable: bool = True

    @property
    def risky(self) -> bool:
        """Whether a person should look at the code before it runs."""
        return self.level in ("changes yours", "reaches outside")

    @property
    def chips(self) -> tuple[str, ...]:
        """The review in short plain phrases."""
        return tuple(self._chips())

    def _chips(self) -> Iterator[str]:
        if not self.readable:
            yield "cannot be read"
            return
        kinds = {finding.kind for finding in self.findings}
        yield from (chip for kind, chip in _CHIPS.items() if kind in kinds)
        yield from _phrase("deletes", self.deletes)
        yield from (f"{chip} in place" for chip in _phrase("changes", self.changes))
        yield from _phrase("rebinds", self.rebinds)
        yield from _phrase("binds", [name for name in self.binds if name not in self.rebinds])
        yield from _phrase("reads", self.reads)
        yield from _phrase("imports", self.imports, quote="")
        yield from _phrase("calls", self.helpers, quote="")


def _phrase(verb: str, names: Iterable[str], quote: str = "`") -> Iterator[str]:
    shown = [f"{quote}{name}{quote}" for name in names]
    if shown:
        more = len(shown) - _MOST_NAMES
        listed = ", ".join(shown[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        yield f"{verb} {listed}"
