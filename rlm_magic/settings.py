"""What a run may use: budgets, limits, and the defaults that the whole package shares."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from rlm_magic.errors import ConfigurationError

__all__ = [
    "MOST_CONCURRENT",
    "OFFLINE_MODEL",
    "Budget",
    "CacheMode",
    "Keep",
    "Limits",
    "Thresholds",
    "check_cache",
    "check_count",
    "check_keep",
    "check_number",
    "default_model",
    "store_path",
    "trace_folder",
]

MOST_CONCURRENT = 512
OFFLINE_MODEL = "offline/demo"

Keep = Literal["answer", "all", "none"]
CacheMode = Literal["off", "on", "refresh", "replay"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run and all its sub-calls and child runs may use together; None is no bound.

    `usd` is US dollars, `tokens` input and output tokens together, `calls` requests to models (the
    root model's, and those that are sent again, count too), `seconds` wall time.

    Every request is reserved before it is sent, at its worst case: a token for each byte of the
    prompt, and as many as the reply may have (`max_tokens`: where nobody chose a number 4,096, and
    more for a model that reasons). So calls never pass their bound. Tokens and dollars pass theirs
    only by what a provider reports above the worst case, as one that ignores `max_tokens` does, and
    dollars by what it charges besides tokens (web search). A dollar budget needs models whose
    prices are known.
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


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a batch of sub-calls may take before a person is asked; None is no threshold.

    `usd` is US dollars as estimated; a batch of unknown price is judged by its `calls` alone.
    """

    usd: float | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                check_number(f"confirm_{field.name}", value, whole=field.name == "calls")

    def are_passed(self, calls: int, usd: float | None) -> bool:
        """Whether a batch needs a person's yes."""
        too_many = self.calls is not None and calls > self.calls
        too_dear = self.usd is not None and usd is not None and usd > self.usd
        return too_many or too_dear


def check_count(name: str, value: object) -> None:
    """Raise ConfigurationError unless `value` is a whole number, 0 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigurationError(f"{name} must be a whole number, 0 or more, not {value!r}.")


def check_number(
    name: str, value: object, *, whole: bool, above: float = 0, most: float = math.inf
) -> None:
    """Raise ConfigurationError unless `value` is finite, above `above`, and at most `most`."""
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right_type or not math.isfinite(value) or not above < value <= most:  # type: ignore[arg-type,operator]
        kind = "a whole number" if whole else "a number"
        bound = f" and at most {most:g}" if most < math.inf else ""
        least = f"{above:g}" if above else "zero"
        raise ConfigurationError(f"{name} must be {kind} above {least}{bound}, not {value!r}.")


def check_keep(value: object) -> Keep:
    """Return `value` when it is one of the choices of `Keep`; raise ConfigurationError if not."""
    return _check_choice("keep", value, get_args(Keep))  # type: ignore[no-any-return]


def check_cache(value: object) -> CacheMode:
    """Return `value` when it is one of `CacheMode`; raise ConfigurationError if not."""
    return _check_choice("cache", value, get_args(CacheMode))  # type: ignore[no-any-return]


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> Any:
    if value in choices:
        return value
    *others, last = (repr(choice) for choice in choices)
    raise ConfigurationError(f"{name} must be {', '.join(others)} or {last}, not {value!r}.")


def default_model() -> str:
    """The model of the environment variable RLM_MODEL, else the offline model: never a paid one."""
    return os.environ.get("RLM_MODEL", "").strip() or OFFLINE_MODEL


def trace_folder() -> Path:
    """Where traces go unless told otherwise: RLM_TRACE_DIR, else a folder of the person's data."""
    chosen = os.environ.get("RLM_TRACE_DIR", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("rlm-magic", appauthor=False)) / "traces"


def store_path() -> Path:
    """Where replies are kept unless told otherwise: RLM_STORE, else with the person's data."""
    chosen = os.environ.get("RLM_STORE", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("rlm-magic", appauthor=False)) / "store.db"
