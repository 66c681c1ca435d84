"""Counts, sums, compares and groups: rows directly, text after measuring each entry."""

import re
from collections.abc import Generator

from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.skills import grep, rows
from rlm_magic.models.offline.steps import Plan, Step, Turn
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import plain_number

__all__ = ["plan"]

COMMON_WORDS = r"\b(?:most|top)\b.*\b(?:common|frequent|frequently used|often|used)\b.*\bwords?\b|\bwords?\b.*\bmost (?:often|common|frequent)"  # noqa: E501
UNIQUE = -1  # a field of the rows that the plan makes, whose values all differ
MENTION = r"\b(?:mention|contain|match|include|occur|appear|imports?\b|starting with|the word)"
MEASURE_SOURCE = """
import re

# A pattern that steps over strings and comments sees only real definitions.
token = re.compile(
    r'\"{3}(?:\\\\.|[^\\\\])*?\"{3}|\\'{3}(?:\\\\.|[^\\\\])*?\\'{3}'
    r'|"(?:\\\\.|[^"\\\\\\n])*"|\\'(?:\\\\.|[^\\'\\\\\\n])*\\'|#[^\\n]*'
    r'|^(?P<indent>[ \\t]*)(?:async[ \\t]+)?(?P<keyword>def|class)[ \\t]+(?P<called>\\w+)',
    re.MULTILINE | re.DOTALL,
)
rows = []
for name, text in DOCUMENTS.items():
    found = [match for match in token.finditer(text) if match["keyword"]CONDITION]
    classes = sum(match["keyword"] == "class" for match in found)
    methods = sum(match["keyword"] == "def" and match["indent"] != "" for match in found)
    rows.append({
        "module": name,
        "functions": len(found) - classes,
        "methods": methods,
        "classes": classes,
        "lines": text.count("\\n") + 1,
    })
print(len(rows), "modules measured, such as", rows[:3])
"""
MEASURE_TEXT = """
rows = []
for name, text in PAIRS:
    text = str(text)
    rows.append({
        FIRST: name,
        "lines": text.count("\\n") + 1,
        "words": len(text.split()),
        "characters": len(text),
        "text": text.strip(),
    })
different = len({row["text"] for row in rows})
print(len(rows), "entries measured,", different, "different; the first:", str(rows[0])[:300])
"""
WORDS = """
import re
from collections import Counter

counts = Counter(
    word for _, text in PAIRS for word in re.findall(r"[^\\W\\d_]+", str(text).lower())
)
FINAL(dict(counts.most_common(TOP)))
"""
NUMBERS = """
rows = [{"name": name, "number": number} for name, number in PAIRS]
print(len(rows), "numbers")
"""


def plan(task: Task, data: Data) -> Plan:
    """Turn the data into rows if it is not, read the question as queries, compute them."""
    ranks = task.asks(r"\bmost\b|\bleast (?:often|common)")
    if task.asks(MENTION) and not ranks and (pattern := grep.search_pattern(task)):
        if task.asks(grep.NEGATED):
            yield decline("I cannot count what is missing or denied", data)
            return
        yield from _count_matches(task, data, pattern)
        return
    if task.asks(COMMON_WORDS) and not data.is_python:
        number = re.search(r"\b(\d+|[a-z]+) most\b", task.question)
        top = (plain_number(number[1]) if number else None) or 10
        yield Step("I count every word.", WORDS, {"PAIRS": data.items(), "TOP": str(top)})
        return
    entries = data
    if not data.has_rows:
        data = yield from _measure(task, data)
    yield from rows.plan(task, data, entries)


def _measure(task: Task, data: Data) -> Generator[Turn, str, Data]:
    if data.shape == "numbers":
        yield Step("I give each number a row.", NUMBERS, {"PAIRS": data.items()})
        return _measured(data, "name", ["number"])
    if data.is_python and task.asks(r"\bfunction|\bclass|\bmethod"):
        condition = ""
        if task.asks(r"\btop[- ]level|\bmodule[- ]level"):
            condition += ' and not match["indent"]'
        if task.asks(r"\bpublic\b"):
            condition += ' and not match["called"].startswith("_")'
        code = MEASURE_SOURCE.replace("CONDITION", condition)
        yield Step("I measure every module.", code, {"DOCUMENTS": data.documents()})
        return _measured(data, "module", ["functions", "methods", "classes", "lines"])
    first = "line" if data.shape == "text" else "name"
    values = {"PAIRS": data.items(), "FIRST": repr(first)}
    output = yield Step("I measure every entry.", MEASURE_TEXT, values)
    sizes = [int(size) for size in re.findall(r"(\d+) (?:entries|different)", output)]
    size, different = sizes if len(sizes) == 2 else (UNIQUE, UNIQUE)
    measures = ["lines"] * (first == "name") + ["words", "characters"]
    text = Field("text", "str", different, ())
    return _measured(data, first, measures, text, size=size)


def _measured(
    data: Data, name: str, measures: list[str], *others: Field, size: int = UNIQUE
) -> Data:
    """The rows that a measuring step has made of other data."""
    numbers = [Field(measure, "int", 0, ()) for measure in measures]
    fields = (Field(name, "str", size, ()), *numbers, *others)
    return Data("rows", "records", fields=fields, size=size, called=data.name)


def _count_matches(task: Task, data: Data, pattern: str) -> Plan:
    by_line = data.shape != "text" and task.asks(r"\blines\b")
    pairs = data.items()
    if by_line:
        lines = 'enumerate(str(text).split("\\n"), 1)'
        pairs = f"(((name, n), line) for name, text in {data.items()} for n, line in {lines})"
    values = {"PATTERN": pattern, "PAIRS": pairs}
    yield Step("I count the matches entry by entry.", rows.SEARCH, values)
    if task.asks(r"\bhow often\b|\btimes\b|\boccurrence"):
        yield Step("Every match counts.", "FINAL(sum(counts.values()))")
    else:
        yield Step("Each entry counts once.", "FINAL(len(counts))")
