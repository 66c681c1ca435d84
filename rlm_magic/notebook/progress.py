"""Live progress of a run, as compact text under the cell or in the terminal.

Events arrive on any thread and change the text (`Progress.take`). Showing it is for the event loop
alone: at most five times a second (`showing`), and just before code or a question occupies it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html import escape
from typing import Any, Protocol

from IPython.display import DisplayHandle

from rlm_magic.events import (
    BatchStarted,
    CodeDecided,
    CodeExecuted,
    CodeProposed,
    Event,
    Notice,
    RootReplied,
    RootRequested,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
)
from rlm_magic.workspace.preview import printable

__all__ = ["CellView", "Progress", "TerminalView", "View", "showing"]

_SECONDS_BETWEEN = 0.2
_CODE_LINES = 12
_OUTPUT_LINES = 6
_LINE = 160
_STEPS_SHOWN = 5
_TERMINAL_LINE = 79
_ASKING = "waiting for approval"


class Progress:
    """A run so far: one text for each step, and one line of figures."""

    def __init__(self, also: Callable[[Event], None] | None = None) -> None:
        self.steps: list[str] = []
        self._also = also  # takes each event, too
        self.changed = threading.Event()
        self._view: View | None = None
        self._thread = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._root = ""
        self._model = ""
        self._step = 0
        self._doing = "starting"
        self._sub_calls = self._answered = self._failed = self._planned = 0
        self._tokens = self._children = 0
        self._code = ""

    def take(self, event: Event) -> None:
        """Fold in one event; on any thread."""
        if self._also:
            self._also(event)
        with self._lock:
            self._fold(event)
        self.changed.set()
        # These come from the event loop itself, which then stands still for as long as code runs;
        # those of child runs on threads of the code have to wait for the loop.
        on_loop = threading.get_ident() == self._thread
        if on_loop and isinstance(event, CodeProposed | CodeDecided):
            self.draw()

    def show_in(self, view: View | None) -> None:
        """Draw in `view` from now on, on this thread; in none after the end of the run."""
        self._view = view
        self._thread = threading.get_ident()

    def draw(self) -> None:
        """Have the view show the run as it is now."""
        if self._view is None:
            return
        try:
            self._view.update(self)
        except Exception as error:
            self._view = None
            print(f"The run goes on unseen: showing it failed ({type(error).__name__}: {error}).")

    @property
    def is_asking(self) -> bool:
        """Whether the run waits for a person, whose typing must not be written over."""
        with self._lock:
            return self._doing == _ASKING

    def figures(self) -> str:
        """Return the line of figures."""
        with self._lock:
            parts = [self._model, f"step {self._step}", self._doing]
            if self._sub_calls:
                planned = max(self._planned, self._sub_calls)
                parts.append(f"{self._answered:,}/{planned:,} sub-calls")
            if self._failed:
                parts.append(f"{self._failed:,} failed")
            if self._children:
                parts.append(f"{self._children:,} child runs")
            parts.append(f"{self._tokens:,} tokens")
            return " · ".join([*parts, f"{time.monotonic() - self._began:.0f} s"])

    def running(self) -> list[str]:
        """Return the step whose code runs, if one does."""
        with self._lock:
            if self._doing != "running code":
                return []
            return [_titled(f"▸ step {self._step}", self._code)]

    def _fold(self, event: Event) -> None:
        match event:
            case RunStarted(parent=None):
                self._root, self._model = event.run, event.model
            case RunStarted():
                self._children += 1
            case RootRequested() if event.run == self._root:
                self._step, self._doing = event.step, "asking the root model"
            case RootReplied():
                self._tokens += event.tokens.input + event.tokens.output
            case CodeProposed():
                self._doing = _ASKING if event.asked else "running code"
                if event.run == self._root:
                    self._code = event.code
            case CodeDecided(decision="reject"):
                self._doing = "asking the root model"
            case CodeDecided(decision="approve" | "edit"):
                self._doing = "running code"
                if event.code is not None and event.run == self._root:
                    self._code = event.code
            case CodeExecuted() if event.run == self._root:
                self._doing = "reading the output"
                self.steps.append(_step_text(event))
            case BatchStarted(children=False):
                self._planned = max(self._planned, self._sub_calls) + event.calls
            case SubCallStarted():
                self._sub_calls += 1
            case SubCallFinished():
                self._answered += event.reply is not None
                self._failed += event.reply is None
                self._tokens += event.tokens.input + event.tokens.output
            case Notice():
                self.steps.append(event.text)


def _step_text(event: CodeExecuted) -> str:
    title = f"▸ step {event.step}" + (" raised" if event.error else "")
    output = _cut(event.output, _OUTPUT_LINES, "  → ", tail=event.error is not None)
    return "\n".join([_titled(title, event.code), *output])


def _titled(title: str, code: str) -> str:
    return "\n".join([title, *_cut(code, _CODE_LINES, "  │ ")])


def _cut(text: str, most: int, margin: str, *, tail: bool = False) -> list[str]:
    lines = [printable(line.expandtabs(4)) for line in text.rstrip().splitlines()]
    left = len(lines) - most
    if left > 0:
        lines = lines[-most:] if tail else lines[:most]
    cut = [margin + (line if len(line) <= _LINE else f"{line[:_LINE]}…") for line in lines]
    return [*cut, f"{margin}… {left:,} more lines"] if left > 0 else cut


class View(Protocol):
    """Where progress is shown; called on the event loop's thread."""

    def update(self, progress: Progress) -> None:
        """Show `progress` as it is now."""
        ...

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put the record of the finished run, a MIME bundle, in the place of the progress."""
        ...


class CellView:
    """One output of the cell, updated in place and in the end replaced by the record."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def update(self, progress: Progress) -> None:
        """Show the last steps, the code that runs, and the figures."""
        steps = progress.steps[-_STEPS_SHOWN:]
        left = len(progress.steps) - len(steps)
        earlier = [f"… {left} earlier"] if left else []
        text = "\n".join([*earlier, *steps, *progress.running(), progress.figures()])
        html = f'<pre style="white-space: pre-wrap">{escape(text)}</pre>'
        self.show({"text/plain": text, "text/html": html})

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put the finished record in the place of the progress."""
        self.show(data, metadata)

    def show(self, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Show a MIME bundle in the place of what was shown."""
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(data, raw=True, metadata=metadata or {})
        else:
            self._handle.update(data, raw=True, metadata=metadata or {})


