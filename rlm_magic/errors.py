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

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rlm_magic.run.result import Result

__all__ = [
    "ApprovalError",
    "BudgetError",
    "ConfigurationError",
    "Fault",
    "ModelError",
    "NotRecordedError",
    "RLMError",
    "RunInterrupted",
]


Fault = Literal[
    "bad_key",  # no key, or one that is refused
    "quota",  # the account has no money or allowance left
    "not_found",  # no such model, or no such address
    "bad_request",  # the provider refuses the request as it is
    "too_long",  # the prompt is larger than the model's window
    "refused",  # the provider's content policy
    "rate_limit",
    "overloaded",
    "server",  # the provider failed
    "timeout",
    "connection",  # none could be made
    "reset",  # it was lost before the reply was complete
    "truncated",  # a stream ended before its end
    "malformed",  # the reply can't be read
    "empty",  # the reply holds no choice
    "failed",  # anything else
]


class RLMError(Exception):
    """Base of the errors of rlm-magic; its text is one sentence that says what to do."""


class ConfigurationError(RLMError, ValueError):
    """An option, a variable name or a query that can't be used. Nothing was called."""


class ModelError(RLMError):
    """A model call failed; `fault` says how, `retry_after` the seconds that the provider asks for.

    One that reaches the caller failed for good: what is worth another try was tried again.
    """

    def __init__(
        self, sentence: str, fault: Fault = "failed", retry_after: float | None = None
    ) -> None:
        super().__init__(sentence)
        self.fault: Fault = fault
        self.retry_after = retry_after


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
