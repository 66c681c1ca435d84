"""The `%rlm` line magic: what is in force, what was spent, and the list of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from rlm_magic.errors import ConfigurationError
from rlm_magic.settings import trace_folder

if TYPE_CHECKING:
    from rlm_magic.notebook.magics import RLMMagics

__all__ = ["COMMANDS", "run_command"]

COMMANDS = ("help",)

_HELP = """\
%%rlm [options]     ask a question about your variables; %%rlm? shows the options
%rlm                what is in force, and what was spent
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
        f"calls      {settings['concurrency']} at once, {settings['timeout']:g} s for each",
        f"keep       {settings['keep']}",
        f"traces     {settings['trace'] or trace_folder()}",
    ]
    return "\n".join([*lines, *_spent(magics)])


def _spent(magics: RLMMagics) -> list[str]:
    runs = "1 run" if magics.runs == 1 else f"{magics.runs:,} runs"
    lines = [f"spent      {runs} in this session"]
    for model, usage in magics.spent.items():
        price = "price unknown" if usage.usd is None else f"${usage.usd:.4f}"
        lines.append(f"           {model}: {usage.calls:,} calls, {usage.tokens:,} tokens, {price}")
    return lines
