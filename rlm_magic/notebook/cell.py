"""Runs one `%%rlm` cell: sets up the run, shows it, and puts the answer where it belongs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from rlm_magic.approval.decisions import Approver
from rlm_magic.approval.terminal import terminal_approver
from rlm_magic.errors import ConfigurationError, RLMError, RunInterrupted
from rlm_magic.notebook.editing import editor_of
from rlm_magic.notebook.host import ShellHost
from rlm_magic.notebook.panel.panel import Panel
from rlm_magic.notebook.panel.widget import is_built
from rlm_magic.notebook.progress import CellView, Progress, TerminalView, View, showing
from rlm_magic.rlm import RLM
from rlm_magic.run.result import Result
from rlm_magic.trace.record import record_bundle
from rlm_magic.trace.report import report_text, summary_line

if TYPE_CHECKING:
    from rlm_magic.notebook.magics import RLMMagics

__all__ = ["CellInterrupted", "RunEnded", "run_cell"]

Bundle = dict[str, Any]

_LONGEST_SHOWN = 10_000

_NOBODY = (
    "Nobody can be asked to approve code here: run the notebook where input is possible, or allow "
    "the code with -a never."
)
_OFFLINE_NOTICE = (
    "No model is chosen, so the offline demo model answers: rules, not a neural network. "
    "Choose one with -m provider/name, %config RLMMagics.model = 'provider/name', or RLM_MODEL."
)


class _Sentence(BaseException):
    """An exception that IPython shows as its sentence, without a traceback of ours."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class RunEnded(_Sentence, RLMError):
    """A run ended without an answer; `Run All` stops at its cell."""


class CellInterrupted(_Sentence, RunInterrupted):
    """The person interrupted a run."""

    def __str__(self) -> str:
        return "The run was interrupted; _rlm holds what there was by then."


async def run_cell(magics: RLMMagics, options: dict[str, Any], question: str) -> None:
    """Run a cell to its end.

    Raises UsageError before anything was called, RunEnded when there is no answer, and
    CellInterrupted after an interrupt; `_rlm` holds the result in any case but the first.
    """
    shell = magics.shell
    ask: Approver = terminal_approver(edit=editor_of(shell))
    panel = Panel(ask, _cell_id(shell)) if _has_panel(magics, options) else None
    progress = Progress(panel.take if panel else None)
    view: View = panel or (TerminalView() if _is_terminal(shell) else CellView())
    try:
        rlm = RLM(
            **magics.settings(options),
            on_event=progress.take,
            host=ShellHost(shell),
            ask=panel.approver if panel else ask,
            stream=not options["quiet"],
        )
        if rlm.approve == "always" and not _can_ask(shell):
            raise UsageError(_NOBODY)
        context = _context(shell, options["context"])
        answering = rlm.acompletion(
            question, context, namespace=shell.user_ns, described=options["context"]
        )
        if magics.must_tell_of_offline_model(options):
            print(_OFFLINE_NOTICE)
        if panel:
            panel.on_stop(rlm.stop)
        if options["quiet"]:
            result = await answering
        else:
            async with showing(progress, view):
                result = await answering
        magics.remember(result)
        if not options["quiet"]:
            _show_record(view, result, magics)
    except ConfigurationError as error:
        raise UsageError(str(error)) from None
    finally:
        if panel:
            panel.close()
    _deliver(result, shell, options)


def _has_panel(magics: RLMMagics, options: dict[str, Any]) -> bool:
    """Whether there may be somebody to see it: nbclient would save its model in the notebook."""
    shell = magics.shell
    possible = not _is_terminal(shell) and _can_ask(shell) and is_built()
    return possible and magics.panel and not options["quiet"]


def _cell_id(shell: InteractiveShell) -> str:
    """Return the id of the cell that runs, where the front end sent it; else nothing."""
    request: Any = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return str(request.get("metadata", {}).get("cellId", ""))


def _context(shell: InteractiveShell, names: list[str] | None) -> Any:
    if not names:
        return None
    if len(names) == 1:
        return shell.user_ns[names[0]]
    return {name: shell.user_ns[name] for name in names}


def _show_record(view: View, result: Result, magics: RLMMagics) -> None:
    """Put the record in the place of the progress; what was paid for is told in any case."""
    try:
        view.replace(*_record(result, magics.shell, magics.record_bytes))
    except Exception as error:
        print(f"The run can't be shown ({type(error).__name__}: {error}).")
        print(report_text(result.events))


def _record(result: Result, shell: InteractiveShell, longest: int) -> tuple[Bundle, Bundle]:
    if _is_terminal(shell):
        return {"text/plain": f"[{summary_line(result.events)}]"}, {}
    return record_bundle(result.events, trace=result.trace, longest_bytes=longest)


def _deliver(result: Result, shell: InteractiveShell, options: dict[str, Any]) -> None:
    if result.status == "interrupted":
        raise CellInterrupted(result)
    if result.answer is None:
        raise RunEnded(result.error or "The run found no answer.")
    if options["output"]:
        shell.user_ns[options["output"]] = result.answer
    in_record = not options["quiet"] and not _is_terminal(shell)
    if result.error and not in_record:
        print(result.error)
    if not isinstance(result.answer, str):
        try:
            with _interruptible():
                display(result.answer)
        except KeyboardInterrupt:
            raise CellInterrupted(result) from None
    elif not in_record:
        _show_text(result.answer, shell)


def _show_text(answer: str, shell: InteractiveShell) -> None:
    text = _shown(answer)
    if _is_terminal(shell):
        print(text)
    else:
        # Two spaces end a line in Markdown: a list of plain lines must not run together.
        display({"text/markdown": text.replace("\n", "  \n"), "text/plain": text}, raw=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt raise at once: in an async cell ipykernel's handler waits for the loop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _shown(text: str) -> str:
    if len(text) <= _LONGEST_SHOWN:
        return text
    head = text[:_LONGEST_SHOWN].rpartition("\n")[0] or text[:_LONGEST_SHOWN]
    return f"{head}\n\n… {len(text):,} characters in all; `_rlm.answer` holds them."


def _can_ask(shell: InteractiveShell) -> bool:
    """Whether the front end takes questions; where that can't be told, asking will show it."""
    return bool(getattr(getattr(shell, "kernel", None), "_allow_stdin", True))


def _is_terminal(shell: InteractiveShell) -> bool:
    return not hasattr(shell, "kernel")
