"""What is asked about a block of code, and what can be answered."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from rlm_magic.workspace.review import Review

__all__ = ["Answer", "Approve", "Approver", "Decision", "Edit", "Proposal", "Reject", "Stop"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block of code that a root model wants to run.

    `step` counts root replies of the run `run`, `block` blocks of one reply, both from 1; `depth`
    is 0 for the root run, 1 for its children. `review` is a reading aid, not a sandbox.
    """

    code: str
    review: Review
    step: int
    block: int
    depth: int
    run: str
    question: str


@dataclass(frozen=True, slots=True)
class Approve:
    """Run the code as shown; with `rest`, all further code of this run tree too."""

    rest: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Run `code` instead."""

    code: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Don't run it; `note` goes back to the root model as feedback."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Don't run it, and end the run."""


Decision = Approve | Edit | Reject | Stop


class Approver(Protocol):
    """Decides about a block of code, or hands the question on by returning another approver."""

    def __call__(self, proposal: Proposal, /) -> Answer | Awaitable[Answer]:
        """Return what is to happen with the code of `proposal`."""
        ...


Answer = Decision | Approver
