"""A run as the data of a record: its texts cut to length, and all that differs by chance left out.

It is the same each time under a deterministic model: nothing in it depends on the clock, on random
names, on paths, or on which of several sub-calls was answered first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from rlm_magic.events import (
    AnyEvent,
    BatchStarted,
    CodeExecuted,
    Cut,
    RootRequested,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    Tokens,
    cut,
    shortened,
)
from rlm_magic.trace.record.format import Omitted, RecordMetadata
from rlm_magic.trace.report import Left, Limits, Place
from rlm_magic.trace.wire import lean

__all__ = ["metadata_of", "record_of"]

_LONGEST_NAME = 200
_MOST_NAMES = 100
_SHORTEST_SETUP = 500


def record_of(
    kept: Sequence[AnyEvent], left: Mapping[Place, Left], limits: Limits, setup: str
) -> dict[str, Any]:
    """Return the record of the events that are kept, with what is left out told."""
    runs, events = _renamed(kept, limits)
    record: dict[str, Any] = {"version": 1, "events": events}
    if left:
        omitted = [_omitted(runs[run], step, it) for (run, step), it in left.items()]
        record["omitted"] = [it.model_dump(mode="json", exclude_defaults=True) for it in omitted]
    if setup and len(setup) <= max(limits.words, _SHORTEST_SETUP):
        record["setup"] = setup
    return record


def metadata_of(kept: Sequence[AnyEvent], trace: Path | None) -> RecordMetadata:
    """Return what the record itself must not hold."""
    started = kept[0].time
    return RecordMetadata(
        run=kept[0].run,
        trace=_in_home(trace) if trace else None,
        started=started,
        times=" ".join(str(round((it.time - started) * 1000)) for it in kept),
    )


def _in_home(path: Path) -> str:
    """Return `path` with `~` for the person's home: notebooks are passed on to others."""
    with suppress(ValueError, RuntimeError):  # it is elsewhere; the person has no home
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    return str(path)


def _renamed(
    events: Sequence[AnyEvent], limits: Limits
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the names of the runs, and the events as data with all numbers given anew."""
    runs: dict[str, str] = {}
    calls: dict[int, int] = {}
    batches: dict[int, int] = {}
    data = []
    for number, event in zip(count(1), events, strict=False):
        it = _data(event, limits)
        it["seq"] = number
        it["run"] = runs.setdefault(event.run, str(len(runs) + 1))
        if isinstance(event, RunStarted) and event.parent is not None:
            it["parent"] = runs.setdefault(event.parent, str(len(runs) + 1))
        if isinstance(event, SubCallStarted | SubCallFinished):
            it["call"] = calls.setdefault(event.call, len(calls) + 1)
        if isinstance(event, BatchStarted | SubCallStarted) and event.batch is not None:
            it["batch"] = batches.setdefault(event.batch, len(batches) + 1)
        data.append(it)
    return runs, data


def _data(event: AnyEvent, limits: Limits) -> dict[str, Any]:
    is_call = isinstance(event, SubCallStarted | SubCallFinished)
    if isinstance(event, RootRequested):
        event = event.model_copy(update={"added": ()})  # all of it is told by other events
    data = shortened(lean(event), limits.call if is_call else limits.words)
    if isinstance(event, CodeExecuted):
        _shorten(data, "output", event.output, limits.output)
        _shorten(data, "error", event.error, limits.output)
    elif isinstance(event, RunStarted):
        _shorten(data, "description", event.description, min(limits.output, 4_000))
    for name, value in data.items():
        if isinstance(value, list):
            data[name] = [str(it)[:_LONGEST_NAME] for it in value[:_MOST_NAMES]]
        elif isinstance(value, str) and name not in _TEXTS:
            data[name] = value[:_LONGEST_NAME]
    return {name: value for name, value in data.items() if name not in _CHANGING}


_CHANGING = frozenset(("time", "seconds", "key", "version"))
_TEXTS = frozenset("question description text code note output error prompt reply answer".split())


def _shorten(data: dict[str, Any], name: str, text: str | None, longest: int) -> None:
    if text is None:
        return
    it = cut(text, longest)
    data[name] = it.model_dump(mode="json", exclude_defaults=True) if isinstance(it, Cut) else it


def _omitted(run: str, step: int, left: Left) -> Omitted:
    usage = left.usage
    ended = [it for it in left.events if isinstance(it, SubCallFinished)]
    return Omitted(
        run=run,
        step=step,
        calls=len(left.calls),
        failed=sum(it.reply is None and not it.cancelled for it in ended),
        cancelled=usage.cancelled_calls + len(left.calls) - len(ended),
        cached=usage.cached_calls,
        retries=usage.retried_calls,
        runs=left.runs,
        steps=left.steps,
        tokens=Tokens(
            input=usage.input_tokens, cached=usage.cached_tokens, output=usage.output_tokens
        ),
        usd=usage.usd,
        abandoned=usage.abandoned,
    )
