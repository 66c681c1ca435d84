"""Reads conditions from a question: values of fields, comparisons, and months or years."""

import re
from dataclasses import dataclass

from rlm_magic.models.offline.data import Data, Field, mentioned
from rlm_magic.models.offline.meanings import date_field
from rlm_magic.models.offline.words import STOP_WORDS, quoted, stem, stems

__all__ = ["Condition", "Unclear", "take_conditions"]

_COMPARE = (
    r"\b(more than|over|above|greater than|at least|less than|fewer than|under|below|at most)"
    r"\s+\$?(\d[\d,.]*\d|\d)(?![-\d])(?:\s+(\w+))?"
)
_OPERATORS = {"at least": ">=", "at most": "<=", "less than": "<", "fewer than": "<",
              "under": "<", "below": "<"}  # fmt: skip
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = rf"\b(?:in|of|during|for) ({'|'.join(_MONTHS)})(?:,? (\d{{4}}))?\b"
_YEAR = r"\b(?:in|of|during|for) (?:the year )?((?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)(?![-\d])"
_FROM = r"\b(before|after|since|until|from|on) ((?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)(?![-\d])"
_DATE_OPERATORS = {"before": "<", "after": ">", "since": ">=", "from": ">=", "until": "<="}
_NOT = r"\b(?:not|isn't|aren't|except|excluding|without|other than|outside)\W+(?:(?:in|the|for) )*"


class Unclear(Exception):
    """Why a question cannot be answered on these rows, as a sentence."""


@dataclass(frozen=True)
class Condition:
    """A test on a field; `value` is Python source, `part` a slice of the value's text."""

    field: Field
    operator: str
    value: str
    part: str = ""


def take_conditions(clause: str, data: Data) -> tuple[str, tuple[Condition, ...]]:
    """The conditions in a clause, and the clause without their words."""
    conditions: list[Condition] = []
    for found in list(re.finditer(_COMPARE, clause, re.IGNORECASE)):
        behind = mentioned(found[3] or "", data.fields)
        before = mentioned(clause[: found.start()], data.fields)
        numbers = [f for f in [*behind, *reversed(before)] if f.is_number]
        if not numbers:
            raise Unclear(f"I see no field that {found[0].strip()!r} could be about.")
        operator = _OPERATORS.get(found[1].lower(), ">")
        conditions.append(Condition(numbers[0], operator, found[2].replace(",", "")))
        clause = clause.replace(
            found[0] if behind else found[0][: found.end(2) - found.start()], " "
        )
    clause, dated = _take_dates(clause, data)
    clause, named = _take_values(clause, data)
    return clause, (*conditions, *dated, *named)


def _take_dates(clause: str, data: Data) -> tuple[str, list[Condition]]:
    field = date_field(clause, data.fields)
    conditions = []
    if field is None:
        return clause, []
    clause = re.sub(r"(?i)\bbetween (\S+) and (?=\d{4})", r"from \1 until ", clause)
    if found := re.search(_MONTH, clause, re.IGNORECASE):
        month = f"{_MONTHS.index(found[1].lower()) + 1:02d}"
        value, part = (f"{found[2]}-{month}", "[:7]") if found[2] else (month, "[5:7]")
        conditions.append(Condition(field, "==", repr(value), part))
        clause = clause.replace(found[0], " ")
    for pattern in (_YEAR, _FROM):
        for found in list(re.finditer(pattern, clause, re.IGNORECASE)):
            word, value = found.groups() if pattern == _FROM else ("in", found[1])
            operator = _DATE_OPERATORS.get(word.lower(), "==")
            conditions.append(Condition(field, operator, repr(value), f"[:{len(value)}]"))
            clause = clause.replace(found[0], " ")
    return clause, conditions


def _take_values(clause: str, data: Data) -> tuple[str, list[Condition]]:
    """Values that the clause names; one that several fields hold needs the name of its field."""
    said = {f: v for f in data.fields if f != data.key and (v := _values_in(clause, f))}
    conditions = []
    for field, values in said.items():
        rivals = [f for f in said if set(map(str.lower, said[f])) & set(map(str.lower, values))]
        named = mentioned(clause, rivals)
        if len(rivals) > 1 and len(named) != 1:
            fields = " and ".join(f"`{f.name}`" for f in rivals)
            raise Unclear(f"{values[0]!r} is a value of {fields}; name the one you mean.")
        if len(rivals) > 1 and field not in named:
            continue
        negated = re.search(_NOT + re.escape(values[0]), clause, re.IGNORECASE)
        one = len(values) == 1
        operator = ("!=" if one else "not in") if negated else ("==" if one else "in")
        codes = [_as_code(value, field) for value in values]
        conditions.append(Condition(field, operator, codes[0] if one else f"[{', '.join(codes)}]"))
    for value in sorted({v for values in said.values() for v in values}, key=len, reverse=True):
        clause = re.sub(rf"(?i){_NOT}{re.escape(value)}(?!\w)", " ", clause)
        clause = re.sub(rf"(?i)(?<!\w){re.escape(value)}(?!\w)", " ", clause)
    return clause, conditions


def _values_in(clause: str, field: Field) -> list[str]:
    """The known values of a field that a clause names."""
    names = {stem(word) for word in stems(field.name)}
    found = []
    for sample in sorted(field.samples, key=len, reverse=True):
        if field.is_number or field.type_name == "bool" or len(sample) < 2:
            named = rf"\b{re.escape(field.name)}\W+(?:is |= ?)?{re.escape(sample)}\b"
        elif stem(sample) in names or sample in STOP_WORDS:
            continue
        else:
            named = rf"(?<!\w){re.escape(sample)}(?!\w)"
        flags = re.NOFLAG if field.different > 20 and sample not in quoted(clause) else re.I
        if re.search(named, clause, flags):
            found.append(sample)
            clause = re.sub(named, " ", clause, flags=flags)
    return found


def _as_code(value: str, field: Field) -> str:
    return value if field.is_number or field.type_name == "bool" else repr(value)
