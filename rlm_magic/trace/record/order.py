"""The events of a run tree in an order that doesn't depend on which reply came first.

The events of a run stand together; a sub-call's end follows its start, a child run's events follow
what started it. Sub-calls that other threads of the code made, and child runs that went on at the
same time, have no order of their own: they are sorted by what was asked. What is told while a reply
is awaited or written, and what went back to the root model, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import cast

from rlm_magic.events import (
    AnyEvent,
    BatchStarted,
    CallHedged,
    CallRetried,
    Event,
    Notice,
    Observed,
    RootStreamed,
    RunFinished,
    RunStarted,
    SubCallFinished,
    SubCallStarted,
)

__all__ = ["in_order"]


@dataclass(slots=True)
class _Unit:
    """A batch with its calls, a call by itself, or a child run; `first` and `last` are places."""

    first: int
    last: int
    batch: BatchStarted | None = None
    calls: dict[int, list[SubCallStarted | SubCallFinished]] = field(default_factory=dict)
    threaded: bool = False
    child: str | None = None
    asked: str = ""

    def events(self) -> Iterator[AnyEvent]:
        if self.batch is not None:
            yield self.batch
        for call in sorted(self.calls):
            yield from self.calls[call]

    def key(self) -> list[str]:
        texts = [self.asked]
        for event in self.events():
            if isinstance(event, SubCallStarted):
                texts.append(event.prompt)
            elif isinstance(event, SubCallFinished):
                texts.append(event.reply or event.error or "")
        return texts


def in_order(events: Iterable[Event]) -> list[AnyEvent]:
    """Return the events that a record shows, in their stable order."""
    runs: dict[str, list[AnyEvent | _Unit]] = {}
    inside: set[str] = set()
    children: dict[str, _Unit] = {}
    batches: dict[int, _Unit] = {}
    calls: dict[int, _Unit] = {}
    for place, event in enumerate(cast(Iterable[AnyEvent], events)):
        own = runs.setdefault(event.run, [])
        unit: _Unit | None = None
        match event:
            case RootStreamed() | CallRetried() | CallHedged() | Observed():
                continue
            case RunStarted(parent=str(parent)) if parent in runs:
                unit = children[event.run] = _Unit(place, place, child=event.run)
                unit.asked = event.question
                inside.add(event.run)
                runs[parent].append(unit)
                own.append(event)
            case BatchStarted():
                unit = batches[event.batch] = _Unit(place, place, batch=event)
                own.append(unit)
            case SubCallStarted() | SubCallFinished():
                unit = calls.get(event.call)
                if unit is None and isinstance(event, SubCallStarted) and event.batch is not None:
                    unit = batches.get(event.batch)
                if unit is None:
                    unit = _Unit(place, place)
                    own.append(unit)
                calls[event.call] = unit
                unit.calls.setdefault(event.call, []).append(event)
                unit.threaded |= isinstance(event, SubCallStarted) and event.threaded
            case RunFinished():
                own.append(event)
                unit = children.get(event.run)
            case _:
                own.append(event)
        if unit is not None:
            unit.last = place
    ordered: list[AnyEvent] = []
    for run in runs:
        if run not in inside:
            ordered.extend(_flat(runs, run))
    return ordered


def _flat(runs: dict[str, list[AnyEvent | _Unit]], run: str) -> Iterator[AnyEvent]:
    units: list[_Unit] = []
    told: list[AnyEvent] = []
    for it in runs[run]:
        if isinstance(it, _Unit):
            units.append(it)
        elif isinstance(it, Notice) and units:
            told.append(it)
        else:
            yield from _units(runs, units, told)
            units, told = [], []
            yield it
    yield from _units(runs, units, told)


def _units(
    runs: dict[str, list[AnyEvent | _Unit]], units: list[_Unit], told: list[AnyEvent]
) -> Iterator[AnyEvent]:
    for unit in _sorted(units):
        yield from unit.events()
        if unit.child is not None:
            yield from _flat(runs, unit.child)
    yield from told


def _sorted(units: list[_Unit]) -> Iterator[_Unit]:
    """Yield what was asked one after the other in its order, and the rest sorted.

    Whether the calls of threads overlapped is chance. Only a call of the code itself that none of
    them overlapped tells which of them came before it, and which after.
    """
    phases: list[list[_Unit]] = []
    last = -1
    for unit in units:
        if unit.first > last:
            phases.append([])
        phases[-1].append(unit)
        last = max(last, unit.last)
    for _, together in groupby(phases, key=lambda phase: any(it.threaded for it in phase)):
        group = list(chain.from_iterable(together))
        own = [it for it in group if not it.threaded]
        yield from sorted(own, key=_Unit.key) if _at_once(own) else own
        yield from sorted((it for it in group if it.threaded), key=_Unit.key)


def _at_once(units: list[_Unit]) -> bool:
    """Whether these overlap, but for child runs of a batch, which start in order."""
    batched = any(unit.batch is not None and unit.batch.children for unit in units)
    last = -1
    for unit in units:
        if batched and (unit.child is not None or unit.batch is not None):
            continue
        if unit.first < last:
            return True
        last = max(last, unit.last)
    return False
