"""Recursive Language Models in notebooks: `%load_ext rlm_magic`, then `%%rlm` and a question.

Everything is loaded on first use, so that importing the package and loading the extension are
quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from rlm_magic.approval.decisions import Approve, Edit, Estimate, Proposal, Reject, Stop
    from rlm_magic.errors import (
        ApprovalError,
        BudgetError,
        ConfigurationError,
        ModelError,
        NotRecordedError,
        RLMError,
        RunInterrupted,
    )
    from rlm_magic.models.ledger import Ledger
    from rlm_magic.recorded import RecordedRun
    from rlm_magic.rlm import RLM
    from rlm_magic.run.result import Result
    from rlm_magic.settings import Budget
    from rlm_magic.version import __version__

__all__ = [
    "RLM",
    "ApprovalError",
    "Approve",
    "Budget",
    "BudgetError",
    "ConfigurationError",
    "Edit",
    "Estimate",
    "Ledger",
    "ModelError",
    "NotRecordedError",
    "Proposal",
    "RLMError",
    "RecordedRun",
    "Reject",
    "Result",
    "RunInterrupted",
    "Stop",
    "__version__",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOMES = {
    "RLM": "rlm_magic.rlm",
    "RecordedRun": "rlm_magic.recorded",
    "Result": "rlm_magic.run.result",
    "Budget": "rlm_magic.settings",
    "Ledger": "rlm_magic.models.ledger",
    "__version__": "rlm_magic.version",
    **dict.fromkeys(
        ("Approve", "Edit", "Estimate", "Proposal", "Reject", "Stop"),
        "rlm_magic.approval.decisions",
    ),
    **dict.fromkeys(
        (
            "ApprovalError",
            "BudgetError",
            "ConfigurationError",
            "ModelError",
            "NotRecordedError",
            "RLMError",
            "RunInterrupted",
        ),
        "rlm_magic.errors",
    ),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rlm_magic' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add `%rlm` and `%%rlm` to a shell; `%load_ext rlm_magic` calls this."""
    from rlm_magic.notebook import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take `%rlm` and `%%rlm` away again."""
    from rlm_magic.notebook import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "rlm-magic"}]
