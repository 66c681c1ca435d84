"""Describing a namespace of 1,000 variables: DataFrames, arrays, texts, containers, functions, …

Counted is `describe_namespace` alone, which a run calls once before its first request; the first
call of a process, which also fills caches, is printed besides the median.
"""

import time
from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import elsewhere
from benchmarks.variables import mixed_variables
from rlm_magic.workspace.describe import describe_namespace

__all__ = ["measure"]


def measure(quick: bool) -> list[Figure]:
    """Measure the first call and the later ones."""
    count = 20 if quick else 1_000
    first, later = elsewhere(measure_calls, count, 3 if quick else 30)
    name = f"{count:,} variables described"
    return [
        Figure.at_most(name, later * 1000, 50, "ms"),
        Figure(f"{name}: first call of a process", f"{first * 1000:.1f} ms"),
    ]


def measure_calls(count: int, calls: int) -> tuple[float, float]:
    """Return the seconds of the first call, and of the median call."""
    variables = mixed_variables(count)
    seconds: list[float] = []
    for _ in range(calls):
        started = time.perf_counter()
        describe_namespace(variables)
        seconds.append(time.perf_counter() - started)
    return seconds[0], median(seconds)
