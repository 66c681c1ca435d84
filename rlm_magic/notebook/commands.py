"""The `%rlm` line magic: what is in force, what was spent, and the list of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from rlm_magic.errors import ConfigurationError
from rlm_magic.notebook.store_commands import run_store_command
from rlm_magic.settings import trace_folder

if TYPE_CHECKING:
    from rlm_magic.notebook.magics import RLMMagics

__all__ = ["COMMANDS", "run_command"]

COMMANDS = ("help", "store")

_HELP = """\
%%rlm [options]     ask a question about your variables; %%rlm? shows the options
%rlm                what is in force, and what was spent
%rlm store          replies that are kept; behind it: list, show, export, import, prune
%rlm help           this list
_rlm                the last result: .answer .text .status .steps .code .usage .events .trace
%config RLMMagics   the defaults; %config RLMMagics.model = "provider/name" sets one"""


def run_command(magics: RLMMagics, line: str) -> None:
    """Run `%rlm` with what is written behind it; raise UsageError for an unknown command."""
    match line.split():
        case []:
            try:
                print(_status(magics))
            except ConfigurationError as error:
                raise UsageError(str(error)) from None
        case ["help"]:
            print(_HELP)
        case ["store", *_]:
            run_store_command(magics, line.strip().removeprefix("store"))
        case _:
            raise UsageError(
                f"%rlm {line}: there is no such command; %rlm help lists them, and a question goes "
                "under %%rlm."
            )


def _status(magics: RLMMagics) -> str:
    settings = magics.settings({})
    budget = settings["budget"]
    bounds = {
        "usd": budget.usd,
        "tokens": budget.tokens,
        "calls": budget.calls,
        "seconds": budget.seconds,
    }
    given = ", ".join(f"{value:,g} {name}" for name, value in bounds.items() if value is not None)
    lines = [
        f"model      {settings['model']}",
        f"sub-model  {settings['sub_model'] or settings['model']}",
        f"approve    {settings['approve']}",
        f"budget     {given or 'none'}",
        f"depth      {settings['max_depth']}, at most {settings['max_steps']} steps",
        f"calls      {settings['concurrency']} at once, {settings['timeout']:g} s a request, "
        f"{settings['retries']} retries",
        f"cache      {settings['cache']}",
        f"keep       {settings['keep']}",
        f"traces     {settings['trace'] or trace_folder()}",
    ]
    if magics.session_usd is not None:
        left = magics.session.usd_left or 0.0
        lines.append(f"session    ${left:.4f} of ${magics.session_usd:g} remain")
    spent = magics.spent.lines()
    return "\n".join([*lines, f"spent      {spent[0]}", *(f"           {it}" for it in spent[1:])])
