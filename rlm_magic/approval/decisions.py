"""What is asked about a block of code or the calls that it sends, and what can be answered."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from rlm_magic.workspace.review import Review

__all__ = [
    "Answer",
    "Approve",
    "Approver",
    "Decision",
    "Edit",
    "Estimate",
    "Proposal",
    "Reject",
    "Stop",
]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What `calls` calls to `model` will take: tokens and US dollars, None where no price is known.

    `spend` counts the batches of a run tree that were asked about, from 1.
    """

    spend: int
    calls: int
    model: str
    tokens: int
    usd: float | None

    def __str__(self) -> str:
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'} to {self.model}"
        usd = "price unknown" if self.usd is None else f"${self.usd:.{_digits(self.usd)}f}"
        return f"{calls}, about {_compact(self.tokens)} tokens, {usd}"


def _digits(usd: float) -> int:
    return 2 if usd >= 0.1 else 4


def _compact(number: int) -> str:
    if number < 10_000:
        return f"{number:,}"
    if number < 1_000_000:
        return f"{number / 1_000:.0f} k"
    return f"{number / 1_000_000:,.1f} M"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block of code that a root model wants to run.

    `step` counts root replies of the run `run`, `block` blocks of one reply, both from 1; `depth`
    is 0 for the root run, 1 for its children. `review` is a reading aid, not a sandbox.

    With an `estimate` the code runs already, and the question is whether the calls that it asks
    for may be sent. They can be approved, rejected or stopped, not edited.
    """

    code: str
    review: Review
    step: int
    block: int
    depth: int
    run: str
    question: str
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """Run the code as shown, or send the calls.

    With `rest`, all further code of the run tree is approved too, or all its further calls;
    approving code approves no calls, and the other way round.
    """

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
    """Decides about a proposal, or hands the question on by returning another approver."""

    def __call__(self, proposal: Proposal, /) -> Answer | Awaitable[Answer]:
        """Return what is to happen with `proposal`."""
        ...


Answer = Decision | Approver
