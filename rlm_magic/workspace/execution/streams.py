"""Captures what generated code prints, and only that, while the person's streams stay usable.

`sys.stdout` and `sys.stderr` are replaced once while any run is open, by a stream that looks at who
writes: code of a run writes to that run's `Transcript`, everybody else to the stream there was. Who
writes is told by a context variable, which the code's greenlet carries; threads that generated code
started carry none: a thread that is younger than the block on the main thread counts as its own.
"""

from __future__ import annotations

import io
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

from rlm_magic.workspace.execution.substitute import Substitution

__all__ = ["Transcript", "current_transcript", "shared_streams", "writing_to"]


class Transcript:
    """The output of one block: its head, its tail, and its true length; bounded in memory."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit * 2 // 3
        self._tail_limit = limit - self._head_limit
        self._head: list[str] = []
        self._head_size = 0
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._lock = threading.Lock()
        self.chars = 0

    def write(self, text: str) -> int:
        """Add `text`."""
        with self._lock:
            self.chars += len(text)
            room = self._head_limit - self._head_size
            if room > 0:
                self._head.append(text[:room])
                self._head_size += len(self._head[-1])
            rest = text[max(room, 0) :]
            if rest:
                self._tail.append(rest[-self._tail_limit :])
                self._tail_size += len(self._tail[-1])
                while self._tail_size - len(self._tail[0]) >= self._tail_limit:
                    self._tail_size -= len(self._tail.popleft())
        return len(text)

    @property
    def room(self) -> int:
        """Characters that can be added and then all be seen: until the cut, or in the tail."""
        return max(self._head_limit + self._tail_limit - self.chars, self._tail_limit)

    def text(self) -> str:
        """Return the output; a cut in the middle is marked with what is missing and the total."""
        with self._lock:
            head, tail = "".join(self._head), "".join(self._tail)[-self._tail_limit :]
            missing = self.chars - len(head) - len(tail)
            if missing <= 0:
                return head + tail
            return (
                f"{head}\n[… {missing:,} of {self.chars:,} characters left out; "
                f"print less, or search in a variable …]\n{tail}"
            )


_transcript: ContextVar[Transcript | None] = ContextVar("rlm_magic_transcript", default=None)
_on_main: list[tuple[Transcript, frozenset[threading.Thread]]] = []


def current_transcript() -> Transcript | None:
    """Return where the caller's output goes if the caller is generated code, else None."""
    own = _transcript.get()
    if own is not None:
        return own
    if _on_main:
        transcript, older_threads = _on_main[-1]
        if threading.current_thread() not in older_threads:
            return transcript
    return None


@contextmanager
def writing_to(transcript: Transcript) -> Iterator[None]:
    """Send what this context prints to `transcript`."""
    token = _transcript.set(transcript)
    entry = (transcript, frozenset(threading.enumerate()))
    on_main = threading.current_thread() is threading.main_thread()
    if on_main:
        _on_main.append(entry)
    try:
        yield
    finally:
        _transcript.reset(token)
        if on_main:
            _on_main.remove(entry)


class _Shared(io.TextIOBase):
    """Stands in for a stream of the person and passes everything on that isn't a run's."""

    def __init__(self, original: TextIO) -> None:
        self.original = original

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        transcript = current_transcript()
        if transcript is None:
            return self.original.write(text)
        return transcript.write(text)

    def flush(self) -> None:
        if current_transcript() is None:
            self.original.flush()

    def isatty(self) -> bool:
        return current_transcript() is None and self.original.isatty()

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.original.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.original.errors

    def fileno(self) -> int:
        return self.original.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


shared_streams = Substitution((sys, "stdout", _Shared), (sys, "stderr", _Shared))