class TerminalView:
    """Prints each step once, as it ends; on a terminal, below them a line of figures that moves."""

    def __init__(self) -> None:
        self._printed = 0
        self._moving = sys.stdout.isatty()

    def update(self, progress: Progress) -> None:
        """Print the steps that are new, and the figures as they are now."""
        steps = progress.steps[self._printed :]
        self._printed += len(steps)
        self._erase_figures()
        for step in steps:
            print(step)
        if self._moving and not progress.is_asking:
            print(progress.figures()[:_TERMINAL_LINE], end="", flush=True)

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Print the record's text below."""
        self._erase_figures()
        print(data["text/plain"])

    def _erase_figures(self) -> None:
        if self._moving:
            print("\r\x1b[K", end="")


@asynccontextmanager
async def showing(progress: Progress, view: View) -> AsyncIterator[None]:
    """Keep `view` up to date meanwhile, to the last event.

    A view that raises is given up, and says so; the run goes on.
    """

    async def refresh() -> None:
        shown = 0.0
        while True:
            since = time.monotonic() - shown
            if progress.changed.is_set() or (since >= 1 and not progress.is_asking):
                progress.changed.clear()
                progress.draw()
                shown = time.monotonic()
            await asyncio.sleep(_SECONDS_BETWEEN)

    progress.show_in(view)
    task = asyncio.create_task(refresh())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if progress.changed.is_set():
            progress.draw()
        progress.show_in(None)
