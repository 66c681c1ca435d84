"""The record of a finished run that is saved in its notebook.

It is the same each time under a deterministic model: nothing in its data depends on the clock, on
random names, on paths, or on which of several sub-calls was answered first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rlm_magic.events import (
    AnyEvent,
    BatchStarted,
    CodeExecuted,
    Cut,
    Event,
    RootRequested,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
    Tokens,
    cut,
    shortened,
)
from rlm_magic.trace.cells import setup_cell
from rlm_magic.trace.order import in_order
from rlm_magic.trace.report import Limits, report_html, report_text, summary_line
from rlm_magic.trace.selection import Left, Place, Room, Selection

__all__ = ["RECORD", "Omitted", "RecordMetadata", "RunRecord", "record_bundle"]

RECORD = "application/vnd.rlm.run+json"

_EVERYTHING = Room(10**9, 10**9, 10**9)
_LONGEST_NAME = 200
_MOST_NAMES = 100
_SHORTEST_SETUP = 500
_LEAST_EVENT = 105  # bytes that an event takes, with its time and whatever its texts are


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Omitted(_Model):
    """What a step held that the record has no room for, and what it used together.

    `calls` counts sub-calls, `failed` and `cancelled` ones among them; `runs` child runs, and
    `steps` replies of root models. Where steps are left out, `step` is the first of them.
    """

    run: str
    step: int
    calls: int
    failed: int = 0
    cancelled: int = 0
    cached: int = 0
    runs: int = 0
    steps: int = 0
    tokens: Tokens = Tokens()
    usd: float | None = 0.0


class RunRecord(_Model):
    """A run as data that a deterministic model makes the same each time.

    `events` are the events of the run with their texts shortened, without `time`, `seconds` and
    `version`, and with runs numbered from "1" in the order of their start. `setup` is the first of
    the cells that run the code again: it holds the helpers that the code needs. Where these read
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


@dataclass(frozen=True, slots=True)
class _Lengths:
    """The longest text of each kind, in characters, and how much is kept."""

    call: int
    output: int
    words: int
    room: Room = _EVERYTHING


_SIZES = (
    _Lengths(2_000, 20_000, 64_000),
    _Lengths(500, 20_000, 64_000),
    _Lengths(120, 20_000, 64_000),
    _Lengths(120, 4_000, 64_000),
    _Lengths(120, 4_000, 16_000),
    _Lengths(120, 2_000, 8_000),
    _Lengths(120, 2_000, 8_000, Room(500, 100, 300)),
    _Lengths(120, 2_000, 8_000, Room(300, 60, 200)),
    _Lengths(120, 2_000, 4_000, Room(150, 30, 100)),
    _Lengths(120, 1_000, 2_000, Room(100, 20, 60)),
    _Lengths(80, 500, 1_000, Room(60, 10, 30)),
    _Lengths(60, 300, 500, Room(30, 4, 16)),
    _Lengths(40, 100, 200, Room(10, 2, 6)),
    _Lengths(20, 50, 100, Room(0, 0, 2)),
    _Lengths(0, 0, 20, Room(0, 0, 0)),
)


