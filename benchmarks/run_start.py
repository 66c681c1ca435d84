"""From the call to the first model request, with contexts of 4, 40 and 400 MB: time and memory.

Time is counted from the call of `RLM.completion` to the event `RootRequested`, the moment at which
the request is handed to litellm; what litellm and the network add doesn't depend on the context and
would only hide a difference. It is the median of runs that go through all sizes in turn.

Memory is what a whole run, to its end, adds at its peak: the larger of what Python allocates
(tracemalloc) and of what the operating system sees (the resident set's high-water mark, reset
before the run; Linux only). Each kind of context is measured in a process of its own.
"""

import gc
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.answers import answer_of
from benchmarks.figures import Figure
from benchmarks.processes import elsewhere
from rlm_magic import RLM
from rlm_magic.events import Event, RootRequested

__all__ = ["measure"]

_MB = 1_000_000
_LINE = "The quick brown fox jumps over the lazy dog, and no model is asked to read it.\n"
_DOCUMENT = 4_000


def measure(quick: bool) -> list[Figure]:
    """Measure with each kind of context."""
    sizes = [size * _MB for size in ((1, 2) if quick else (4, 40, 400))]
    kinds = ["str"] if quick else list(_MAKERS)
    return [row for kind in kinds for row in _rows(kind, sizes, quick)]


def _rows(kind: str, sizes: list[int], quick: bool) -> list[Figure]:
    repetitions = 3 if quick else 40
    milliseconds, added = elsewhere(measure_kind, kind, sizes, repetitions, here=quick)
    smallest, *others = (f"{size // _MB} MB {kind}" for size in sizes)
    times = [
        Figure.constant(f"{name}: start, against {sizes[0] // _MB} MB", taken, milliseconds[0])
        for name, taken in zip(others, milliseconds[1:], strict=True)
    ]
    memory = [
        Figure.at_most(f"{name}: added memory", extra / _MB, 1 + 0.01 * size / _MB, "MB", 2)
        for name, size, extra in zip((smallest, *others), sizes, added, strict=True)
    ]
    return times + memory


def measure_kind(kind: str, sizes: list[int], repetitions: int) -> tuple[list[float], list[int]]:
    """Return the milliseconds to the request and the bytes added, for each size."""
    from benchmarks.instant import instant_model

    instant_model(lambda messages: "FINAL(done)")
    contexts = [_MAKERS[kind](size) for size in sizes]
    for _ in range(3):
        _seconds_to_request(contexts[0])
    times: list[list[float]] = [[] for _ in sizes]
    for _ in range(repetitions):
        for context, taken in zip(contexts, times, strict=True):
            taken.append(_seconds_to_request(context))
    added = [max(_resident(context), _allocated(context)) for context in contexts]
    return [median(taken) * 1000 for taken in times], added


def _seconds_to_request(context: object) -> float:
    requested: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, RootRequested):
            requested.append(time.perf_counter())

    rlm = RLM("instant/model", on_event=note)
    started = time.perf_counter()
    answer_of(rlm.completion("What is it about?", context))
    return requested[0] - started


def _allocated(context: object) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        _seconds_to_request(context)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


_CLEAR_REFS = Path("/proc/self/clear_refs")


def _resident(context: object) -> int:
    if not _CLEAR_REFS.exists():
        return 0
    gc.collect()
    _CLEAR_REFS.write_text("5")  # the high-water mark falls to what is resident now
    before = _high_water_mark()
    _seconds_to_request(context)
    return _high_water_mark() - before


def _high_water_mark() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _text(size: int) -> str:
    return (_LINE * (size // len(_LINE) + 1))[:size]


def _texts(size: int) -> dict[str, str]:
    text = _text(_DOCUMENT - 8)
    return {f"{n:07}.txt": f"{n:07} {text}" for n in range(size // _DOCUMENT)}


def _frame(size: int) -> Any:
    import numpy as np
    import pandas as pd

    rows = size // 32
    numbers = np.arange(rows)
    columns = {"id": numbers, "day": numbers % 365, "price": numbers / 3, "weight": numbers / 7}
    return pd.DataFrame(columns)


_MAKERS: dict[str, Callable[[int], Any]] = {
    "str": _text,
    "dict of str": _texts,
    "DataFrame": _frame,
}
