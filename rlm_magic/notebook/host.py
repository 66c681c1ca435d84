"""Running generated code in an IPython shell: its syntax, and what the code displays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from rlm_magic.syntax import parse
from rlm_magic.workspace.streams import current_transcript

__all__ = ["ShellHost"]


class ShellHost:
    """The `Host` of a shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def transform(self, source: str) -> str:
        """Translate `%` and `!` lines; raise SyntaxError for a run within the run."""
        if _asks_for_a_run(source):
            raise SyntaxError("%rlm can't be used in a run's own code: call rlm_query(question).")
        return str(self._shell.transform_cell(source))

    @contextmanager
    def displays_to(self, write: Callable[[str], object]) -> Iterator[None]:
        """Write the text of what code displays, and let the display itself through to the person.

        A terminal's displays are prints, and are captured as such.
        """
        publisher: Any = self._shell.display_pub
        if not hasattr(publisher, "register_hook"):
            yield
            return

        def note(message: dict[str, Any]) -> dict[str, Any]:
            if current_transcript() is not None and message["msg_type"] == "display_data":
                text = message["content"]["data"].get("text/plain")
                if text:
                    write(f"{text}\n")
            return message

        publisher.register_hook(note)
        try:
            yield
        finally:
            publisher.unregister_hook(note)


def _asks_for_a_run(source: str) -> bool:
    try:
        _, escapes = parse(source)
    except SyntaxError:
        return False
    return any(escape.name == "rlm" for escape in escapes)
