"""What a run may use: budgets, limits, and the defaults that the whole package shares."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args

import platformdirs

from rlm_magic.errors import ConfigurationError

__all__ = [
    "OFFLINE_MODEL",
    "Budget",
    "Keep",
    "Limits",
    "check_keep",
    "check_number",
    "default_model",
    "trace_folder",
]

OFFLINE_MODEL = "offline/demo"

Keep = Literal["answer", "all", "none"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run and all its sub-calls and child runs may use together; None is no bound.

    `usd` is US dollars, `tokens` input and output tokens together, `calls` model calls (the
    root model's count too), `seconds` wall time. A call is reserved at its worst case before it
    is sent, so none of the bounds is passed; a dollar budget needs a model whose price is known.
    """

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                check_number(f"budget {field.name}", value, whole=field.name in ("tokens", "calls"))


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends when it doesn't finish by itself.

    `max_depth` counts levels of runs below the root model: 1 makes every `rlm_query` a plain
    sub-call (the paper's setting), 2 allows one level of child runs. `max_steps` is root replies,
    `max_errors` consecutive steps that failed, `max_seconds` wall time after which no further step
    begins, `max_output` characters of a step's output that go back to the root model.
    """

    max_depth: int = 1
    max_steps: int = 30
    max_errors: int = 5
    max_seconds: float | None = None
    max_output: int = 10_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            seconds = field.name == "max_seconds"
            if value is not None or not seconds:
                check_number(field.name, value, whole=not seconds)


def check_number(name: str, value: object, *, whole: bool) -> None:
    """Raise ConfigurationError unless `value` is a finite number above zero."""
    kind = "a whole number" if whole else "a number"
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right_type or not math.isfinite(value) or value <= 0:  # type: ignore[arg-type,operator]
        raise ConfigurationError(f"{name} must be {kind} above zero, not {value!r}.")


def check_keep(value: str) -> Keep:
    """Return `value` when it is one of the choices of `Keep`; raise ConfigurationError if not."""
    for choice in get_args(Keep):
        if value == choice:
            return choice  # type: ignore[no-any-return]
    raise ConfigurationError(f"keep must be 'answer', 'all' or 'none', not {value!r}.")


def default_model() -> str:
    """The model of the environment variable RLM_MODEL, else the offline model: never a paid one."""
    return os.environ.get("RLM_MODEL", "").strip() or OFFLINE_MODEL


def trace_folder() -> Path:
    """Where traces go unless told otherwise: RLM_TRACE_DIR, else a folder of the person's data."""
    chosen = os.environ.get("RLM_TRACE_DIR", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("rlm-magic", appauthor=False)) / "traces"
