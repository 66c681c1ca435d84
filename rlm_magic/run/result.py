"""What a run leaves behind: the answer, and everything else as folds over its events."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rlm_magic.errors import RLMError
from rlm_magic.events import CodeExecuted, Event, RunStarted, Status
from rlm_magic.trace.report import report_html, report_text
from rlm_magic.trace.steps import Step, steps_of
from rlm_magic.trace.usage import Usage, usage_of
from rlm_magic.workspace.preview import preview

__all__ = ["Result"]


@dataclass(frozen=True, eq=False)
class Result:
    """The end of a run.

    `answer` is the object itself, of any type, and None only where there is none; `text` is the
    answer as text. `status` tells how the run ended: `answered`; `fallback`, the best answer when
    a limit ran out; `stopped` by a person; `over_budget`; `interrupted`; or `failed`; `error` is
    one sentence on every end but the first. `events` is all that happened, `trace` the file that
    holds it.
    """

    answer: Any
    text: str
    status: Status
    error: str | None
    events: tuple[Event, ...]
    trace: Path | None

    @cached_property
    def usage(self) -> Usage:
        """Model calls, tokens and dollars of the run with its sub-calls and child runs."""
        return usage_of(self.events)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the root run: reply, code and output of each."""
        return steps_of(self.events)

    @property
    def question(self) -> str:
        """The question as the root model read it."""
        return next(e.question for e in self.events if isinstance(e, RunStarted))

    @property
    def code(self) -> str:
        """All code of the root run that ran without an error, in order."""
        root = self.events[0].run
        ran = (e for e in self.events if isinstance(e, CodeExecuted) and e.run == root)
        return "\n\n".join(e.code for e in ran if e.error is None)

    def raise_for_status(self) -> Result:
        """Return the result itself when there is an answer; raise RLMError with `error` if not."""
        if self.answer is None:
            raise RLMError(self.error or "The run found no answer.")
        return self

    def __repr__(self) -> str:
        end = self.error if self.answer is None else preview(self.answer, 60)
        return f"<Result {self.status}: {end}>"

    def __str__(self) -> str:
        return report_text(self.events)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        return {"text/plain": report_text(self.events), "text/html": report_html(self.events)}
