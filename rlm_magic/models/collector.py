"""Keeps Python's garbage collector away from old objects while a large batch is under way.

The calls of a batch allocate so much that the collector would look through everything several
times a second; with litellm and a person's data in memory that takes a quarter of a second each.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["old_objects_spared"]

_lock = threading.Lock()
_users = 0
_is_ours = False


@contextmanager
def old_objects_spared() -> Iterator[None]:
    """Have the collector look only at what is made meanwhile; what the person froze stays so."""
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
            if _users == 0 and _is_ours:
                gc.unfreeze()
                _is_ours = False
