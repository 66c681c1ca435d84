"""A run tree as a person reads it, computed from its events: runs, their steps, what each did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rlm_magic.events import (
    BatchStarted,
    CodeDecided,
    CodeExecuted,
    CodeProposed,
    Event,
    Notice,
    RootFailed,
    RootReplied,
    RootRequested,
    RunFinished,
    RunStarted,
    SpendDecided,
    SpendProposed,
    SubCallFinished,
    SubCallStarted,
)

__all__ = ["Block", "Call", "Run", "Spend", "Step", "transcript"]


@dataclass(slots=True)
class Call:
    """A sub-call; one that has no end was cut off."""

    started: SubCallStarted | None = None
    finished: SubCallFinished | None = None


@dataclass(slots=True)
class Block:
    """A block of code, as far as it came."""

    proposed: CodeProposed | None = None
    decided: CodeDecided | None = None
    executed: CodeExecuted | None = None


@dataclass(slots=True)
class Spend:
    """Calls that a person was asked about before they were sent."""

    proposed: SpendProposed
    decided: SpendDecided | None = None


@dataclass(slots=True)
class Step:
    """One request to the root model, and what came of it; `repeats` as in `BatchStarted`."""

    number: int
    reply: RootReplied | None = None
    failure: RootFailed | None = None
    blocks: dict[int, Block] = field(default_factory=dict)
    spends: dict[int, Spend] = field(default_factory=dict)
    repeats: int = 0
    calls: dict[int, Call] = field(default_factory=dict)
    children: list[Run] = field(default_factory=list)

    @property
    def executed(self) -> list[CodeExecuted]:
        """The blocks that ran."""
        return [it.executed for it in self.blocks.values() if it.executed]

    @property
    def ended(self) -> list[SubCallFinished]:
        """The ends of the sub-calls."""
        return [it.finished for it in self.calls.values() if it.finished]


@dataclass(slots=True)
class Run:
    """A run, root or child."""

    id: str
    started: RunStarted | None = None
    finished: RunFinished | None = None
    steps: dict[int, Step] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def step(self, number: int) -> Step:
        """Return the step of this number, which is made when there is none."""
        return self.steps.setdefault(number, Step(number))


def transcript(events: Iterable[Event]) -> Run:
    """Return the root run of a tree, the first that is told of."""
    runs: dict[str, Run] = {}
    for event in events:
        run = runs.setdefault(event.run, Run(event.run))
        match event:
            case RunStarted(parent=parent, parent_step=step):
                run.started = event
                if parent in runs and parent is not None:
                    runs[parent].step(step or 0).children.append(run)
            case RunFinished():
                run.finished = event
            case RootRequested():
                run.step(event.step)
            case RootReplied():
                run.step(event.step).reply = event
            case RootFailed():
                run.step(event.step).failure = event
            case CodeProposed():
                _block(run, event).proposed = event
            case CodeDecided():
                _block(run, event).decided = event
            case CodeExecuted():
                _block(run, event).executed = event
            case BatchStarted():
                run.step(event.step).repeats += event.repeats
            case SpendProposed():
                run.step(event.step).spends[event.spend] = Spend(event)
            case SpendDecided() if event.spend in run.step(event.step).spends:
                run.step(event.step).spends[event.spend].decided = event
            case SubCallStarted():
                _call(run, event).started = event
            case SubCallFinished():
                _call(run, event).finished = event
            case Notice():
                run.notices.append(event)
    return next(iter(runs.values()), Run(""))


def _block(run: Run, event: CodeProposed | CodeDecided | CodeExecuted) -> Block:
    return run.step(event.step).blocks.setdefault(event.block, Block())


def _call(run: Run, event: SubCallStarted | SubCallFinished) -> Call:
    return run.step(event.step).calls.setdefault(event.call, Call())
