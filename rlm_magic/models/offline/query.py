"""Reads from a question what to compute on rows: measure, field, group, conditions, how many."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlm_magic.models.offline.conditions import Condition, Unclear, take_conditions
from rlm_magic.models.offline.data import Data, Field, mentioned
from rlm_magic.models.offline.grouping import groups_in, period_in
from rlm_magic.models.offline.meanings import (
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
    r"\b(?:percent(?:age)?|share|proportion)\b": "share",
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
_COUNTED = (
    r"(?:how (?:many|much)|number of|count)\s+(?:of\s+)?(?:the\s+)?(.+?)"
    r"(?=\s+(?:do|does|did|are|is|was|were|have|has|had|an?|that|which|in|of|on|for|per|by|with|sold|there|from)\b|$)"
)
_TOP_N = (
    r"\b(?:top|which) (\w+)\b",
    r"\bthe (\w+)\b",
    r"\b(\w+) (?:most|highest|largest|biggest|longest|lowest|smallest|shortest)\b",
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
        names = {
            "nunique": f"different {value}",
            "count": "number of rows",
            "list": f"{value} that fit",
            "share": "percent of the rows",
        }
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
            rest = re.sub(_SINCE, " ", rest, flags=re.IGNORECASE)
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
        lists = re.search(
            r"\b(?:which|list|show|find|who|what)\b(?: me)?(?: all)?(.*)", clause, re.I
        )
        if not (lists and conditions):
            return []
        kinds = fields_called(lists[1], [f for f in data.fields if not f.is_number])
        noun = kinds[0] if kinds else _name_of_rows(data)
        return [Query("list", noun, conditions=conditions)]
    period = period_in(clause, data)
    groups = [period[0]] if period else groups_in(clause, data, bool(most or least))
    cut = period[1] if period else ""
    if most or least:
        found = _superlatives(clause, data, measure, groups, bool(most), is_cut=bool(cut))
    else:
        found = _figures(clause, data, measure or "sum", groups[:1])
        if measure == "share" and not conditions:
            found = []
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
    if measure == "share":
        return [] if named or groups else [Query(measure, None)]
    if measure == "count":
        counts_entries = set(stems(about)) & set(name_stems(data.name))
        sums = [f for f in numbers if is_additive(f) and f.name != "number"]
        if sums and not counts_entries:
            return [Query("sum", field, group) for field in sums]
        kinds = [f for f in named if not f.is_number and data.repeats(f)]
        if kinds and not counts_entries and not set(stems(about)) & entry_nouns(data):
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
    clause: str,
    data: Data,
    measure: str | None,
    groups: Sequence[Field],
    most: bool,
    *,
    is_cut: bool,
) -> list[Query]:
    named = [f for f in mentioned(clause, data.fields) if f not in groups]
    values = [f for f in named if f.is_number and f != data.key]
    values = values[:1] or [f for f in _meant_numbers(clause, data) if f not in groups]
    entry_wanted = re.search(
        r"\b(?:which|who|top(?!-)|list)\b|\bwhat (?!is|are|was)", clause, re.I
    ) is not None or not set(stems(clause)[-1:]).isdisjoint(name_stems(data.name))
    asked = re.search(r"\b(?:what is the \w+|which|what) (\w+)", clause, re.I)
    if asked and any(stem(asked[1]) in name_stems(value.name) for value in values):
        entry_wanted = False  # the number itself is asked for
    top = _top(clause)
    if not values:
        counted = groups if is_cut else _common(clause, data, groups, named)
        return [Query("count", None, field, top, most) for field in counted]
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


def _common(
    clause: str, data: Data, groups: Sequence[Field], named: Sequence[Field]
) -> Sequence[Field]:
    """The fields whose values are counted to find the most common; never those of single rows."""
    kinds = [*groups] or [f for f in named if not f.is_number]
    if not kinds and data.called:  # entries of text stand for themselves
        kinds = [f for f in data.fields if f.name == "text"]
    by_count = re.search(_OFTEN, clause, re.I)
    is_top = re.search(r"\btop\b", clause, re.I) and not re.search(r"\bmost|\boften", clause, re.I)
    has_numbers = any(f.is_number and f != data.key for f in data.fields)
    if not kinds:
        raise Unclear("no column of it fits what you ask for")
    if not by_count or (is_top and has_numbers and not data.called):
        raise Unclear("I do not see by which number to rank; name it, or ask for the most common")
    counted = [f for f in kinds if data.repeats(f)]
    if not counted:
        raise Unclear(f"every `{kinds[0].name}` is another, so counting them shows no common ones")
    return counted


def _meant_numbers(clause: str, data: Data) -> list[Field]:
    """Numbers that the verbs and adjectives of a clause mean: `sells`, `cheapest`, `longest`."""
    numbers = [f for f in data.fields if f.is_number and f != data.key]
    for word in re.findall(r"\w+", clause):
        if meant := meant_by(word, numbers):
            return meant[:1] if data.called else meant
    return []


def _name_of_rows(data: Data) -> Field | None:
    """The field to call a row by: a name or title rather than a number."""
    titles = [f for f in data.fields if f.different == data.size and not f.is_number]
    named = [f for f in titles if set(name_stems(f.name)) & {"nam", stem("title")}]
    return next(iter(named), data.key)


def _top(clause: str) -> int:
    found = (match[1] for pattern in _TOP_N for match in re.finditer(pattern, clause, re.I))
    return next((number for word in found if (number := plain_number(word))), 1)


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
