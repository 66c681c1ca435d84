"""Reads the description of the namespace, and chooses the variable that a question is about."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_magic.models.offline.words import name_stems, quoted, stem, stems

__all__ = ["Variable", "choose", "read_description"]

_ENTRY = re.compile(r"^- `([^`]+)`: (.*)$")
_SIZE = re.compile(r"([\d,]+) (?:characters|entries|items|rows|elements|values)")
_FIELDS = re.compile(r"^(?:columns|record keys): (.*)$", re.MULTILINE)
_PYTHON = re.compile(r"\.py['\"]|\\n(?:from \w+ )?import |\\n(?:def|class) \w")
_DATA_TYPES = {
    "str": "text",
    "dict": "mapping",
    "mappingproxy": "mapping",
    "OrderedDict": "mapping",
    "defaultdict": "mapping",
    "Counter": "mapping",
    "list": "sequence",
    "tuple": "sequence",
    "set": "sequence",
    "frozenset": "sequence",
    "deque": "sequence",
    "pandas.DataFrame": "table",
    "DataFrame": "table",
    "polars.DataFrame": "polars",
    "pandas.Series": "series",
    "Series": "series",
    "numpy.ndarray": "array",
    "ndarray": "array",
}


@dataclass(frozen=True)
class Variable:
    """One described variable. `expression` is how code reaches it."""

    name: str
    expression: str
    type_name: str
    details: str

    @property
    def kind(self) -> str:
        """What sort of container this is, `other` for values that hold no data to work on."""
        head = re.split(r"[\[,\s(]", self.type_name, maxsplit=1)[0]
        return _DATA_TYPES.get(head, _DATA_TYPES.get(head.rpartition(".")[2], "other"))

    @property
    def size(self) -> int:
        """The largest count that the description states."""
        text = f"{self.type_name}\n{self.details}"
        return max((int(n.replace(",", "")) for n in _SIZE.findall(text) if n[0] != ","), default=0)

    @property
    def looks_like_python(self) -> bool:
        """Whether the preview shows source code, or keys that are names of source files."""
        holds_text = self.kind in ("text", "mapping", "sequence") and not self.field_names
        return holds_text and bool(_PYTHON.search(self.details))

    @property
    def field_names(self) -> list[str]:
        """Columns of a table, or keys of records."""
        found = _FIELDS.search(self.details)
        return re.findall(r"(?:^|, )([^,()]+) \(", found[1]) if found else []


def read_description(description: str) -> list[Variable]:
    """The variables in the order of the description."""
    variables: list[Variable] = []
    for line in description.splitlines():
        if found := _ENTRY.match(line):
            name, type_name = found.groups()
            variables.append(Variable(name, name, type_name, ""))
        elif variables and line.startswith("    "):
            last = variables[-1]
            details = f"{last.details}\n{line.strip()}".strip()
            variables[-1] = Variable(last.name, last.expression, last.type_name, details)
    return variables


def choose(variables: Sequence[Variable], question: str, wants: str) -> Variable | None:
    """The variable that fits the question best; a real name before the mapping `context`."""
    usable = [v for v in variables if v.kind != "other"]
    named = [v for v in usable if v.name != "context"]
    if re.search(r"\bcontext\b", question):
        named = usable
    return max(named or usable, key=lambda v: _fit(v, question, wants), default=None)


def _fit(variable: Variable, question: str, wants: str) -> float:
    said = set(stems(question))
    score = math.log10(variable.size + 1)
    score += 100 * (variable.name in quoted(question))
    if re.search(rf"\b{re.escape(variable.name)}\b", question):
        score += 40
    elif stem(variable.name) in said or set(name_stems(variable.name)) <= said:
        score += 25
    score += 15 * sum(set(name_stems(f)) <= said for f in set(variable.field_names))
    if wants == "source":
        score += 100 * variable.looks_like_python
    if wants == "rows":
        score += 20 * (variable.kind in ("table", "polars") or bool(variable.field_names))
    if wants == "text":
        holds_text = variable.kind in ("text", "mapping", "sequence") and not variable.field_names
        score += 50 * holds_text
    return score
