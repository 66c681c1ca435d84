"""The task of a run: its question and variables, and what the question names."""

import re
from dataclasses import dataclass
from functools import cached_property

from rlm_magic.models.offline.variables import Variable, choose
from rlm_magic.models.offline.words import quoted, stems

__all__ = ["Task"]

_IDENTIFIER = re.compile(r"\b(?:[A-Za-z]+_\w+|[A-Za-z]+[a-z0-9][A-Z]\w*|[A-Z]{2,}[a-z]\w*)\b")


@dataclass(frozen=True)
class Task:
    """What a plan works from."""

    question: str
    variables: tuple[Variable, ...]

    @cached_property
    def said(self) -> frozenset[str]:
        """The stems of all words of the question."""
        return frozenset(stems(self.question))

    @cached_property
    def terms(self) -> list[str]:
        """What to search for: quoted terms, else names that look like code; never a variable."""
        names = {v.name for v in self.variables}
        found = quoted(self.question, without=names) or _IDENTIFIER.findall(self.question)
        return [term for term in dict.fromkeys(found) if term not in names]

    def asks(self, pattern: str) -> bool:
        """Whether the question matches a pattern, in any case."""
        return re.search(pattern, self.question, re.IGNORECASE) is not None

    def variable_for(self, wants: str) -> Variable | None:
        """The variable to work on; source code first when the question is about definitions."""
        if self.asks(r"\bimports?\b|\bsource code\b"):
            wants = "source"
        return choose(self.variables, self.question, wants)
