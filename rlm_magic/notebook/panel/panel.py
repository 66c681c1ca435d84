"""The panel of one run: the widget, the link to its browsers, and who answers its questions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

from rlm_magic.approval.decisions import Answer, Approver, Proposal
from rlm_magic.events import AnyEvent, Event
from rlm_magic.notebook.panel.approval import SECONDS_TO_BE_HEARD, PanelApprover
from rlm_magic.notebook.panel.link import Link
from rlm_magic.notebook.panel.messages import Finished
from rlm_magic.notebook.panel.widget import PanelWidget
from rlm_magic.notebook.progress import CellView, Progress

__all__ = ["Panel"]


class Panel:
    """Shows a run under its cell while it lives.

    Where no browser says hello in time, progress is shown as text in its place until one does, and
    `otherwise` is asked; `cell` is the id of the notebook's cell, or empty.
    """

    def __init__(self, otherwise: Approver, cell: str) -> None:
        self._output = CellView()
        self._cell = cell
        self._widget: PanelWidget | None = None
        self._opened = 0.0
        self._shows_widget = False
        self._progress: Progress | None = None
        self._otherwise = otherwise
        self._link = Link()
        self.approver = PanelApprover(self._link.heard, self._ask_below)
        self._link.on_decision = self.approver.decide

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have `stop` called, on any thread, when the person stops the run in the panel."""
        self._link.on_stop = stop

    def take(self, event: Event) -> None:
        """Show one event; on any thread."""
        self._link.publish(cast(AnyEvent, event))

    def update(self, progress: Progress) -> None:
        """Show the widget, or the progress as text where nobody listens to the widget."""
        self._progress = progress
        if self._widget is None:
            self._widget = PanelWidget(self._cell)
            self._widget.on_msg(self._link.take)
            self._link.open(self._widget)
            self._opened = time.monotonic()
            self._show_widget(self._widget)
        elif self._link.heard.done():
            if not self._shows_widget:
                self._show_widget(self._widget)
        elif time.monotonic() - self._opened > SECONDS_TO_BE_HEARD:
            self._show_text(progress)

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put the record of the run in the place of the panel, which is closed."""
        self._end(data, metadata)

    def close(self) -> None:
        """Take the panel away if no record has replaced it."""
        if self._widget is not None:
            self._end({"text/plain": "The run ended without a record."}, {})

    def _end(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self._link.close()
        self._output.show(data, metadata)
        if self._widget is not None:
            if self._link.heard.done():
                self._widget.send(Finished(data=data, metadata=metadata).model_dump())
            self._widget.close()
            self._widget = None

    def _ask_below(self, proposal: Proposal) -> Answer | Awaitable[Answer]:
        if self._progress is not None:
            self._show_text(self._progress)
        print("The panel can't be heard by the kernel here, so the question is asked below.")
        return self._otherwise(proposal)

    def _show_text(self, progress: Progress) -> None:
        self._shows_widget = False
        self._output.update(progress)

    def _show_widget(self, widget: PanelWidget) -> None:
        self._shows_widget = True
        self._output.show({**widget.view, "text/plain": "The run is shown in a panel."})
