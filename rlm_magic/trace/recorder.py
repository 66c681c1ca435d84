"""Numbers the events of a run tree, writes them to the trace file and hands them to observers.

Events come from the run's thread, from the model I/O thread and from threads of generated code;
one lock gives them their order. Observers are called under it, in that order, on whichever thread
the event happened: they must be quick, and one that raises is dropped for the rest of the run.
"""

from __future__ import annotations

import contextvars
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from rlm_magic.errors import ConfigurationError
from rlm_magic.events import Event, Notice
from rlm_magic.settings import trace_folder

__all__ = ["Observer", "Recorder", "open_trace"]

_TRACE_START = b'{"seq":'

Observer = Callable[[Event], None]
Later = Callable[[Callable[[], None]], object]


class Recorder:
    """The one way by which a run tree says what it does."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self.trace: Path | None = None
        self.events: list[Event] = []
        self._file: IO[str] | None = None
        self._is_flush_due = False
        self._observers = list(observers)
        self._process = os.getpid()
        # Observers run in the context of who started the run: their prints are no code's output.
        self._context = contextvars.copy_context()
        self._lock = threading.RLock()

    def open(self, trace: Path) -> None:
        """Write all further events to the file `trace`."""
        self.trace = trace
        self._file = _open_private(trace)

    def emit(self, event: Event, later: Later | None = None) -> None:
        """Number a new event, write it and hand it on; a forked process has no part in the run.

        With `later`, which calls a function a moment later, the event reaches the disk together
        with all others until then; else before this returns.
        """
        if os.getpid() != self._process:
            return
        with self._lock:
            number, now = len(self.events) + 1, round(time.time(), 4)
            event.stamp(number, now)
            self.events.append(event)
            self._write(event, later)
            for observer in tuple(self._observers):
                try:
                    self._context.copy().run(observer, event)
                except (Exception, SystemExit) as error:
                    self._observers.remove(observer)
                    name = getattr(observer, "__qualname__", type(observer).__name__)
                    self.emit(
                        Notice(
                            run=event.run,
                            text=f"The observer {name} raised {type(error).__name__}: {error}; "
                            "it gets no further events of this run.",
                        )
                    )

    def close(self) -> None:
        """Close the trace file; later events are kept in memory only."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, event: Event, later: Later | None) -> None:
        if self._file is None:
            return
        try:
            self._file.write(event.model_dump_json() + "\n")
            if later is None:
                self._file.flush()
            elif not self._is_flush_due:
                self._is_flush_due = True
                later(self._flush)
        except OSError as error:
            self._give_up(error)

    def _flush(self) -> None:
        with self._lock:
            self._is_flush_due = False
            try:
                if self._file is not None:
                    self._file.flush()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        # A full disk must not end a run whose money is spent; the events stay in memory.
        self._file = None
        run = self.events[0].run
        self.emit(Notice(run=run, text=f"The trace file can't be written: {error}."))


def open_trace(chosen: str | os.PathLike[str] | None, run: str) -> Path:
    """Return the path of the trace for `run`: `chosen` (a file, or a folder) or the default place.

    Raises ConfigurationError when `chosen` can't be written or is another file. The default place
    falls back to the system's folder for temporary files.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{run}.rlm.jsonl"
    if chosen is not None:
        path = Path(chosen).expanduser().absolute()
        try:
            if path.is_dir() or os.fspath(chosen).endswith(("/", os.sep)):
                path = path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _refuse_other_file(path)
            _open_private(path).close()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigurationError(
                f"The trace can't be written to {path} ({reason}): choose another path."
            ) from None
        return path
    folder = trace_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _open_private(folder / name).close()
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="rlm-magic-"))
    return folder / name


def _refuse_other_file(path: Path) -> None:
    """Raise ConfigurationError where a trace would replace a file that is none."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(len(_TRACE_START))
    if start and start != _TRACE_START:
        raise ConfigurationError(f"{path} holds something else than a trace: choose another path.")


def _open_private(path: Path) -> IO[str]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)  # a file that was there before kept its mode
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")
