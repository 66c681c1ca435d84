"""Completes `%%rlm` cells: options and their values, and names in backticks in the question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)
from IPython.core.getipython import get_ipython

from rlm_magic.notebook.commands import COMMANDS
from rlm_magic.notebook.options import OPTIONS
from rlm_magic.notebook.store_commands import STORE_COMMANDS

__all__ = ["complete_rlm"]

_CELL = re.compile(r"[ \t]*%%rlm(?!\S)")
_LINE = re.compile(r"[ \t]*%rlm[ \t]+(?P<store>store[ \t]+)?(?P<word>\S*)")


class _Nothing(tuple[SimpleCompletion, ...]):
    """No completions, in the eyes of IPython some: only these can keep other matchers silent."""

    __slots__ = ()

    def __len__(self) -> int:
        return 1


# Before all of IPython's own.
@context_matcher(identifier="rlm_magic.complete_rlm", priority=1_000)  # type: ignore[untyped-decorator]
def complete_rlm(context: CompletionContext) -> SimpleMatcherResult:
    """Complete what belongs to `%%rlm` or `%rlm`, and keep the completion of Python away there."""
    try:
        return _complete(context) or {"completions": []}
    except Exception:  # IPython would print the traceback over what the person types
        return {"completions": []}


def _complete(context: CompletionContext) -> SimpleMatcherResult | None:
    lines = context.full_text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    line = context.text_until_cursor
    cell = _CELL.match(lines[first])
    if cell and context.cursor_line > first:
        return _in_question(line)
    if cell and context.cursor_line == first and len(line) > cell.end():
        return _in_options(line[cell.end() :])
    command = _LINE.fullmatch(line)
    if command is None:
        return None
    return _of(command["word"], STORE_COMMANDS if command["store"] else COMMANDS, "keyword")


def _in_question(line: str) -> SimpleMatcherResult:
    *before, word = line.split("`")
    in_backticks = len(before) % 2 == 1
    return _of(word, _variables() if in_backticks else [], "instance")


def _in_options(text: str) -> SimpleMatcherResult:
    words = text.split()
    word = "" if text[-1].isspace() else words.pop()
    given: list[Any] = []
    values: list[str] = []
    for one in words:
        if option := _option(one):
            given.append(option)
            values = []
        else:
            values.append(one)
    flag, equals, value = word.partition("=")
    if equals and (option := _option(flag)):
        return _values_of(option, [], value)
    flags = [flag for option in OPTIONS if option not in given for flag in option.args]
    if not given or word.startswith("-") or not _takes_value(given[-1], values):
        return _of(word, flags, "param")
    result = _values_of(given[-1], values, word)
    if values and not word:
        more = _of(word, flags, "param")
        result["completions"] = [*result["completions"], *more["completions"]]
    return result


def _option(word: str) -> Any:
    return next((option for option in OPTIONS if word in option.args), None)


def _takes_value(option: Any, values: list[str]) -> bool:
    """Whether one more value may follow `values`."""
    many = option.kwds.get("nargs") == "+"
    return many or ("action" not in option.kwds and not values)


def _values_of(option: Any, values: list[str], word: str) -> SimpleMatcherResult:
    match option.kwds:
        case {"metavar": "NAME"}:
            *listed, word = word.split(",")
            chosen = {name for value in [*values, *listed] for name in value.split(",")}
            return _of(word, (name for name in _variables() if name not in chosen), "instance")
        case {"metavar": "PATH"}:
            return {
                "completions": _Nothing(),
                "suppress": True,
                "do_not_suppress": {"IPCompleter.file_matcher"},
            }
    return _of(word, option.kwds.get("choices", ()), "keyword")


def _of(word: str, texts: Iterable[str], kind: str) -> SimpleMatcherResult:
    """Return those of `texts` that begin with `word`, in their order, and nothing of others."""
    found = [SimpleCompletion(text, type=kind) for text in texts if text.startswith(word)]
    return {
        "completions": found or _Nothing(),
        "matched_fragment": word,
        "suppress": True,
        "ordered": True,
    }


def _variables() -> list[str]:
    # Imported here: loading the extension has to be quick.
    from rlm_magic.workspace.describe import variables_of

    shell = get_ipython()
    return sorted(variables_of(shell.user_ns)) if shell else []
