"""What a record holds: the types that kernel, saved files and browser share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rlm_magic.events import Abandoned, AnyEvent, Tokens

__all__ = ["RECORD", "Omitted", "RecordMetadata", "RunRecord"]

RECORD = "application/vnd.rlm.run+json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Omitted(_Model):
    """What a step held that the record has no room for, and what it used together.

    `calls` counts sub-calls, `failed` and `cancelled` ones among them; `runs` child runs, and
    `steps` replies of root models. `cached` counts the replies among both that came from the store,
    `retries` requests that were sent again. Where steps are left out, `step` is the first of them.
    """

    run: str
    step: int
    calls: int
    failed: int = 0
    cancelled: int = 0
    cached: int = 0
    retries: int = 0
    runs: int = 0
    steps: int = 0
    tokens: Tokens = Tokens()
    usd: float | None = 0.0
    abandoned: Abandoned = Abandoned()


class RunRecord(_Model):
    """A run as data that a deterministic model makes the same each time.

    `events` are the events of the run with their texts shortened, without `time`, `seconds`, `key`
    and `version`, and with runs numbered from "1" in the order of their start. `setup` is the first
    of the cells that run the code again: it holds the helpers that the code needs. Where these read
    the trace it holds `"{trace}"` once, quotes included, to be replaced by the path as JSON.
    """

    version: Literal[1] = 1
    events: tuple[AnyEvent, ...]
    omitted: tuple[Omitted, ...] = ()
    setup: str = ""


class RecordMetadata(_Model):
    """What differs from run to run.

    `times` is whole milliseconds from `started` to each event, with spaces between: a list would
    take a line of the notebook for each.
    """

    run: str
    trace: str | None
    started: float
    times: str
