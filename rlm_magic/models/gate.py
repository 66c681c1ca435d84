"""The cap on model calls in flight, shared by all runs of the process that set the same one."""

from __future__ import annotations

import asyncio
import os
from functools import cache

__all__ = ["gate_of"]


def gate_of(concurrency: int) -> asyncio.Semaphore:
    """Return the semaphore to hold during a call; it is awaited on the I/O thread only."""
    return _gate(concurrency, os.getpid())


@cache
def _gate(concurrency: int, process: int) -> asyncio.Semaphore:
    return asyncio.Semaphore(concurrency)
