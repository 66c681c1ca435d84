"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rlm_magic.events import Status
from rlm_magic.workspace.preview import preview_output

__all__ = ["Outcome"]

_TEXT_LIMIT = 100_000


@dataclass(frozen=True)
class Outcome:
    """The end of a run: `answer` is the object itself, `name` the variable that held it."""

    status: Status
    answer: Any = None
    name: str | None = None
    error: str | None = None

    @cached_property
    def text(self) -> str | None:
        """The answer as text, whole when it is a str; None where there is no answer.

        Asked for first while the run still holds the namespace, which a repr may need.
        """
        if self.answer is None:
            return None
        if isinstance(self.answer, str):
            return self.answer
        try:
            return preview_output(self.answer, _TEXT_LIMIT)
        except BaseException as error:  # an interrupt in it, too: the run has its answer
            return f"<{type(self.answer).__name__}; its repr raised {type(error).__name__}>"
