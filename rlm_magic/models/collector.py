"""Keeps Python's garbage collector away from old objects while a run sends large batches.

Their calls allocate so much that the collector would look through everything several times a
second; with litellm and a person's data in memory that takes a quarter of a second each, and once
more when it may look at everything again.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["old_objects_spared"]

_lock = threading.Lock()
_users = 0
_is_ours = False


@contextmanager
def old_objects_spared() -> Iterator[None]:
    """Have the collector look only at what is made meanwhile; what the person froze stays so.

    A `gc.collect()` of the person's frees nothing older meanwhile; one afterwards does.
    """
    global _users, _is_ours
    with _lock:
        _users += 1
        if _users == 1 and gc.get_freeze_count() == 0:
            gc.freeze()
            _is_ours = True
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _unfreeze()


def _unfreeze() -> None:
    global _is_ours
    if _is_ours:
        gc.unfreeze()
    _is_ours = False


def _begin_in_child() -> None:
    """After a fork: the batches are those of the parent."""
    global _lock, _users
    _lock = threading.Lock()
    _users = 0
    _unfreeze()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
