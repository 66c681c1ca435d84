"""Refuses generated code what would end the person's session or hang it waiting for a keyboard.

The functions are replaced once while any run is open and ask who calls: generated code gets a
sentence as an exception, everybody else the function there was (an approval still asks through
`input`).
"""

from __future__ import annotations

import asyncio
import builtins
import getpass
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from rlm_magic.workspace.execution.bridge import can_wait
from rlm_magic.workspace.execution.streams import current_transcript
from rlm_magic.workspace.execution.substitute import Substitution

__all__ = ["EXIT_REFUSED", "Refused", "keyboard_guard", "refuse_exit"]

EXIT_REFUSED = (
    "The code can't end the person's session: to finish, call FINAL(value) or FINAL_VAR('name')."
)
_NO_KEYBOARD = "{name}() is refused: nobody is at the keyboard of a run; decide from the data."


class Refused(RuntimeError):
    """Generated code called something that would end or hang the person's session."""


def refuse_exit(*_: object) -> NoReturn:
    """Stand in for `exit` and `quit` in the namespace of a run."""
    raise Refused(EXIT_REFUSED)


def _guarded(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def guard(original: Callable[..., Any]) -> Callable[..., Any]:
        def ask_who_calls(*args: Any, **kwargs: Any) -> Any:
            if current_transcript() is not None:
                raise Refused(_NO_KEYBOARD.format(name=name))
            return original(*args, **kwargs)

        return ask_who_calls

    return guard


def _guarded_exit(original: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
    def exit_unless_in_a_task(status: Any = None) -> NoReturn:
        # The SystemExit of a task would end the event loop, with which the person's kernel ends.
        in_a_task = asyncio._get_running_loop() is not None and not can_wait()
        if in_a_task and current_transcript() is not None:
            raise Refused(EXIT_REFUSED)
        original(status)

    return exit_unless_in_a_task


keyboard_guard = Substitution(
    (builtins, "input", _guarded("input")),
    (getpass, "getpass", _guarded("getpass")),
    (sys, "breakpointhook", _guarded("breakpoint")),
    (sys, "exit", _guarded_exit),
)
