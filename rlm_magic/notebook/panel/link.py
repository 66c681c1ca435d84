"""Carries the events of a run to the browsers that show it, and brings back what they send.

Events come from any thread and are only noted there. One thread of the link sends them, at most ten
messages a second and less than the server's limit of a megabyte a second, and nothing at all before
a browser has said hello. What browsers send arrives on the main thread or on a subshell's, and is
handed on as it is; browsers that missed something say where they stand, and it is sent again.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Protocol

from pydantic import ValidationError

from rlm_magic.events import AnyEvent, CodeProposed, RootStreamed
from rlm_magic.notebook.panel.messages import (
    Decide,
    Events,
    Fetch,
    Fetched,
    Hello,
    StopRun,
    read_message,
)
from rlm_magic.trace.wire import full_line, wire_line

__all__ = ["Link"]

_SECONDS_TO_BE_HEARD = 2.0

_SECONDS_BETWEEN = 0.125  # eight a second, and two that don't wait: the last, and the record
_LONGEST_SEND = 2.0  # seconds; a daemon that hangs in a send must not hang the run
_EVENTS = 500  # looked at for one message
_BYTES = 64_000  # after which a message is sent
_LONGEST_FETCHED = 500_000  # characters of a text
_BYTES_A_SECOND = 600_000


class Sender(Protocol):
    """The part of a widget that the link needs."""

    def send(self, content: object, buffers: list[bytes] | None = None) -> None: ...


class Link:
    """The line between one run and its browsers, from `open` to `close`."""

    def __init__(self) -> None:
        self.heard: Future[None] = Future()  # done at the first hello
        self.broken: Future[None] = Future()  # done when nothing can be sent any more
        self.on_decision: Callable[[Decide], object] = lambda decision: None
        self.on_stop: Callable[[], object] = lambda: None
        self._events: list[AnyEvent] = []
        self._sent = 0
        self._wanted: list[int] = []
        self._closing = False
        self._pausing = threading.Event()  # set to cut the last pause short
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._opened: float | None = None

    @property
    def is_heard(self) -> bool:
        """Whether a browser has said hello, and can be answered."""
        return self.heard.done() and not self.broken.done()

    @property
    def seconds_left(self) -> float:
        """How long to wait for a browser before the run does without; 0 is no longer."""
        if self.broken.done():
            return 0.0
        if self._opened is None:
            return _SECONDS_TO_BE_HEARD
        return max(0.0, self._opened + _SECONDS_TO_BE_HEARD - time.monotonic())

    def open(self, widget: Sender) -> None:
        """Begin to send through `widget`."""
        # Messages belong to the cell that is running: its context names it as their parent.
        send = contextvars.copy_context().run
        self._thread = threading.Thread(
            target=send, args=(self._run, widget), name="rlm-magic-panel", daemon=True
        )
        self._thread.start()
        self._opened = time.monotonic()

    def publish(self, event: AnyEvent) -> None:
        """Note an event to be sent; on any thread."""
        with self._changed:
            self._events.append(event)
            self._changed.notify()

    def take(self, _: object, content: object, __: object = None) -> None:
        """Take a message from a browser (ipywidgets' signature); what is none is ignored."""
        try:
            message = read_message(content)
        except ValidationError:
            return
        match message:
            case Hello():
                with self._changed:
                    self._sent = min(self._sent, max(0, message.have))
                    if not self.heard.done():
                        self.heard.set_result(None)
                    self._changed.notify()
            case Fetch():
                with self._changed:
                    if 1 <= message.seq <= len(self._events):
                        self._wanted.append(message.seq)
                    self._changed.notify()
            case Decide():
                self.on_decision(message)
            case StopRun():
                self.on_stop()

    def close(self) -> None:
        """Send at most one message more, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._pausing.set()
        if self._thread is not None:
            self._thread.join(_LONGEST_SEND)

    def _run(self, widget: Sender) -> None:
        try:
            self._send_all(widget)
        except Exception:  # whoever waits for the panel has to be asked in another way
            self.broken.set_result(None)

    def _send_all(self, widget: Sender) -> None:
        while self._wait_for_work():
            content, line = self._next_message()
            widget.send(content.model_dump(), [line])
            if self._closing:
                return
            self._pausing.wait(max(_SECONDS_BETWEEN, len(line) / _BYTES_A_SECOND))

    def _wait_for_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._has_work())
            return self._has_work()

    def _has_work(self) -> bool:
        return self.heard.done() and (self._sent < len(self._events) or bool(self._wanted))

    def _next_message(self) -> tuple[Events | Fetched, bytes]:
        with self._changed:
            if self._wanted:
                event = self._events[self._wanted.pop(0) - 1]
                # Nobody can approve code that isn't all there.
                longest = None if isinstance(event, CodeProposed) else _LONGEST_FETCHED
                return Fetched(seq=event.seq), full_line(event, longest)
            after = self._sent
            lines, size = [], 0
            for event in _joined(self._events[after : after + _EVENTS]):
                lines.append(wire_line(event))
                size += len(lines[-1])
                self._sent = event.seq
                if size > _BYTES:
                    break
        return Events(after=after, last=self._sent, now=time.time()), b"\n".join(lines)


def _joined(events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
    """Yield the events, neighbouring pieces of a streamed reply as one."""
    streamed: list[RootStreamed] = []
    for event in events:
        if streamed and not _continues(streamed[0], event):
            yield _as_one(streamed)
            streamed = []
        if isinstance(event, RootStreamed):
            streamed.append(event)
        else:
            yield event
    if streamed:
        yield _as_one(streamed)


def _continues(first: RootStreamed, event: AnyEvent) -> bool:
    return isinstance(event, RootStreamed) and (event.run, event.step) == (first.run, first.step)


def _as_one(pieces: list[RootStreamed]) -> RootStreamed:
    text = "".join(piece.text for piece in pieces)
    return pieces[-1].model_copy(update={"text": text, "start": pieces[0].start})
