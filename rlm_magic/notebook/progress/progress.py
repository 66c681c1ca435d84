"""A run so far, folded from its events, as the texts that a view shows.

Events arrive on any thread and change the text (`Progress.take`). Showing it is for the event loop
alone: at most five times a second (`showing`), and just before code or a question occupies it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rlm_magic.approval.decisions import Estimate
from rlm_magic.events import (
    BatchStarted,
    CallRetried,
    CodeDecided,
    CodeExecuted,
    CodeProposed,
    Event,
    Notice,
    RootFailed,
    RootReplied,
    RootRequested,
    RootStreamed,
    RunStarted,
    SpendDecided,
    SpendProposed,
    SubCallFinished,
    SubCallStarted,
)
from rlm_magic.notebook.progress.text import step_text, titled
from rlm_magic.notebook.progress.waits import Waits
from rlm_magic.workspace.preview import printable

if TYPE_CHECKING:
    from rlm_magic.notebook.progress.views import View

__all__ = ["Progress"]

_ASKING = "waiting for approval"
_RUNNING = "running code"


class Progress:
    """A run so far: one text for each step, the reply that is being written, a line of figures."""

    def __init__(self, also: Callable[[Event], None] | None = None) -> None:
        self.steps: list[str] = []
        self._also = also  # takes each event, too
        self.changed = threading.Event()
        self._view: View | None = None
        self._thread = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._waits = Waits()
        self._root = ""
        self._model = ""
        self._step = 0
        self._doing = "starting"
        self._sub_calls = self._answered = self._failed = self._planned = 0
        self._stored = self._retried = self._tokens = self._children = 0
        self._written = ""
        self._code = ""
        self._asked = ""

    def take(self, event: Event) -> None:
        """Fold in one event; on any thread."""
        if self._also:
            self._also(event)
        with self._lock:
            self._waits.take(event)
            self._fold(event)
        self.changed.set()
        # These come from the event loop itself, which then stands still for as long as code runs;
        # those of child runs on threads of the code have to wait for the loop.
        on_loop = threading.get_ident() == self._thread
        occupies = CodeProposed | CodeDecided | SpendProposed | SpendDecided
        if on_loop and isinstance(event, occupies):
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

    @property
    def written(self) -> str:
        """The reply of the root model while it is being written."""
        with self._lock:
            return self._written

    def figures(self) -> str:
        """Return the line of figures, or first what all of the run waits for."""
        with self._lock:
            waiting = self._waits.sentence()
            parts = [waiting] if waiting else [self._model, f"step {self._step}", self._doing]
            if self._sub_calls:
                planned = max(self._planned, self._sub_calls)
                parts.append(f"{self._answered:,}/{planned:,} sub-calls")
            counts = {
                "from the store": self._stored,
                "failed": self._failed,
                "waiting": 0 if waiting else self._waits.number,
                "retried": self._retried,
                "child runs": self._children,
            }
            parts += [f"{number:,} {word}" for word, number in counts.items() if number]
            parts.append(f"{self._tokens:,} tokens")
            return " · ".join([*parts, f"{time.monotonic() - self._began:.0f} s"])

    def running(self) -> list[str]:
        """Return the step whose code runs, if one does, and the calls that it asks for."""
        with self._lock:
            asked = [f"  ? send {printable(self._asked)}"] if self._asked else []
            if self._doing != _RUNNING and not asked:
                return []
            return [titled(f"▸ step {self._step}", self._code), *asked]

    def _fold(self, event: Event) -> None:
        match event:
            case RunStarted(parent=None):
                self._root, self._model = event.run, event.model
            case RunStarted():
                self._children += 1
            case RootRequested() if event.run == self._root:
                self._step, self._doing = event.step, "asking the root model"
                self._written = ""
            case RootStreamed() if event.run == self._root:
                self._written = self._written[: event.start] + event.text
            case RootReplied() | RootFailed():
                if event.run == self._root:
                    self._written = ""
                if isinstance(event, RootReplied):
                    self._count(event)
            case CallRetried():
                self._retried += 1
            case CodeProposed():
                self._doing = _ASKING if event.asked else _RUNNING
                if event.run == self._root:
                    self._code = event.code
            case CodeDecided(decision="reject"):
                self._doing = "asking the root model"
            case CodeDecided(decision="approve" | "edit"):
                self._doing = _RUNNING
                if event.code is not None and event.run == self._root:
                    self._code = event.code
            case SpendProposed():
                self._doing = _ASKING
                self._asked = str(
                    Estimate(event.spend, event.calls, event.model, event.tokens, event.usd)
                )
            case SpendDecided():
                self._doing, self._asked = _RUNNING, ""
            case CodeExecuted() if event.run == self._root:
                self._doing = "reading the output"
                self.steps.append(step_text(event))
            case BatchStarted(children=False):
                self._planned = max(self._planned, self._sub_calls) + event.calls
            case SubCallStarted():
                self._sub_calls += 1
            case SubCallFinished():
                self._answered += event.reply is not None
                self._failed += event.reply is None
                self._count(event)
            case Notice():
                self.steps.append(event.text)

    def _count(self, event: RootReplied | SubCallFinished) -> None:
        if event.cached:
            self._stored += 1
        else:
            self._tokens += event.tokens.input + event.tokens.output
