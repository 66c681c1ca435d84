"""The exceptions that rlm-magic raises on purpose, and what each one means.

RLMError                    everything below, except RunInterrupted
 ├─ ConfigurationError      an option, a name or a query that can't be used; nothing was called
 ├─ ModelError              a model call failed; the sentence says what to set or check
 ├─ BudgetError             refused before it was sent: the budget can't cover it
 ├─ ApprovalError           code waits for approval and nobody can be asked
 └─ NotRecordedError        a trace holds no reply to what recorded code asks
RunInterrupted              Ctrl+C or the kernel's interrupt ended the run (a KeyboardInterrupt)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rlm_magic.run.result import Result

__all__ = [
    "ApprovalError",
    "BudgetError",
    "ConfigurationError",
    "ModelError",
    "NotRecordedError",
    "RLMError",
    "RunInterrupted",
]


class RLMError(Exception):
    """Base of the errors of rlm-magic; its text is one sentence that says what to do."""


class ConfigurationError(RLMError, ValueError):
    """An option, a variable name or a query that can't be used. Nothing was called."""


class ModelError(RLMError):
    """A model call failed for good."""


class BudgetError(RLMError):
    """A call or a batch that the budget can't cover; none of it was sent."""


class ApprovalError(RLMError):
    """Code waits for approval where nobody can be asked."""


class NotRecordedError(RLMError, LookupError):
    """Code that runs again with recorded replies asks what the trace holds no reply to."""


class RunInterrupted(KeyboardInterrupt):
    """The person interrupted the run; `result` holds what there was by then."""

    def __init__(self, result: Result) -> None:
        super().__init__("the run was interrupted")
        self.result = result
