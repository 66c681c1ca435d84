"""A figure counts only if the run that it is taken from did its work."""

from typing import Any

from rlm_magic import Result

__all__ = ["answer_of"]


def answer_of(result: Result) -> Any:
    """Return the answer of a run; raise RuntimeError when it ended without one."""
    if result.status != "answered":
        raise RuntimeError(f"The benchmark's run did not answer: {result.error}")
    return result.answer
