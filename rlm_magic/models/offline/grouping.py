"""Reads from a question what to group rows by: a field, or the days, months or years of dates."""

import re

from rlm_magic.models.offline.conditions import Unclear
from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.meanings import (
    PERIODS,
    date_field,
    entry_nouns,
    fields_called,
    meant_by,
)
from rlm_magic.models.offline.words import name_stems, stem, stems

__all__ = ["groups_in", "period_in"]

_GROUP = r"\b(?:by|per|(?:(?:for|in|of) )?(?:each|every)|across)\s+(?:of the\s+)?([\w ]+)"
_WHICH = r"\b(?:which|what|top|whose|on which)\s+([\w ]+)"
_COUNTABLE_NUMBERS = frozenset(
    stems("year month day hour week rating stars score grade level priority class code number")
)


def groups_in(clause: str, data: Data, superlative: bool) -> list[Field]:
    """The fields to group by; a noun that no field is called by stands for the entries."""
    often = re.search(r"\b(?:often|common|frequent)", clause, re.I)
    fields = [f for f in data.fields if not f.is_number or (often and _makes_groups(f))]
    for pattern in (_WHICH, _GROUP) if superlative else (_GROUP,):
        if pattern == _GROUP:
            fields = [f for f in data.fields if _makes_groups(f)]
        for found in re.finditer(pattern, clause, re.IGNORECASE):
            if named := fields_called(found[1], fields):
                return _without_rate(clause, fields, named)
    if superlative and re.match(r"\W*who\b", clause, re.I):
        return [f for f in meant_by("who", fields) if data.repeats(f)][:1]
    entries = re.search(r"\b(?:by|per|each|every|across)\s+(\w+)", clause, re.IGNORECASE)
    if entries is None or superlative:
        return []
    if data.key and stem(entries[1]) in entry_nouns(data):
        return [data.key]
    raise Unclear(f"no column of `{data.name}` makes groups by {entries[1]!r}")


def _without_rate(clause: str, fields: list[Field], named: list[Field]) -> list[Field]:
    """The groups, unless `per` asks for a rate: `which region has the most units per order`."""
    per = re.search(r"\bper\s+(\w+)", clause, re.IGNORECASE)
    if per and fields_called(per[1], fields) != named:
        raise Unclear(f"I cannot work out figures per {per[1]} and rank them")
    return named


def _makes_groups(field: Field) -> bool:
    return not field.is_number or bool(set(name_stems(field.name)) & _COUNTABLE_NUMBERS)


def period_in(clause: str, data: Data) -> tuple[Field, str] | None:
    """The date field and the part of a date, for `per month` and `which day`."""
    found = re.search(
        r"\b(?:per|by|each|every|which|what|in (?:each|which)) (day|date|month|year)\b"
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
