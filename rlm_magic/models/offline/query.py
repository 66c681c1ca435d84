"""Reads from a question what to compute on rows: measure, field, group, filters, how many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_magic.models.offline.data import Data, Field, mentioned
from rlm_magic.models.offline.words import plain_number, quoted, stem, stems

__all__ = ["Filter", "Query", "read_queries"]

_CLAUSE = (
    r"[?;]\s*|\.\s+|,\s+(?=which|how|what)"
    r"|,?\s+and\s+(?=(?:in |for )?(?:which|what|who|how|the (?:average|total|mean)))"
)
_MEASURES = {
    r"\b(?:average|mean)\b": "mean",
    r"\bmedian\b": "median",
    r"\b(?:total|sum|altogether|in all|overall)\b": "sum",
    r"\b(?:different|distinct|unique)\b": "nunique",
    r"\bhow many\b|\bhow often\b|\bnumber of\b|\bcount\b": "count",
}
_MOST = r"\b(?:most|highest|largest|biggest|greatest|maximum|max|longest|top(?!-)|latest|best)\b"
_LEAST = r"\b(?:fewest|least|lowest|smallest|minimum|min|shortest|cheapest|earliest|worst)\b"
_GROUP = r"\b(?:by|per|(?:(?:for|in|of) )?(?:each|every)|across)\s+(?:of the\s+)?([\w ]+)"
_WHICH = r"\b(?:which|what|top (?:\w+)|whose)\s+([\w ]+)"
_TOP_N = (
    r"\b(?:top|which|what are the) (\d+|[a-z]+)\b"
    r"|\b(\w+) (?:most|highest|largest|biggest|longest|lowest|smallest|shortest)\b"
)
_LENGTHS = frozenset(stems("lines length size words characters duration"))
_COMPARE = (
    r"\b(more than|over|above|greater than|at least|less than|fewer than|under|below|at most|after"
    r"|before)\s+\$?([\d][\d,.]*\d|\d)(?:\s+(\w+))?"
)
_OPERATORS = {
    "at least": ">=", "at most": "<=", "less than": "<", "fewer than": "<", "under": "<",
    "below": "<", "before": "<",
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """A condition on a field; `value` is Python source."""

    field: Field
    operator: str
    value: str


@dataclass(frozen=True)
class Query:
    """One thing to compute: `measure` of `value`, for each `group`, the `top` of them."""

    measure: str
    value: Field | None
    group: Field | None = None
    top: int | None = None
    descending: bool = True
    filters: tuple[Filter, ...] = ()

    @property
    def label(self) -> str:
        """How the answer calls this."""
        value = self.value.name if self.value else "rows"
        names = {"nunique": f"different {value}", "count": "number of rows"}
        name = names.get(self.measure, f"{self.measure} of {value}")
        if self.top is not None and self.group is not None:
            return f"{self.group.name} with the {'most' if self.descending else 'least'} {value}"
        return name + (f" by {self.group.name}" if self.group else "")


def read_queries(question: str, data: Data) -> list[Query]:
    """All that a question asks of the rows, in its order."""
    queries: list[Query] = []
    for clause in re.split(_CLAUSE, question, flags=re.IGNORECASE):
        if clause.strip():
            queries += _read_clause(clause, data)
    return list(dict.fromkeys(queries))


def _read_clause(clause: str, data: Data) -> list[Query]:
    clause, filters = _take_filters(clause, data)
    measure = next((m for p, m in _MEASURES.items() if re.search(p, clause, re.I)), None)
    most, least = re.search(_MOST, clause, re.I), re.search(_LEAST, clause, re.I)
    if measure is None and not most and not least:
        return []
    group = _read_group(clause, data, bool(most or least))
    compared = [f.field for f in filters if measure == "count"]
    named = [f for f in mentioned(clause, data.fields) if f != group and f not in compared]
    numbers = [f for f in named if f.is_number and f != data.key]
    if not numbers and measure not in ("count", "nunique"):
        numbers = _only_number(data, group) if not named else []
    if measure == "nunique":
        return [Query(measure, f, group, filters=filters) for f in named[:1]]
    if most or least:
        return [_superlative(clause, data, measure, group, numbers or named, filters, bool(most))]
    if numbers:
        measure = "sum" if measure == "count" else measure
        return [Query(measure or "sum", field, group, filters=filters) for field in numbers]
    return [Query("count", None, group, filters=filters)]


def _superlative(
    clause: str,
    data: Data,
    measure: str | None,
    group: Field | None,
    named: Sequence[Field],
    filters: tuple[Filter, ...],
    most: bool,
) -> Query:
    value = next((f for f in named if f != group), None)
    entry_wanted = re.search(r"\b(?:which|who|top(?!-)|list)\b|\bwhat (?!is|are|was)", clause, re.I)
    by_length = re.search(r"\blong|\bshort", clause, re.I)
    if by_length and (value is None or value == data.key):
        lengths = [f for f in data.fields if f.is_number and set(stems(f.name)) & _LENGTHS]
        value, entry_wanted = lengths[-1] if lengths else value, by_length
    if value is not None and value.is_number and not entry_wanted:
        return Query("max" if most else "min", value, group, filters=filters)
    top = _top(clause)
    if value is None or measure == "nunique":
        return Query("count", None, group or data.key, top, most, filters)
    if not value.is_number:
        measure = "length" if by_length else "count"
        return Query(measure, value, data.key if by_length else value, top, most, filters)
    if group is None and data.key is None:
        return Query("max" if most else "min", value, filters=filters)
    measure = measure if measure in ("mean", "median") else "sum"
    return Query(measure, value, group or data.key, top, most, filters)


def _top(clause: str) -> int:
    found = re.finditer(_TOP_N, clause, re.IGNORECASE)
    numbers = [plain_number(match[1] or match[2]) for match in found]
    return next((number for number in numbers if number), 1)


def _read_group(clause: str, data: Data, superlative: bool) -> Field | None:
    """The field to group by; a noun that no field is called by stands for the entries."""
    for pattern in (_WHICH, _GROUP) if superlative else (_GROUP,):
        for found in re.finditer(pattern, clause, re.IGNORECASE):
            named = mentioned(" ".join(found[1].split()[:3]), data.fields)
            if named:
                return named[0]
    entries = re.search(r"\b(?:per|each|every)\b(?! class)", clause, re.IGNORECASE)
    return data.key if entries and not superlative else None


def _only_number(data: Data, group: Field | None) -> list[Field]:
    numbers = [f for f in data.fields if f.is_number and f not in (group, data.key)]
    return numbers if len(numbers) == 1 else []


def _take_filters(clause: str, data: Data) -> tuple[str, tuple[Filter, ...]]:
    """The conditions in a clause, and the clause without their words."""
    filters: list[Filter] = []
    for found in list(re.finditer(_COMPARE, clause, re.IGNORECASE)):
        behind = mentioned(found[3] or "", data.fields)
        before = mentioned(clause[: found.start()], data.fields)
        numbers = [f for f in [*behind, *reversed(before)] if f.is_number]
        if numbers:
            operator = _OPERATORS.get(found[1].lower(), ">")
            filters.append(Filter(numbers[0], operator, found[2].replace(",", "")))
            clause = clause.replace(found[0], " ")
    for field in data.fields:
        value = None if field == data.key else _named_value(clause, field)
        if value is not None:
            negated = re.search(rf"\b(?:not|isn't) {re.escape(value)}\b", clause, re.IGNORECASE)
            filters.append(Filter(field, "!=" if negated else "==", _as_code(value, field)))
            clause = re.sub(rf"(?i)(?<!\w){re.escape(value)}(?!\w)", " ", clause)
    return clause, tuple(filters)


def _named_value(clause: str, field: Field) -> str | None:
    """The sample value of a field that the clause names."""
    names = {stem(word) for word in stems(field.name)}
    for sample in sorted(field.samples, key=len, reverse=True):
        if field.is_number or field.type_name == "bool" or len(sample) < 2:
            named = rf"(?i)\b{re.escape(field.name)}\W+(?:is |= ?)?{re.escape(sample)}\b"
            if re.search(named, clause):
                return sample
        elif field.different <= 20 or sample in quoted(clause):
            said = re.search(rf"(?i)(?<!\w){re.escape(sample)}(?!\w)", clause)
            if said and stem(sample) not in names:
                return sample
    return None


def _as_code(value: str, field: Field) -> str:
    return value if field.is_number or field.type_name == "bool" else repr(value)
