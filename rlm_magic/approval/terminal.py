"""Asks about code and spending with `input()`: in a script, a terminal and a notebook alike."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable

from rlm_magic.approval.decisions import Approve, Approver, Decision, Edit, Proposal, Reject, Stop
from rlm_magic.errors import ApprovalError
from rlm_magic.workspace.preview import printable

__all__ = ["edit_lines", "terminal_approver"]

_QUESTION = "Run it? [a]pprove, [e]dit, [r]eject, approve a[l]l code, [s]top: "
_SPEND_QUESTION = "Send {}? [a]pprove, [r]eject, approve a[l]l calls, [s]top: "
_CHOICES = {
    "a": "approve",
    "y": "approve",
    "yes": "approve",
    "e": "edit",
    "r": "reject",
    "n": "reject",
    "no": "reject",
    "l": "all",
    "all": "all",
    "approve all": "all",
    "s": "stop",
}

NOBODY = (
    "Nobody can be asked to approve the code, so it was not run: run it where input is possible, "
    "or allow it with approve='never' (in a notebook: -a never)."
)
_NOBODY_TO_SPEND = (
    "Nobody can be asked to approve the calls, so none was sent: run it where input is possible, "
    "raise confirm_usd and confirm_calls, or allow it with approve='never' (in a notebook: -a "
    "never)."
)


def terminal_approver(
    *,
    show: Callable[[Proposal], None] | None = None,
    edit: Callable[[str], str] | None = None,
) -> Approver:
    """Return an approver that shows code, or what calls will take, and asks until it understands.

    It raises ApprovalError where nobody can be asked.
    """
    show = show or _print_proposal
    edit = edit or edit_lines

    def approve(proposal: Proposal) -> Decision:
        if proposal.estimate is None:
            show(proposal)
        try:
            return _ask(proposal, edit)
        except (EOFError, OSError, RuntimeError, ValueError):
            if _at_a_terminal():  # Ctrl+D
                return Stop()
            # The input is at its end, broken, or closed; or the front end has none to send.
            raise ApprovalError(_NOBODY_TO_SPEND if proposal.estimate else NOBODY) from None

    return approve


def _ask(proposal: Proposal, edit: Callable[[str], str]) -> Decision:
    estimate = proposal.estimate
    question = _SPEND_QUESTION.format(printable(str(estimate))) if estimate else _QUESTION
    while True:
        answer = builtins.input(question).strip().lower()
        match _CHOICES.get(answer, answer):
            case "approve":
                return Approve()
            case "all":
                return Approve(rest=True)
            case "edit" if estimate is None:
                return Edit(edit(proposal.code))
            case "reject":
                return Reject(builtins.input("What should the model know? ").strip())
            case "stop":
                return Stop()
            case _:
                print(f"Type one of the letters a,{'' if estimate else ' e,'} r, l, s.")


def _at_a_terminal() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def _print_proposal(proposal: Proposal) -> None:
    depth = f", depth {proposal.depth}" if proposal.depth else ""
    print(f"Step {proposal.step}{depth}: {proposal.review.level}")
    if proposal.review.chips:
        print(" · ".join(proposal.review.chips))
    print(_indented(proposal.code))


def edit_lines(code: str) -> str:
    """Let the person change single lines of `code`, where only one line can be typed at a time."""
    lines = code.splitlines()
    print(_numbered(lines))
    while True:
        answer = builtins.input("Number of the line to change, or Enter to run it: ").strip()
        if not answer:
            return "\n".join(lines)
        if not answer.isdecimal() or not 1 <= int(answer) <= len(lines) + 1:
            print(f"There are lines 1 to {len(lines)}; {len(lines) + 1} adds one at the end.")
            continue
        at = int(answer) - 1
        old = lines[at] if at < len(lines) else ""
        new = builtins.input(f"{at + 1} was {old!r}; new text, or Enter to delete it: ")
        lines[at : at + 1] = [new] if new else []
        print(_numbered(lines))


def _numbered(lines: list[str]) -> str:
    return "\n".join(f"{number:4} {_plain(line)}" for number, line in enumerate(lines, start=1))


def _indented(code: str) -> str:
    return "\n".join(f"    {_plain(line)}" for line in code.splitlines())


def _plain(line: str) -> str:
    """Escape what a terminal would act on: code could hide what it is from who approves it."""
    return printable(line.expandtabs(4))
