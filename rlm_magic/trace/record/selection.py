"""Which events of a run a record has room for, and which are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rlm_magic.events import (
    AnyEvent,
    BatchStarted,
    CodeDecided,
    CodeExecuted,
    CodeProposed,
    Notice,
    RootRequested,
    RunFinished,
    RunStarted,
    SpendDecided,
    SpendProposed,
    SubCallFinished,
    SubCallStarted,
)
from rlm_magic.trace.report import Left, Place

__all__ = ["Room", "Selection"]

K = TypeVar("K")

_FAILURES_FIRST = 4  # a failure counts as a quarter of its place


@dataclass(frozen=True, slots=True)
class Room:
    """How many sub-calls and child runs of the tree are kept, and how many steps of each run."""

    calls: int
    runs: int
    steps: int


class Selection:
    """Chooses among the `events` of a run tree what there is room for."""

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        self._events = events
        self._started = {it.run: it for it in events if isinstance(it, RunStarted)}
        self._failed_runs = {
            it.run for it in events if isinstance(it, RunFinished) and it.status != "answered"
        }
        ended = [it for it in events if isinstance(it, SubCallFinished)]
        self._failed_calls = {it.call for it in ended if it.reply is None and not it.cancelled}
        self._calls = {
            it.call: (it.run, it.step)
            for it in events
            if isinstance(it, SubCallStarted | SubCallFinished)
        }
        self._steps: dict[str, list[int]] = {}
        for it in events:
            steps = self._steps.setdefault(it.run, [])
            step = getattr(it, "step", None)
            if step is not None and (not steps or step > steps[-1]):
                steps.append(step)

    def within(self, room: Room) -> tuple[list[AnyEvent], dict[Place, Left]]:
        """Return the events that are kept, and what is left out by run and step.

        The first sub-calls and child runs of each step are kept, failures before others; of the
        steps of a run the first and the last. The steps between are told at the first of them.
        """
        gaps = {run: _gap(steps, room.steps) for run, steps in self._steps.items()}
        calls = _first(self._calls, self._failed_calls, room.calls)
        out = self._left_out_runs(gaps, room)
        batches = {
            it.batch for it in self._events if isinstance(it, SubCallStarted) and it.call in calls
        }
        kept: list[AnyEvent] = []
        left: dict[Place, Left] = {}
        notices = spends = 0
        for event in self._events:
            where = out.get(event.run)
            step = getattr(event, "step", None)
            if where is None and step is not None and step in gaps[event.run]:
                where = _told_at((event.run, step), gaps)
                if isinstance(event, RootRequested) and where not in left:
                    kept.append(event)  # the place of the gap
                    left[where] = Left()
                    continue
            elif where is None and isinstance(event, SubCallStarted | SubCallFinished):
                where = None if event.call in calls else (event.run, event.step)
            if where is not None:
                left.setdefault(where, Left()).add(event)
                continue
            match event:
                case BatchStarted(children=False) if event.calls and event.batch not in batches:
                    continue
                case CodeProposed() | CodeDecided() | CodeExecuted() if event.block > room.steps:
                    continue
                case Notice():
                    notices += 1
                    if notices > room.steps:
                        continue
                case SpendProposed() | SpendDecided():
                    spends += 1
                    if spends > 2 * room.steps:
                        continue
            kept.append(event)
        return kept, left

    def _left_out_runs(self, gaps: dict[str, dict[int, None]], room: Room) -> dict[str, Place]:
        """Return where the runs are told that are left out, with all that they started."""
        parents = {
            run: (it.parent, it.parent_step or 0)
            for run, it in self._started.items()
            if it.parent is not None and it.parent in self._started
        }
        kept = _first(parents, self._failed_runs, room.runs)
        out: dict[str, Place] = {}
        for run, place in parents.items():
            if place[0] in out:
                out[run] = out[place[0]]
            elif run not in kept or place[1] in gaps[place[0]]:
                out[run] = _told_at(place, gaps)
        return out


def _first(places: dict[K, Place], failed: set[K], number: int) -> set[K]:
    """Return `number` of the keys: of each place the first, failures before others."""
    if len(places) <= number:
        return set(places)
    counts: Counter[tuple[Place, bool]] = Counter()
    ranks: dict[K, float] = {}
    for key, place in places.items():
        is_failed = key in failed
        ranks[key] = counts[place, is_failed] / (_FAILURES_FIRST if is_failed else 1)
        counts[place, is_failed] += 1
    return set(sorted(ranks, key=lambda key: ranks[key])[:number])


def _gap(steps: list[int], number: int) -> dict[int, None]:
    """Return the steps in the middle that are left out where there are more than `number`."""
    if len(steps) <= number:
        return {}
    first = (number + 1) // 2
    return dict.fromkeys(steps[first : len(steps) - (number - first)])


def _told_at(place: Place, gaps: dict[str, dict[int, None]]) -> Place:
    run, step = place
    gap = gaps[run]
    return (run, next(iter(gap))) if step in gap else place
