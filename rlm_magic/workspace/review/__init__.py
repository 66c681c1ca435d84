"""Reviews a block of code before it runs: what it reads, binds, changes, and reaches outside.

A review is a reading aid for the person who approves the code, not a sandbox: it reads the text of
the code and runs nothing, and code that wants to hide what it does can. What it does not know it
takes for harmless only where plain analysis code looks like that.
"""

from __future__ import annotations

from collections.abc import Collection

from rlm_magic.syntax import parse
from rlm_magic.workspace.review.record import Record
from rlm_magic.workspace.review.result import Finding, Level, Review
from rlm_magic.workspace.review.walk import Walker

__all__ = ["Finding", "Level", "Review", "review"]


def review(code: str, names: Collection[str]) -> Review:
    """Review `code`, which may hold IPython's syntax; `names` are the person's variables.

    Code that cannot be read counts as reaching outside.
    """
    record = Record(names)
    try:
        tree, escapes = parse(code)
        for escape in escapes:
            record.escape(escape)
        Walker(record).walk(tree)
    except SyntaxError as error:
        return _unreadable(f"The code cannot be read: {error.msg}.", error.lineno or 1)
    except RecursionError:
        return _unreadable("The code cannot be read: it is nested too deeply.", 1)
    return record.review()


def _unreadable(text: str, line: int) -> Review:
    return Review("reaches outside", findings=(Finding("dynamic", text, line),), readable=False)
