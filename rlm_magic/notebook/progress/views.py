"""Where progress is shown: one output of a cell, or a terminal."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Any, Protocol

from IPython.display import DisplayHandle

from rlm_magic.notebook.progress.progress import Progress
from rlm_magic.notebook.progress.text import tail

__all__ = ["CellView", "TerminalView", "View", "showing"]

_SECONDS_BETWEEN = 0.2
_STEPS_SHOWN = 5
_ROWS = 4
_ROWS_IN_CELL = 8
_COLUMNS_IN_CELL = 100


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
        """Show the last steps, the code that runs or is being written, and the figures."""
        steps = progress.steps[-_STEPS_SHOWN:]
        left = len(progress.steps) - len(steps)
        earlier = [f"… {left} earlier"] if left else []
        above = [*earlier, *steps, *progress.running()]
        written = tail(progress.written, _ROWS_IN_CELL, _COLUMNS_IN_CELL)
        figures = progress.figures()
        dimmed = [f'<span style="opacity: 0.65">{escape(row)}</span>' for row in written]
        html = "\n".join([*map(escape, above), *dimmed, escape(figures)])
        self.show(
            {
                "text/plain": "\n".join([*above, *written, figures]),
                "text/html": f'<pre style="white-space: pre-wrap">{html}</pre>',
            }
        )

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
    """Prints each step once, as it ends.

    On a terminal there is a part below that moves: the end of the reply that is being written,
    dimmed, and a line of figures.
    """

    def __init__(self) -> None:
        self._printed = 0
        self._moving = sys.stdout.isatty()
        self._above = 0  # rows of the moving part above the one with the cursor

    def update(self, progress: Progress) -> None:
        """Print the steps that are new, and the moving part as it is now."""
        steps = progress.steps[self._printed :]
        self._printed += len(steps)
        self._erase()
        for step in steps:
            print(step)
        if self._moving and not progress.is_asking:
            columns = shutil.get_terminal_size().columns - 1
            rows = [f"\x1b[2m{row}\x1b[m" for row in tail(progress.written, _ROWS, columns)]
            self._above = len(rows)
            print("\n".join([*rows, progress.figures()[:columns]]), end="", flush=True)

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Print the record's text below."""
        self._erase()
        print(data["text/plain"])

    def _erase(self) -> None:
        if self._moving:
            up = f"\x1b[{self._above}A" if self._above else ""
            print(f"{up}\r\x1b[J", end="")
            self._above = 0


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
