"""The options of a `%%rlm` cell: what may be written behind it, and what it means."""

from __future__ import annotations

import difflib
import keyword
import math
import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, get_args

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, parse_argstring

from rlm_magic.settings import CacheMode

__all__ = ["OPTIONS", "choose_names", "parse_options", "unquoted"]

_CHOICES = re.compile(r"invalid choice: .*\((choose from .*)\)")


def _number(text: str, above: float = 0) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not above < value < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number above {above or 'zero'}")
    return value


def _multiple(text: str) -> float:
    return _number(text, above=1)


def unquoted(text: str) -> str:
    """Return `text` without the quotes around it, which IPython leaves where they are."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _count(text: str) -> int:
    digits = text.replace("_", "").replace(",", "")
    if not digits.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(digits)


def _whole(text: str) -> int:
    with suppress(ArgumentTypeError):
        if number := _count(text):
            return number
    raise ArgumentTypeError(f"{text!r} is not a whole number above zero")


OPTIONS = (
    argument(
        "-c",
        "--context",
        nargs="+",
        metavar="NAME",
        help="Variables that the question is about, with spaces or commas between them. `context` "
        "is that variable, or a mapping of them by name. Without it, all variables are described.",
    ),
    argument(
        "-m", "--model", type=unquoted, help="Root model, as litellm names it: provider/name."
    ),
    argument(
        "-s",
        "--sub-model",
        type=unquoted,
        help="Model for sub-calls; the root model if not given.",
    ),
    argument(
        "--api-base",
        type=unquoted,
        help="Address of the models' server, such as http://localhost:8000/v1.",
    ),
    argument(
        "-a",
        "--approve",
        choices=("always", "risky", "never"),
        help="Ask before a block of code runs: always; only when a review of it finds that it "
        "changes or reaches something; or never.",
    ),
    argument("--usd", type=_number, help="Budget in US dollars, for a model with a known price."),
    argument("--tokens", type=_whole, help="Budget in tokens, input and output together."),
    argument("--calls", type=_whole, help="Budget in model calls, the root model's included."),
    argument("--seconds", type=_number, help="Budget in seconds."),
    argument(
        "--cache",
        choices=get_args(CacheMode),
        help="Replies that are kept: on uses and keeps them; refresh asks anew and keeps; replay "
        "asks no model and fails where a reply is missing.",
    ),
    argument(
        "--hedge",
        type=_multiple,
        metavar="TIMES",
        help="Ask a sub-call again that takes this many times the median of its batch.",
    ),
    argument(
        "--retries",
        type=_count,
        help="How often a request of one call is sent again after a fault; 0 is never.",
    ),
    argument("--depth", type=_whole, help="Levels of runs: with 2, rlm_query starts child runs."),
    argument(
        "--steps",
        type=_whole,
        help="Most steps; then one request for the best answer.",
    ),
    argument("-o", "--output", metavar="NAME", help="Variable that the answer is put into."),
    argument(
        "--keep",
        choices=("answer", "all", "none"),
        help="Names bound by the code that stay: the answer's own, all, or none.",
    ),
    argument(
        "--trace", type=unquoted, metavar="PATH", help="File or folder for the trace of the run."
    ),
    argument("-q", "--quiet", action="store_true", help="Show the answer only, no progress."),
)


def parse_options(magic: Any, line: str) -> dict[str, Any]:
    """Return the options in `line` by name; raise UsageError, one sentence, if they are wrong."""
    try:
        options: dict[str, Any] = dict(vars(parse_argstring(magic, line)))
    except UsageError as error:
        raise UsageError(_explained(str(error))) from None
    except ValueError:
        raise UsageError(f"{line.strip()}: a quotation mark is not closed.") from None
    output = options["output"]
    if output is not None and (not output.isidentifier() or keyword.iskeyword(output)):
        raise UsageError(f"-o {output}: this can't be the name of a variable.")
    if options["context"]:
        names = " ".join(options["context"]).replace(",", " ").split()
        options["context"] = list(dict.fromkeys(names))
    return options


def _explained(problem: str) -> str:
    """Return what argparse says of a line, as a sentence that tells what to do."""
    unknown = problem.removeprefix("unrecognized arguments: ")
    if unknown == problem:
        said = _CHOICES.sub(lambda match: match[1].replace("'", ""), problem)
        return f"{said.removeprefix('argument ')}; %%rlm? shows the options."
    if unknown.startswith("-"):
        return f"{unknown}: there is no such option; %%rlm? shows the options."
    return f"{unknown}: write the question under %%rlm, on lines of its own."


def choose_names(names: list[str], namespace: Mapping[str, object]) -> None:
    """Raise UsageError, with what was probably meant, when one of `names` is not there."""
    # Imported here: loading the extension has to be quick.
    from rlm_magic.workspace.describe import variables_of

    for name in names:
        if name not in namespace:
            close = difflib.get_close_matches(name, variables_of(namespace), n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "run the cell that makes it."
            raise UsageError(f"-c {name}: there is no variable {name!r}; {hint}")
