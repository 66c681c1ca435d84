"""`%rlm store`: what is kept of models' replies, to look at, to prune, and to give away.

The store holds prompts and replies as they are. It is the person's own file until they export from
it; what is exported beside a notebook is as private as the data that the notebook is about.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

from rlm_magic.errors import ConfigurationError
from rlm_magic.notebook.options import unquoted

if TYPE_CHECKING:
    from rlm_magic.models.store.entry import Entry
    from rlm_magic.notebook.magics import RLMMagics

__all__ = ["STORE_COMMANDS", "run_store_command", "store_beside"]

_LISTED = 20
_START = 50  # characters of a prompt or a reply
_SHORT_KEY = 8
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def run_store_command(magics: RLMMagics, line: str) -> None:
    """Run `%rlm store` with the `line` behind it; raise UsageError with what to write instead."""
    name, rest = (*line.split(None, 1), "", "")[:2]
    command = _COMMANDS.get(name)
    if command is None:
        raise UsageError(
            f"%rlm store {name}: there is no such command; say list, show, export, import or prune."
        )
    try:
        print(command(magics, rest))
    except ConfigurationError as error:
        raise UsageError(str(error)) from None


def store_beside(variables: Mapping[str, Any]) -> Path | None:
    """Return where the store of the notebook at hand is, or would be; None: that isn't known.

    `variables` are the notebook's own; some front ends tell its path there.
    """
    told = variables.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    notebook = Path(told) if isinstance(told, str) else None
    if notebook is None or notebook.suffix != ".ipynb" or not notebook.is_file():
        return None
    return notebook.absolute().with_suffix(".rlm.db")


def _summary(magics: RLMMagics, line: str) -> str:
    from rlm_magic.models.store.contents import holdings

    _parse("", line)
    store = magics.open_store()
    models = store.run(holdings).result()
    done = store.activity
    lines = [
        f"store      {store.path}",
        f"size       {_size(_bytes_of(store.path))}, at most {_size(store.longest_bytes)}",
        f"entries    {sum(it.entries for it in models):,}",
        *(
            f"           {it.model}: {it.entries:,}, "
            + _price("paid", it.usd, it.unpriced, it.entries)
            for it in models
        ),
    ]
    if store.beside and store.beside.is_file():
        lines.append(f"beside     {store.beside}, {_size(_bytes_of(store.beside))}")
    lines.append(
        f"session    {done.given:,} replies came from the store "
        f"({_price('saved', done.saved_usd, done.unpriced, done.given)}), {done.kept:,} were added"
    )
    return "\n".join(lines)


def _list(magics: RLMMagics, line: str) -> str:
    from rlm_magic.models.store.contents import latest

    text = line.strip()
    entries = magics.open_store().run(lambda it: latest(it, text, _LISTED)).result()
    if not entries:
        return f"No entry holds {text!r}." if text else "The store is empty."
    return "\n".join(
        f"{entry.key[:_SHORT_KEY]}  {_age(entry.created):>6}  {entry.model}  "
        f"{_start(_last_said(entry))} -> {_start(entry.reply.text)}"
        for entry in entries
    )


def _show(magics: RLMMagics, line: str) -> str:
    from rlm_magic.models.store.contents import beginning_with
    from rlm_magic.models.store.nearest import text_of

    start = _parse("show", line, "key").key
    found = magics.open_store().run(lambda it: beginning_with(it, start, 2)).result()
    if not found:
        raise UsageError(f"No entry's key begins with {start}: %rlm store list shows the keys.")
    if len(found) > 1:
        raise UsageError(f"Several keys begin with {start}: write more of it.")
    [entry] = found
    tokens = entry.reply.tokens
    lines = [
        f"key         {entry.key}",
        f"model       {entry.model}",
        *(f"parameter   {name} = {value!r}" for name, value in entry.parameters.items()),
        f"made        {_age(entry.created)} ago, used {_age(entry.used)} ago",
        "tokens      "
        + (f"{tokens.input:,} in, {tokens.output:,} out" if tokens else "the provider said none"),
        f"paid        {'price unknown' if entry.usd is None else f'${entry.usd:.4f}'}",
    ]
    for message in entry.messages:
        lines += ["", f"--- {message['role']}", text_of(message)]
    cut_off = ", cut off at its limit of tokens" if entry.reply.cut_off else ""
    return "\n".join([*lines, "", f"--- reply{cut_off}", entry.reply.text])


def _export(magics: RLMMagics, line: str) -> str:
    chosen = _parse("export", line, "path?").path
    path = Path(chosen).expanduser() if chosen else store_beside(magics.shell.user_ns)
    if path is None:
        raise UsageError("The notebook's own path isn't known here: write %rlm store export PATH.")
    if not magics.store_keys:
        raise UsageError("No run of this session has used the store: run cells with --cache on.")
    new, total = magics.open_store().export(path, magics.store_keys).result()
    return (
        f"Added {_entries(new)} to {path}, which holds {total:,} now. Its prompts and replies are "
        "your data: give it only to those who may see that."
    )


def _import(magics: RLMMagics, line: str) -> str:
    from rlm_magic.models.store.transfer import import_entries

    path = Path(_parse("import", line, "path").path).expanduser()
    new, total = magics.open_store().run(lambda it: import_entries(it, path)).result()
    return f"Added {new:,} of {_entries(total)} in {path}; the others were here before."


def _prune(magics: RLMMagics, line: str) -> str:
    from rlm_magic.models.store.contents import prune

    options = _parse("prune", line, "--older", "--model", "--all!")
    if not (options.older or options.model or options.all):
        raise UsageError("Say what to remove: --older 30d, --model NAME, or --all.")
    if options.all and (options.older or options.model):
        raise UsageError("--all removes everything: leave out --older and --model, or --all.")
    since = time.time() - _seconds(options.older) if options.older else None
    store = magics.open_store()
    removed = store.run(lambda it: prune(it, unused_since=since, model=options.model)).result()
    return f"Removed {_entries(removed)}; the store takes {_size(_bytes_of(store.path))} now."


_COMMANDS: dict[str, Callable[[RLMMagics, str], str]] = {
    "": _summary,
    "list": _list,
    "show": _show,
    "export": _export,
    "import": _import,
    "prune": _prune,
}

STORE_COMMANDS = tuple(name for name in _COMMANDS if name)


def _parse(command: str, line: str, *arguments: str) -> Any:
    """Read `line`; an argument ends in `?` where it may be left out, in `!` where it is a flag."""
    parser = MagicArgumentParser(f"%rlm store {command}".rstrip(), add_help=False)
    for argument in arguments:
        name = argument.rstrip("?!")
        if argument.endswith("!"):
            parser.add_argument(name, action="store_true")
        elif argument.endswith("?"):
            parser.add_argument(name, nargs="?", type=unquoted)
        else:
            parser.add_argument(name, type=unquoted)
    try:
        return parser.parse_argstring(line)
    except UsageError as error:
        raise UsageError(f"{parser.prog}: {error}.") from None
    except ValueError:
        raise UsageError(f"{parser.prog}: a quotation mark is not closed.") from None


def _seconds(text: str) -> int:
    read = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if read is None:
        raise UsageError(f"--older takes a number with s, m, h, d or w, as in 30d, not {text!r}.")
    return int(read[1]) * _UNITS[read[2]]


def _age(then: float) -> str:
    seconds = max(0, int(time.time() - then))
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _last_said(entry: Entry) -> str:
    from rlm_magic.models.store.nearest import text_of

    return text_of(entry.messages[-1]) if entry.messages else ""


def _start(text: str) -> str:
    line = " ".join(text[: 4 * _START].split())
    return f"{line[:_START]}…" if len(line) > _START or len(text) > 4 * _START else line


def _price(what: str, usd: float, unpriced: int, entries: int) -> str:
    if unpriced == entries > 0:
        return "price unknown"
    return f"{what} ${usd:.4f}" + (f", price of {unpriced:,} unknown" if unpriced else "")


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"


def _bytes_of(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


def _size(number: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if number < 1_000:
            return f"{number:.3g} {unit}"
        number /= 1_000
    return f"{number:.3g} GB"
