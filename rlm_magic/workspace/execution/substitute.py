"""Replaces attributes of the process for as long as at least one run is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Substitution"]

Target = tuple[object, str, Callable[[Any], Any]]


class Substitution:
    """Targets (owner, attribute, what to make of the original), shared by all open runs.

    An attribute that somebody else replaced meanwhile is left as they want it.
    """

    def __init__(self, *targets: Target) -> None:
        self._targets = targets
        self._lock = threading.Lock()
        self._users = 0
        self._replaced: list[tuple[object, str, Any, Any]] = []

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Replace on the first entry, put back on the last exit."""
        with self._lock:
            if self._users == 0:
                self._replace()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._put_back()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Undo on exit what the code in between replaced, but not what was replaced before."""
        intact = [entry for entry in self._replaced if _is_intact(entry)]
        try:
            yield
        finally:
            for owner, attribute, _, replacement in intact:
                setattr(owner, attribute, replacement)

    def _replace(self) -> None:
        for owner, attribute, make in self._targets:
            original = getattr(owner, attribute)
            replacement = make(original)
            setattr(owner, attribute, replacement)
            self._replaced.append((owner, attribute, original, replacement))

    def _put_back(self) -> None:
        for entry in self._replaced:
            if _is_intact(entry):
                owner, attribute, original, _ = entry
                setattr(owner, attribute, original)
        self._replaced.clear()


def _is_intact(entry: tuple[object, str, Any, Any]) -> bool:
    owner, attribute, _, replacement = entry
    return getattr(owner, attribute, None) is replacement
