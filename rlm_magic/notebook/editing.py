"""Editing a block of code before it runs, as well as the front end allows."""

from __future__ import annotations

from collections.abc import Callable

from IPython.core.interactiveshell import InteractiveShell

from rlm_magic.approval.terminal import edit_lines

__all__ = ["editor_of"]


def editor_of(shell: InteractiveShell) -> Callable[[str], str]:
    """Return a function from code to edited code.

    A terminal with a real prompt edits the whole text; elsewhere `input()` gives single lines.
    """
    return _edit_text if getattr(shell, "pt_app", None) is not None else edit_lines


def _edit_text(code: str) -> str:
    from prompt_toolkit import prompt

    print("Edit the code; Alt+Enter (or Esc, then Enter) runs it.")
    # In a thread: the run's own event loop occupies this one.
    return prompt("", default=code, multiline=True, in_thread=True)
