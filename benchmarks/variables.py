"""A namespace as it is after a long day: a thousand variables of every common kind."""

import datetime
import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["mixed_variables"]


def mixed_variables(count: int) -> dict[str, Any]:
    """Return `count` variables, the kinds in turn, of many sizes."""
    return {f"{kind}_{n}": make(n) for n, kind, make in _plan(count)}


def _plan(count: int) -> list[tuple[int, str, Callable[[int], Any]]]:
    kinds = list(_KINDS.items())
    return [(n, *kinds[n % len(kinds)]) for n in range(count)]


def _frame(n: int) -> pd.DataFrame:
    rows = np.arange(100 + 10 * n)
    return pd.DataFrame(
        {
            "id": rows,
            "price": rows / 3,
            "name": [f"row {row}" for row in rows],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rows, unit="h"),
        }
    )


def _function(n: int) -> Callable[..., Any]:
    def load(path: str, *, encoding: str = "utf-8", limit: int | None = None) -> list[str]:
        """Load the lines of a file."""
        return Path(path).read_text(encoding).splitlines()[: limit or n]

    return load


_KINDS: dict[str, Callable[[int], Any]] = {
    "df": _frame,
    "array": lambda n: np.zeros((n + 1, 3)),
    "text": lambda n: "It was the best of times, it was the worst of times.\n" * (n + 1),
    "settings": lambda n: {"retries": n, "path": "/data", "names": ["a", "b"], "deep": {"x": 1}},
    "sources": lambda n: {f"file_{i}.py": "import this\n" * i for i in range(20 + n // 10)},
    "items": lambda n: list(range(n)),
    "records": lambda n: [{"id": i, "title": f"title {i}", "tags": ["x"]} for i in range(50)],
    "function": _function,
    "number": lambda n: n,
    "ratio": lambda n: n / 7,
    "series": lambda n: pd.Series(np.arange(100 + n), name="lines"),
    "names": lambda n: {f"name {i}" for i in range(n % 50)},
    "pair": lambda n: (n, "two"),
    "counts": lambda n: Counter("abracadabra" * n),
    "day": lambda n: datetime.date(2024, 1, 1) + datetime.timedelta(days=n),
    "path": lambda n: Path("/data") / f"{n}.csv",
    "bound": lambda n: functools.partial(max, n),
    "flag": lambda n: n % 2 == 0,
    "nothing": lambda n: None,
    "blob": lambda n: bytes(n),
}
