"""The panel of one run: the widget, the link to its browsers, and who answers its questions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from rlm_magic.approval.decisions import Answer, Approver, Proposal
from rlm_magic.events import AnyEvent, Event
from rlm_magic.notebook.panel.approval import PanelApprover
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
        self._shows_widget = False
        self._has_ended = False
        self._has_said_it = False
        self._progress: Progress | None = None
        self._otherwise = otherwise
        self._link = Link()
        self.approver = PanelApprover(self._link, self._ask_below)
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
        if self._has_ended:
            return
        if self._widget is None:
            self._widget = PanelWidget(self._cell)
            self._widget.on_msg(self._link.take)
            self._link.open(self._widget)
            self._show_widget(self._widget)
        elif self._link.is_heard:
            if not self._shows_widget:
                self._show_widget(self._widget)
        elif self._link.seconds_left == 0:
            self._show_text(progress)

    def replace(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put the record of the run in the place of the panel, which is closed."""
        self._has_ended = True
        widget, self._widget = self._widget, None
        try:
            self._link.close()
            self._output.show(data, metadata)
        finally:
            if widget is not None:
                self._close(widget, Finished(data=data, metadata=metadata))

    def close(self) -> None:
        """Take the panel away if no record has replaced it."""
        if self._widget is not None:
            self.replace({"text/plain": "The run ended without a record."}, {})

    def _close(self, widget: PanelWidget, finished: Finished) -> None:
        try:
            # The link's thread has ended, so this one may send.
            if self._link.is_heard:
                widget.send(finished.model_dump())
        finally:
            widget.close()

    def _ask_below(self, proposal: Proposal) -> Answer | Awaitable[Answer]:
        if self._progress is not None:
            self._show_text(self._progress)
        if not self._has_said_it:
            self._has_said_it = True
            print("The panel can't be heard by the kernel here, so the question is asked below.")
        return self._otherwise(proposal)

    def _show_text(self, progress: Progress) -> None:
        self._shows_widget = False
        self._output.update(progress)

    def _show_widget(self, widget: PanelWidget) -> None:
        self._shows_widget = True
        self._output.show({**widget.view, "text/plain": "The run is shown in a panel."})
