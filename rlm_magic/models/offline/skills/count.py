"""Counts, sums, compares and groups: rows directly, text after measuring each entry."""

import re
from collections.abc import Generator

from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.query import Query, read_queries
from rlm_magic.models.offline.skills import grep, needle
from rlm_magic.models.offline.steps import Plan, Step, Turn
from rlm_magic.models.offline.tabular import compute
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import content_words, stem, stems

__all__ = ["plan"]

GENERIC = (
    "number count total entries rows records items lines exist made hold whole dataset list"
    " altogether overall sum average"
)
UNIQUE = -1  # a field of the rows that the plan makes, whose values all differ
MENTION = r"\b(?:mention|contain|match|include|occur|appear|imports?\b|starting with|the word)"
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
    })
print(len(rows), "entries measured, such as", rows[:3])
"""
SAY = """
FINAL(f"{len(counts)} entries of `VARIABLE` hold the words: WORDS.")
"""
NUMBERS = """
rows = [{"name": name, "number": number} for name, number in PAIRS]
print(len(rows), "numbers")
"""


def plan(task: Task, data: Data) -> Plan:
    """Turn the data into rows if it is not, read the question as queries, compute them."""
    if task.asks(MENTION) and (pattern := grep.search_pattern(task)):
        yield from _count_matches(task, data, pattern)
        return
    if not data.has_rows:
        data = yield from _measure(task, data)
    queries = read_queries(task.question, data)
    if not queries:
        yield from needle.plan(task, data)
        return
    if queries == [Query("count", None)] and (words := _unexplained(task, data)):
        pattern = repr("(?is)" + "".join(rf"(?=.*\b{stem(word)})" for word in words))
        yield Step("I count the entries that hold these words.", SEARCH, _search(pattern, data))
        said = " and ".join(words)
        yield Step("I say what was counted.", SAY, {"WORDS": said, "VARIABLE": data.expression})
        return
    yield Step(_prose(queries), compute(queries, data), result="results")
    yield Step("These figures answer the question.", _final(queries))


def _measure(task: Task, data: Data) -> Generator[Turn, str, Data]:
    if data.shape == "numbers":
        yield Step("I give each number a row.", NUMBERS, {"PAIRS": data.items()})
        return _measured("name", ["number"])
    if data.is_python and task.asks(r"\bfunction|\bclass|\bmethod"):
        condition = ""
        if task.asks(r"\btop[- ]level|\bmodule[- ]level"):
            condition += ' and not match["indent"]'
        if task.asks(r"\bpublic\b"):
            condition += ' and not match["called"].startswith("_")'
        code = MEASURE_SOURCE.replace("CONDITION", condition)
        yield Step("I measure every module.", code, {"DOCUMENTS": data.documents()})
        return _measured("module", ["functions", "methods", "classes", "lines"])
    first = "line" if data.shape == "text" else "name"
    values = {"PAIRS": data.items(), "FIRST": repr(first)}
    yield Step("I measure every entry.", MEASURE_TEXT, values)
    return _measured(first, ["lines"] * (first == "name") + ["words", "characters"])


def _measured(name: str, measures: list[str]) -> Data:
    """The rows that a measuring step has made."""
    numbers = [Field(measure, "int", 0, ()) for measure in measures]
    return Data("rows", "records", fields=(Field(name, "str", UNIQUE, ()), *numbers), size=UNIQUE)


def _count_matches(task: Task, data: Data, pattern: str) -> Plan:
    by_line = data.shape != "text" and task.asks(r"\blines\b")
    pairs = data.items()
    if by_line:
        lines = 'enumerate(str(text).split("\\n"), 1)'
        pairs = f"(((name, n), line) for name, text in {data.items()} for n, line in {lines})"
    values = {"PATTERN": pattern, "PAIRS": pairs}
    yield Step("I count the matches entry by entry.", SEARCH, values)
    if task.asks(r"\bhow often\b|\btimes\b|\boccurrence"):
        yield Step("Every match counts.", "FINAL(sum(counts.values()))")
    else:
        yield Step("Each entry counts once.", "FINAL(len(counts))")


def _search(pattern: str, data: Data) -> dict[str, str]:
    return {"PATTERN": pattern, "PAIRS": data.items()}


def _unexplained(task: Task, data: Data) -> list[str]:
    """Words of a question for a number that name neither the data nor what is counted."""
    counted = re.search(r"(?:how many|number of)\s+(\w+)", task.question, re.IGNORECASE)
    names = " ".join([*(v.name for v in task.variables), *(f.name for f in data.fields)])
    known = stems(f"{names} {GENERIC} {counted[1] if counted else ''}")
    words = re.findall(r"\w+", task.question)
    return [word for word in dict.fromkeys(words) if content_words(word, without=known)]


def _prose(queries: list[Query]) -> str:
    return f"I compute: {'; '.join(query.label for query in queries)}."


def _final(queries: list[Query]) -> str:
    """One result stands for itself; several are answered under their labels."""
    if len(queries) > 1:
        return "FINAL(results)"
    if queries[0].top == 1:
        return (
            "(best,) = results.values()\n"
            'first = ", ".join(f"{name}: {value}" for name, value in list(best.items())[:5])\n'
            'FINAL(first if len(best) <= 5 else f"{first}, and {len(best) - 5} more alike")'
        )
    return "(result,) = results.values()\nFINAL(result)"