def record_bundle(
    events: Sequence[Event], *, trace: Path | None, longest_bytes: int = 256_000
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the record of a run as a MIME bundle: its data, and its metadata.

    In a notebook file the output takes at most `longest_bytes`, down to about 6,000. To that end
    texts are cut, those of sub-calls first; then sub-calls, child runs and steps in the middle are
    left out, with what they used told exactly.
    """
    selection = Selection(in_order(events))
    summary = summary_line(events)
    setup = setup_cell(events)
    room = _EVERYTHING
    kept, left = selection.within(room)
    for lengths in _SIZES:
        is_last = lengths is _SIZES[-1]
        if lengths.room is not room:
            room = lengths.room
            kept, left = selection.within(room)
        if len(kept) * _LEAST_EVENT > longest_bytes and not is_last:
            continue
        record = _record(kept, left, lengths, setup)
        metadata = {RECORD: _metadata(kept, trace).model_dump(mode="json")}
        if _size({RECORD: record}, metadata) > longest_bytes and not is_last:
            continue
        limits = Limits(call=lengths.call, output=lengths.output, words=lengths.words)
        told = _without_what_the_cell_shows(kept)
        data = {
            RECORD: record,
            "text/html": report_html(
                told, with_question=False, limits=limits, summary=summary, left=left
            ),
            "text/plain": report_text(told, longest=lengths.words, summary=summary),
        }
        if _size(data, metadata) <= longest_bytes:
            break
    return data, metadata


def _in_home(path: Path) -> str:
    """Return `path` with `~` for the person's home: notebooks are passed on to others."""
    with suppress(ValueError, RuntimeError):  # it is elsewhere; the person has no home
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    return str(path)


def _without_what_the_cell_shows(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return the events without an answer that the cell displays, or an error that it raises."""

    def untold(event: AnyEvent) -> AnyEvent:
        if not isinstance(event, RunFinished) or event.run != events[0].run:
            return event
        answer = event.answer if event.answer_type == "str" else None
        error = event.error if event.answer is not None else None
        return event.model_copy(update={"answer": answer, "error": error})

    return [untold(event) for event in events]


def _size(data: dict[str, Any], metadata: dict[str, Any]) -> int:
    """Return how many bytes the output takes in a notebook file, as nbformat writes it."""
    lines = {
        name: it.splitlines(keepends=True) if isinstance(it, str) else it
        for name, it in data.items()
    }
    output = {"data": lines, "metadata": metadata, "output_type": "display_data"}
    notebook = {"cells": [{"outputs": [output]}]}
    compact = json.dumps(notebook, ensure_ascii=False, separators=(",", ": "))
    return len(compact.encode()) + _indentation(notebook)


def _indentation(value: object, level: int = 0) -> int:
    """Return how many bytes of line breaks and spaces `indent=1` puts into the JSON of `value`."""
    if not isinstance(value, dict | list) or not value:
        return 0
    inside = sum(
        _indentation(it, level + 1)
        for it in (value.values() if isinstance(value, dict) else value)
        if isinstance(it, dict | list)
    )
    return inside + len(value) * (level + 2) + level + 1


def _record(
    kept: Sequence[AnyEvent], left: dict[Place, Left], lengths: _Lengths, setup: str
) -> dict[str, Any]:
    runs, events = _renamed(kept, lengths)
    record: dict[str, Any] = {"version": 1, "events": events}
    if left:
        omitted = [_omitted(runs[run], step, it) for (run, step), it in left.items()]
        record["omitted"] = [it.model_dump(mode="json", exclude_defaults=True) for it in omitted]
    if setup and len(setup) <= max(lengths.words, _SHORTEST_SETUP):
        record["setup"] = setup
    return record


def _metadata(kept: Sequence[AnyEvent], trace: Path | None) -> RecordMetadata:
    started = kept[0].time
    return RecordMetadata(
        run=kept[0].run,
        trace=_in_home(trace) if trace else None,
        started=started,
        times=" ".join(str(round((it.time - started) * 1000)) for it in kept),
    )


def _renamed(
    events: Sequence[AnyEvent], lengths: _Lengths
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the names of the runs, and the events as data with all numbers given anew."""
    runs: dict[str, str] = {}
    calls: dict[int, int] = {}
    batches: dict[int, int] = {}
    data = []
    for number, event in zip(count(1), events, strict=False):
        it = _data(event, lengths)
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


def _data(event: AnyEvent, lengths: _Lengths) -> dict[str, Any]:
    is_call = isinstance(event, SubCallStarted | SubCallFinished)
    if isinstance(event, RootRequested):
        event = event.model_copy(update={"added": ()})  # all of it is told by other events
    data = shortened(event, lengths.call if is_call else lengths.words)
    if isinstance(event, CodeExecuted):
        _shorten(data, "output", event.output, lengths.output)
        _shorten(data, "error", event.error, lengths.output)
    elif isinstance(event, RunStarted):
        _shorten(data, "description", event.description, min(lengths.output, 4_000))
    for name, value in data.items():
        if isinstance(value, list):
            data[name] = [str(it)[:_LONGEST_NAME] for it in value[:_MOST_NAMES]]
        elif isinstance(value, str) and name not in _TEXTS:
            data[name] = value[:_LONGEST_NAME]
    return {name: value for name, value in data.items() if name not in _CHANGING}


_CHANGING = frozenset(("time", "seconds", "version"))
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
        failed=usage.failed_calls,
        cancelled=usage.cancelled_calls + len(left.calls) - len(ended),
        cached=sum(it.cached for it in ended if it.reply is not None),
        runs=left.runs,
        steps=left.steps,
        tokens=Tokens(
            input=usage.input_tokens, cached=usage.cached_tokens, output=usage.output_tokens
        ),
        usd=usage.usd,
    )
