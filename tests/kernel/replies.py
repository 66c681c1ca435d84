"""Replies of a scripted root model."""

from __future__ import annotations

__all__ = ["repl"]


def repl(*blocks: str) -> list[str]:
    """One reply for each block of code."""
    return [f"```repl\n{code}\n```" for code in blocks]
