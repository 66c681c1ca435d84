"""Reads from a question what to compute on rows: measure, field, group, conditions, how many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlm_magic.models.offline.conditions import Condition, Unclear, take_conditions
from rlm_magic.models.offline.data import Data, Field, mentioned
from rlm_magic.models.offline.meanings import (
    PERIODS,
    date_field,
    entry_nouns,
    fields_called,
    has_generic_name,
    is_additive,
    left_over,
    meant_by,
)
from rlm_magic.models.offline.words import name_stems, plain_number, stem, stems

__all__ = ["Query", "Reading", "read_queries"]

_CLAUSE = (
    r"[?;]\s*|\.\s+|,\s+(?=which|how|what)"
    r"|,?\s+and\s+(?=(?:in |for )?(?:which|what|who|how|the (?:average|total|mean)))"
)
_MEASURES = {
    r"\b(?:average|mean)\b": "mean",
    r"\bmedian\b": "median",
    r"\b(?:total|sum|altogether|in all|overall)\b": "sum",
    r"\b(?:different|distinct|unique)\b": "nunique",
    r"\bhow (?:many|much|often)\b|\bnumber of\b|\bcount\b": "count",
}
_MOST = (
    r"\b(?:most|highest|largest|biggest|greatest|maximum|max|longest|top(?!-)|best|oldest"
    r"|often|common|frequent(?:ly)?)\b"
)
_LEAST = r"\b(?:fewest|least|lowest|smallest|minimum|min|shortest|cheapest|worst|youngest|rarest)\b"
_OFTEN = r"\b(?:most|fewest|least|often|common|frequent(?:ly)?|rarest|top)\b"
_LATEST = r"\b(?:latest|newest|most recent|last)\b"
_EARLIEST = r"\b(?:earliest|oldest|first)\b"
_SINCE = (
    r"\bsince when\b|\bfirst (?:seen|reported|date|time|appear)\w*|\bwhen did (?:it|they|each)\b"
)
_GROUP = r"\b(?:by|per|(?:(?:for|in|of) )?(?:each|every)|across)\s+(?:of the\s+)?([\w ]+)"
_WHICH = r"\b(?:which|what|top|whose|on which)\s+([\w ]+)"
_COUNTED = (
    r"(?:how (?:many|much)|number of|count)\s+(?:of\s+)?(?:the\s+)?(.+?)"
    r"(?=\s+(?:do|does|did|are|is|was|were|have|has|in|of|on|for|per|by|with|sold|there|from)\b|$)"
)
_TOP_N = (
    r"\b(?:top|which|what are the) (\d+|[a-z]+)\b"
    r"|\b(\w+) (?:most|highest|largest|biggest|longest|lowest|smallest|shortest)\b"
)
_COUNTABLE_NUMBERS = frozenset(
    stems("year month day hour week rating stars score grade level priority class code number")
)


@dataclass(frozen=True)
class Query:
    """One thing to compute: `measure` of `value`, for each `group`, the `top` of them.

    `period` cuts the dates of the group to days, months or years; `since` adds first dates.
    """

    measure: str
    value: Field | None
    group: Field | None = None
    top: int | None = None
    descending: bool = True
    conditions: tuple[Condition, ...] = ()
    period: str = ""
    since: Field | None = None

    @property
    def label(self) -> str:
        """How the answer calls this."""
        value = self.value.name if self.value else "rows"
        names = {"nunique": f"different {value}", "count": "number of rows", "list": "rows"}
        name = names.get(self.measure, f"{self.measure} of {value}")
        if self.top is not None and self.group is not None:
            return f"{self.group.name} with the {'most' if self.descending else 'least'} {value}"
        return name + (f" by {self.group.name}" if self.group else "")

    @property
    def fields(self) -> list[Field]:
        """All fields that this uses."""
        used = [self.value, self.group, self.since, *(c.field for c in self.conditions)]
        return [field for field in used if field is not None]


@dataclass(frozen=True)
class Reading:
    """What a question asks for, and its words that this does not explain."""

    queries: tuple[Query, ...]
    unexplained: tuple[str, ...]
    counts_rows: bool  # a noun that names no field was taken for the rows


def read_queries(question: str, data: Data, known: Sequence[str] = ()) -> Reading:
    """All that a question asks of the rows, in its order. Raises Unclear."""
    queries: list[Query] = []
    unexplained: list[str] = []
    counts_rows = False
    for clause in re.split(_CLAUSE, question, flags=re.IGNORECASE):
        rest, conditions = take_conditions(clause, data)
        found = _read_clause(rest, conditions, data)
        if found and re.search(_SINCE, question, re.IGNORECASE):
            found = [_with_first_date(query, data) for query in found]
        queries += found
        words = left_over(rest, [f for q in found or queries for f in q.fields], data, known)
        if has_generic_name(data) and (noun := _counted_noun(rest)) in words:
            words.remove(noun)
            counts_rows = True
        unexplained += words
    return Reading(tuple(dict.fromkeys(queries)), tuple(unexplained), counts_rows)


def _counted_noun(clause: str) -> str:
    found = re.search(_COUNTED, clause.strip(), re.IGNORECASE)
    return found[1].split()[-1] if found else ""


def _with_first_date(query: Query, data: Data) -> Query:
    grouped = query.group and query.measure == "count" and not query.period
    return replace(query, since=date_field("", data.fields)) if grouped else query


def _read_clause(clause: str, conditions: tuple[Condition, ...], data: Data) -> list[Query]:
    measure = next((m for p, m in _MEASURES.items() if re.search(p, clause, re.I)), None)
    dated = _date_query(clause, conditions, data)
    if dated:
        return [dated]
    most, least = re.search(_MOST, clause, re.I), re.search(_LEAST, clause, re.I)
    if measure is None and not most and not least:
        lists = re.search(r"\b(?:which|list|show|find|who|what)\b", clause, re.I)
        return [Query("list", None, data.key, conditions=conditions)] * bool(lists and conditions)
    period = _period(clause, data)
    groups = [period[0]] if period else _groups(clause, data, bool(most or least))
    cut = period[1] if period else ""
    if most or least:
        found = _superlatives(clause, data, measure, groups, bool(most))
    else:
        found = _figures(clause, data, measure or "sum", groups[:1])
    both = next((c for c in conditions if c.operator == "in"), None)
    if both and not groups and re.search(r"\band\b", clause):  # of A and of B: each by itself
        found = [replace(query, group=both.field) for query in found]
    return [replace(query, conditions=conditions, period=cut) for query in found]


def _figures(clause: str, data: Data, measure: str, groups: Sequence[Field]) -> list[Query]:
    """Plain figures: a count, or a measure of the numbers that are named."""
    group = next(iter(groups), None)
    counted = re.search(_COUNTED, clause.strip(), re.IGNORECASE)
    about = counted[1] if measure == "count" and counted else clause
    named = [f for f in mentioned(about, data.fields) if f not in groups]
    numbers = [f for f in named if f.is_number and f != data.key]
    if measure == "count":
        sums = [f for f in numbers if is_additive(f)]
        if sums:
            return [Query("sum", field, group) for field in sums]
        kinds = [f for f in named if not f.is_number and data.repeats(f)]
        if kinds and not set(stems(about)) & entry_nouns(data):
            return [Query("nunique", kinds[0], group)]
        return [Query("count", None, group)]
    if measure == "nunique":
        return [Query(measure, field, group) for field in named[:1]]
    if not numbers and not named:
        numbers = _only_number(data, group)
    if not numbers and measure == "sum" and counted:
        return [Query("count", None, group)]
    return [Query(measure, field, group) for field in numbers]


def _only_number(data: Data, group: Field | None) -> list[Field]:
    numbers = [f for f in data.fields if f.is_number and f not in (group, data.key)]
    return numbers if len(numbers) == 1 else []


def _superlatives(
    clause: str, data: Data, measure: str | None, groups: Sequence[Field], most: bool
) -> list[Query]:
    named = [f for f in mentioned(clause, data.fields) if f not in groups]
    values = [f for f in named if f.is_number and f != data.key]
    values = values[:1] or [f for f in _meant_numbers(clause, data) if f not in groups]
    entry_wanted = re.search(r"\b(?:which|who|top(?!-)|list)\b|\bwhat (?!is|are|was)", clause, re.I)
    top = _top(clause)
    if not values:
        return _most_often(clause, data, groups, named, top, most)
    if not groups and not entry_wanted:
        return [Query("max" if most else "min", value) for value in values]
    key = groups[0] if groups else _name_of_rows(data)
    if key is None:
        raise Unclear(f"No column names the rows of `{data.name}`, so I cannot say which.")
    queries = []
    for value in values:
        total = "sum" if is_additive(value) or not data.repeats(key) else "max" if most else "min"
        how = measure if measure in ("mean", "median", "sum") else total
        queries.append(Query(how, value, key, top, most))
    return queries


def _most_often(
    clause: str,
    data: Data,
    groups: Sequence[Field],
    named: Sequence[Field],
    top: int,
    most: bool,
) -> list[Query]:
    """The groups with the most rows; never groups of one row each."""
    kinds = [f for f in named if not f.is_number]
    if groups and kinds and "the most" in clause:
        return [Query("nunique", kinds[0], groups[0], top, most)]
    by_count = re.search(_OFTEN, clause, re.I)
    if not groups and not kinds and data.called:  # entries of text stand for themselves
        kinds = [f for f in data.fields if f.name == "text"]
    counted = [f for f in (groups or kinds) if data.repeats(f)]
    if not by_count or not counted:
        what = f"each `{(groups or kinds)[0].name}` comes only once" if groups or kinds else ""
        raise Unclear(f"I cannot rank this: {what or 'no column of it fits what you ask for'}.")
    ranks_numbers = any(f.is_number and f != data.key for f in data.fields)
    if (
        re.search(r"\btop\b", clause, re.I)
        and ranks_numbers
        and not re.search(r"\b(?:most|often|common|frequent)", clause, re.I)
    ):
        raise Unclear("Top by what? Name the number to rank by, or ask for the most common.")
    return [Query("count", None, field, top, most) for field in counted]


def _meant_numbers(clause: str, data: Data) -> list[Field]:
    """Numbers that the verbs and adjectives of a clause mean: `sells`, `cheapest`, `longest`."""
    numbers = [f for f in data.fields if f.is_number and f != data.key]
    for word in re.findall(r"\w+", clause):
        if meant := meant_by(word, numbers):
            return meant[-1:] if data.called else meant
    return []


def _name_of_rows(data: Data) -> Field | None:
    """The field to call a row by: a name or title rather than a number."""
    titles = [f for f in data.fields if f.different == data.size and not f.is_number]
    named = [f for f in titles if set(name_stems(f.name)) & {"nam", stem("title")}]
    return next(iter(named), data.key)


def _top(clause: str) -> int:
    found = re.finditer(_TOP_N, clause, re.IGNORECASE)
    numbers = [plain_number(match[1] or match[2]) for match in found]
    return next((number for number in numbers if number), 1)


def _groups(clause: str, data: Data, superlative: bool) -> list[Field]:
    """The fields to group by; a noun that no field is called by stands for the entries."""
    fields = [f for f in data.fields if _makes_groups(f)]
    for pattern in (_WHICH, _GROUP) if superlative else (_GROUP,):
        for found in re.finditer(pattern, clause, re.IGNORECASE):
            if named := fields_called(found[1], fields):
                return named
    if superlative and re.match(r"\W*who\b", clause, re.I):
        return [f for f in meant_by("who", fields) if data.repeats(f)][:1]
    entries = re.search(r"\b(?:by|per|each|every|across)\s+(\w+)", clause, re.IGNORECASE)
    if entries is None or superlative:
        return []
    if data.key and stem(entries[1]) in entry_nouns(data):
        return [data.key]
    raise Unclear(f"no column of `{data.name}` makes groups by {entries[1]!r}")


def _makes_groups(field: Field) -> bool:
    return not field.is_number or bool(set(name_stems(field.name)) & _COUNTABLE_NUMBERS)


def _period(clause: str, data: Data) -> tuple[Field, str] | None:
    """The date field and the part of a date, for `per month` and `which day`."""
    found = re.search(
        r"\b(?:per|by|each|every|which|what|in (?:each|which)) (?:calendar )?(day|date|month|year)\b"
        r"|\b(daily|monthly|yearly|annually)\b", clause, re.IGNORECASE
    )  # fmt: skip
    if found is None:
        return None
    word = (found[1] or found[2]).lower()
    if any(name_stems(f.name) == stems(word) and not f.is_date for f in data.fields):
        return None
    field = date_field(clause, data.fields)
    if field is None:
        raise Unclear(f"`{data.name}` has no column of dates such as 2024-03-01.")
    return field, PERIODS[word]


def _date_query(clause: str, conditions: tuple[Condition, ...], data: Data) -> Query | None:
    """`When was the first ticket created?`, `Which ticket is the latest?`"""
    last = re.search(_LATEST, clause, re.I)
    if not (last or re.search(_EARLIEST, clause, re.I)) or re.search(_SINCE, clause, re.I):
        return None
    field = date_field(clause, data.fields)
    if field is None or meant_by("oldest", data.fields):
        return None
    measure = "max" if last else "min"
    if re.search(r"\b(?:when|date)\b", clause, re.I) or data.key is None:
        return Query(measure, field, conditions=conditions)
    return Query(measure, field, data.key, 1, bool(last), conditions)
