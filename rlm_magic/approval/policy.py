"""Decides for each block and each large batch whether somebody is asked, and asks them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Literal, get_args

from rlm_magic.approval.decisions import (
    Answer,
    Approve,
    Approver,
    Decision,
    Edit,
    Proposal,
    Reject,
    Stop,
)
from rlm_magic.errors import ApprovalError, ConfigurationError

__all__ = ["ApprovalMode", "Policy"]

ApprovalMode = Literal["always", "risky", "never"]


class Policy:
    """`always`, `risky` or `never` asks `ask`; a callable is asked about each of them itself."""

    def __init__(self, approve: ApprovalMode | Approver, ask: Approver) -> None:
        if callable(approve):
            self._mode, self._ask = "always", approve
        elif approve in get_args(ApprovalMode):
            self._mode, self._ask = approve, ask
        else:
            raise ConfigurationError(
                f"approve must be 'always', 'risky', 'never' or a function, not {approve!r}."
            )
        self._approved_code = False
        self._approved_calls = False

    def asks_about(self, proposal: Proposal) -> bool:
        """Whether somebody has to be asked about `proposal`, code or calls."""
        if proposal.estimate is not None:
            return self.asks_about_calls
        return self.may_ask_about_code and (self._mode == "always" or proposal.review.risky)

    @property
    def may_ask_about_code(self) -> bool:
        """Whether any code of this run may need somebody to be asked."""
        return self._mode != "never" and not self._approved_code

    @property
    def asks_about_calls(self) -> bool:
        """Whether somebody has to be asked before calls above the person's threshold are sent."""
        return self._mode != "never" and not self._approved_calls

    def ask(self, proposal: Proposal) -> Answer | Awaitable[Answer]:
        """Ask about `proposal`; the answer, awaited where it has to be, goes to `settle`."""
        return self._ask(proposal)

    def settle(self, answer: object, *, spend: bool = False) -> Decision:
        """Return the answer as a decision; raise ApprovalError when it is none.

        With `spend` it is about calls, which can't be edited. What approves the rest of one kind
        says nothing about the other.
        """
        if spend and isinstance(answer, Edit):
            raise ApprovalError(
                "Calls can't be edited: where a proposal has an estimate, the approve function "
                "must return Approve(), Reject(note) or Stop(); nothing was sent."
            )
        match answer:
            case Approve(rest):
                if spend:
                    self._approved_calls |= bool(rest)
                else:
                    self._approved_code |= bool(rest)
                return answer
            case Edit(str()) | Reject(str()) | Stop():
                return answer
        raise ApprovalError(
            "The approve function must return Approve(), Edit(code), Reject(note) or Stop(), "
            f"not {answer!r}; {'nothing was sent' if spend else 'the code was not run'}."
        )
