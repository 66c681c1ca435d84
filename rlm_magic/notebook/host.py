"""Running generated code in an IPython shell: its syntax, and what the code displays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from IPython.core.error import TryNext
from IPython.core.interactiveshell import InteractiveShell

from rlm_magic.syntax import parse
from rlm_magic.workspace.execution.guards import refuse_exit
from rlm_magic.workspace.execution.streams import current_transcript
from rlm_magic.workspace.execution.substitute import Substitution

__all__ = ["ShellHost"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ShellHost:
    """The `Host` of a shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._with_magics = True
        self._for_code = Substitution(
            (shell, "ask_exit", _refusing_code),
            # A terminal's own `!` writes past sys.stdout, and nobody could capture it.
            (shell, "system", lambda _: shell.system_piped),
        )

    def for_child(self) -> ShellHost:
        """Return the host of child runs: a magic would work on the person's own namespace.

        What is replaced in the shell is shared with it: blocks of children end in any order.
        """
        child = copy(self)
        child._with_magics = False
        return child

    def transform(self, source: str) -> str:
        """Translate `%` and `!` lines; raise SyntaxError for a run within the run."""
        if not self._with_magics:
            return source
        if _asks_for_a_run(source):
            raise SyntaxError("%rlm can't be used in a run's own code: call rlm_query(question).")
        return str(self._shell.transform_cell(source))

    @contextmanager
    def displays_to(self, write: Callable[[str], object]) -> Iterator[None]:
        """Write the text of what code displays, and let the display itself through to the person.

        Pages of help go to the code alone. Of several runs each gets its own code's.
        """

        def is_ours() -> bool:
            transcript = current_transcript()
            return transcript is not None and transcript.write == write

        def note(message: dict[str, Any]) -> dict[str, Any]:
            if message["msg_type"] == "display_data" and is_ours():
                text = message["content"]["data"].get("text/plain")
                if text:
                    write(f"{text}\n")
            return message

        def page(data: str | dict[str, str], *_: object, **__: object) -> None:
            if not is_ours():
                raise TryNext
            text = data if isinstance(data, str) else data.get("text/plain", "")
            write(_COLOURS.sub("", text) + "\n")

        publisher: Any = self._shell.display_pub
        pagers = self._shell.hooks.show_in_pager
        pagers.add(page, priority=0)
        # A terminal's displays are prints, and are captured as such.
        if hasattr(publisher, "register_hook"):
            publisher.register_hook(note)
        try:
            with self._for_code.in_force():
                yield
        finally:
            pagers.chain.remove((0, page))
            if hasattr(publisher, "unregister_hook"):
                publisher.unregister_hook(note)


def _refusing_code(ask_exit: Callable[[], None]) -> Callable[[], None]:
    def refuse_code() -> None:
        if current_transcript() is not None:
            refuse_exit()
        ask_exit()

    return refuse_code


def _asks_for_a_run(source: str) -> bool:
    try:
        _, escapes = parse(source)
    except SyntaxError:
        return False
    return any(escape.name == "rlm" for escape in escapes)
