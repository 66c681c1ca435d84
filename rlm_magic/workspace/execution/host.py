"""What the place where code runs adds to plain Python: a notebook's syntax and its displays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["Host", "PlainHost"]


class Host(Protocol):
    """A seam that the notebook face fills; the engine itself knows only plain Python."""

    def transform(self, source: str) -> str:
        """Return `source` as plain Python (IPython's `%` and `!` lines translated)."""
        ...

    def for_child(self) -> Host:
        """Return the host of child runs, whose code must not reach the person's namespace."""
        ...

    def displays_to(self, write: Callable[[str], object]) -> AbstractContextManager[object]:
        """Have what the code displays also written, as text, through `write`."""
        ...


class PlainHost:
    """Plain Python, as in a script."""

    def transform(self, source: str) -> str:
        """Return `source` unchanged."""
        return source

    def for_child(self) -> PlainHost:
        """Return the host itself."""
        return self

    def displays_to(self, write: Callable[[str], object]) -> AbstractContextManager[object]:
        """Do nothing: outside of IPython a display is a print."""
        return nullcontext()
