"""One batch of sub-calls, measured in the process that makes it, whichever tool that belongs to.

Programs of other tools import this in environments of their own: it needs nothing but Python.
"""

import gc
import json
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

__all__ = ["measured"]

_CLEAR_REFS = Path("/proc/self/clear_refs")
_batches = count()


def measured(llm_query_batched: Callable[[list[str]], list[str]], calls: int) -> str:
    """Return, as JSON, what a batch takes: `seconds`, `cpu` seconds, and `memory` in bytes.

    Memory is what the process holds more at the peak than before (Linux; else 0). No prompt is like
    one of an earlier batch, so that no cache answers it.
    """
    batch = next(_batches)
    prompts = [f"Which colour is number {n} of batch {batch}?" for n in range(calls)]
    gc.collect()
    if _CLEAR_REFS.exists():
        _CLEAR_REFS.write_text("5")  # the high-water mark falls to what is resident now
    held, cpu, started = _high_water_mark(), time.process_time(), time.perf_counter()
    replies = llm_query_batched(prompts)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    memory = _high_water_mark() - held
    if replies != ["blue"] * calls:
        wrong = next(reply for reply in replies if reply != "blue")
        raise RuntimeError(f"{calls - replies.count('blue')} calls of {calls} failed: {wrong}")
    return json.dumps({"seconds": seconds, "cpu": cpu, "memory": memory})


def _high_water_mark() -> int:
    if not _CLEAR_REFS.exists():
        return 0
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
