"""What a report tells without showing it: the events left out at a step, in exact figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from rlm_magic.events import AnyEvent, RootReplied, RunStarted, SubCallFinished, SubCallStarted
from rlm_magic.trace.usage import Usage, usage_of

__all__ = ["Left", "Place"]

Place = tuple[str, int]  # a run and a step of it


@dataclass(slots=True)
class Left:
    """What was left out at a step."""

    events: list[AnyEvent] = field(default_factory=list)
    runs: int = 0

    def add(self, event: AnyEvent) -> None:
        """Leave out `event`, too."""
        self.events.append(event)
        self.runs += isinstance(event, RunStarted)

    @property
    def steps(self) -> int:
        """Replies of root models."""
        return sum(isinstance(it, RootReplied) for it in self.events)

    @property
    def usage(self) -> Usage:
        """What it used."""
        return usage_of(self.events)

    @property
    def calls(self) -> set[int]:
        """The numbers of the sub-calls."""
        return {it.call for it in self.events if isinstance(it, SubCallStarted | SubCallFinished)}
