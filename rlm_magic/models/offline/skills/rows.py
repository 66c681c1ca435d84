"""Answers from rows what a question asks of them, when every word of it is understood."""

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from rlm_magic.models.offline.conditions import Unclear
from rlm_magic.models.offline.conversation import printed
from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.meanings import is_negation
from rlm_magic.models.offline.query import Query, Reading, read_queries
from rlm_magic.models.offline.steps import Plan, Step, Turn
from rlm_magic.models.offline.tabular import compute
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import ABOUT_VERBS, all_of, name_stems, stem, stems

__all__ = ["SEARCH", "explains", "plan"]

THESE = re.compile(r"\b(?:these|those|this) ((?:\w+ )?\w+)", re.IGNORECASE)
SEARCH = """
import re

pattern = re.compile(PATTERN)
counts = {}
for name, text in PAIRS:
    found = len(pattern.findall(str(text)))
    if found:
        counts[name] = found
print(len(counts), "of them match,", sum(counts.values()), "matches in all")
"""
SAY = """
FINAL(f"{len(counts)} entries of `VARIABLE` hold the words: WORDS.")
"""
SAY_ROWS = """
FINAL(f"`VARIABLE` has {len(ENTRIES):,} rows.")
"""
VALUES = """
words = set(WORDS)
found = dict.fromkeys(
    (name, str(value))
    for row in ROWS
    for name, value in row.items()
    if isinstance(value, str) and len(value) < 60 and words & set(value.lower().split())
)
for pair in list(found)[:50]:
    print(pair)
"""
FINAL_SINCE = """
(best,) = results.values()
FINAL("\\n".join(f"{name}: {value}" for name, value in best.items()))
"""
FINAL_BEST = """
(best,) = results.values()
best = {"(empty)" if name == "" else name: value for name, value in best.items()}
first = ", ".join(f"{name}: {value}" for name, value in list(best.items())[:5])
FINAL((first if len(best) <= 5 else f"{first}, and {len(best) - 5} more alike") + "MISSING")
"""


def plan(task: Task, data: Data, entries: Data | None = None) -> Plan:
    """Compute what a question asks of rows; decline when a word of it is left unexplained.

    `entries` is the data that the rows were measured from, or the rows themselves.
    """
    entries = entries or data
    try:
        reading = read_queries(task.question, data, _known(task, entries))
        if reading.unexplained and data is entries:
            data = yield from _with_values(reading.unexplained, data)
            reading = read_queries(task.question, data, _known(task, entries))
    except Unclear as unclear:
        yield decline(str(unclear), entries)
        return
    queries = list(reading.queries)
    if queries == [Query("count", None)] and (reading.unexplained or reading.counts_rows):
        yield from _count_entries(reading, entries)
        return
    if not queries or reading.unexplained:
        named = {part for field in data.fields for part in name_stems(field.name)}
        words = ", ".join(repr(w) for w in reading.unexplained if stem(w) not in named)
        unknown = f"in `{entries.name}` I do not know the meaning of {words}"
        yield decline(unknown if words else "none of my rules fits the question", entries)
        return
    yield Step(_prose(queries), compute(queries, data), result="results")
    yield Step("These figures answer the question.", _final(task, queries))


def explains(task: Task, data: Data) -> bool:
    """Whether fields and values of rows explain the whole question, as far as seen by now."""
    try:
        reading = read_queries(task.question, data, _known(task, data)) if data.has_rows else None
    except Unclear:
        return False
    return reading is not None and bool(reading.queries) and not reading.unexplained


def _known(task: Task, entries: Data) -> list[str]:
    """Stems that need no explanation here: names of variables and of the data, words about code."""
    names = [part for v in task.variables for part in name_stems(v.name)]
    names += stems(" ".join(THESE.findall(task.question)))
    return names + stems("function class method public module level top") * entries.is_python


def _with_values(words: Sequence[str], data: Data) -> Generator[Turn, str, Data]:
    """The data, its fields knowing the values that are written like words of the question."""
    values = {"WORDS": repr([word.lower() for word in words]), "ROWS": data.rows}
    output = yield Step("I look whether these words are values of a field.", VALUES, values)
    found = [pair for line in output.splitlines() if (pair := printed(line, tuple))]
    fields = tuple(
        replace(f, samples=(*f.samples, *(str(pair[1]) for pair in found if pair[0] == f.name)))
        for f in data.fields
    )
    return replace(data, fields=fields)


def _count_entries(reading: Reading, data: Data) -> Plan:
    """Count the entries that hold the words that no field explains, and say what was counted."""
    if not reading.unexplained:
        values = {"ENTRIES": data.expression, "VARIABLE": data.name}
        yield Step("I count the rows.", SAY_ROWS, values)
        return
    about = set(stems(ABOUT_VERBS))
    words = [word for word in reading.unexplained if stem(word) not in about]
    if any(map(is_negation, words)):
        yield decline("I cannot count what is missing or denied", data)
        return
    if not words:
        yield decline("the question has no word that I could search for", data)
        return
    values = {"PATTERN": all_of(words), "PAIRS": data.items()}
    output = yield Step("I count the entries that hold these words.", SEARCH, values)
    said = " and ".join(words)
    if output.startswith("0 "):
        yield decline(f"no field and no entry of `{data.name}` has the words {said}", data)
        return
    yield Step("I say what was counted.", SAY, {"WORDS": said, "VARIABLE": data.name})


def _prose(queries: Sequence[Query]) -> str:
    return f"I compute: {'; '.join(query.label for query in queries)}."


def _final(task: Task, queries: Sequence[Query]) -> str:
    """One result stands for itself; several are answered under their labels."""
    (query, *more) = queries
    wants_dates = task.asks(r"\bsince when\b")
    if query.measure == "share":
        return '(share,) = results.values()\nFINAL(f"{share} % of the rows")'
    missing = ". Since when, I cannot say." if wants_dates and not query.since else ""
    if more or (missing and query.group is None):
        return f'FINAL(f"{{results}}{missing}")' if missing else "FINAL(results)"
    if query.since:
        return FINAL_SINCE
    if query.top == 1 or missing:
        return FINAL_BEST.replace("MISSING", missing)
    return "(result,) = results.values()\nFINAL(result)"
