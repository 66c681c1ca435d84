"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rlm_magic.events import Status
from rlm_magic.workspace.preview import preview_output

__all__ = ["Outcome"]

_TEXT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run: `answer` is the object itself, `name` the variable that held it.

    `text` is the answer as text, whole when it is a str; None until `told`, or without an answer.
    """

    status: Status
    answer: Any = None
    name: str | None = None
    error: str | None = None
    text: str | None = None

    def told(self) -> Outcome:
        """Return the outcome with its text; this runs the repr of the answer, whatever it does."""
        return self if self.answer is None else replace(self, text=_text(self.answer))


def _text(answer: object) -> str:
    try:
        return answer if isinstance(answer, str) else preview_output(answer, _TEXT_LIMIT)
    except BaseException as error:  # an interrupt, too: the run has its answer
        return f"<{type(answer).__name__}; its repr raised {type(error).__name__}>"
