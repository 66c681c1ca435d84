"""Finds pairs of entries that share something: the value of a field, or the same text."""

import re

from rlm_magic.models.offline.data import Data, mentioned
from rlm_magic.models.offline.skills.docstrings import take_docstrings
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

SAME = """
from collections import defaultdict
from itertools import combinations

groups = defaultdict(list)
for name, text in PAIRS:
    shared = " ".join(str(text).split()).casefold()
    if shared and shared not in ("none", "nan"):
        groups[shared].append(name)
groups = {shared: names for shared, names in groups.items() if len(names) > 1}
pairs = [pair for names in groups.values() for pair in combinations(names, 2)]
print(len(pairs), "pairs in", len(groups), "groups")
for pair in pairs[:10]:
    print(pair)
"""
NEAR = """
import re
from collections import defaultdict
from itertools import combinations

words = {name: frozenset(re.findall(r"\\w+", str(text).lower())) for name, text in PAIRS}
holders = defaultdict(list)
for name, bag in words.items():
    for word in bag:
        holders[word].append(name)
rare = [names for names in holders.values() if len(names) <= 50]
candidates = {pair for names in rare for pair in combinations(names, 2)}
likeness = {(a, b): len(words[a] & words[b]) / len(words[a] | words[b]) for a, b in candidates}
pairs = sorted(pair for pair, share in likeness.items() if share >= 0.7)
print(len(pairs), "pairs share at least 70 % of their words")
for pair in pairs[:10]:
    print(pair)
"""
CHECK = """
texts = dict(PAIRS)
assert all(str(texts[a]).split() and str(texts[b]).split() for a, b in pairs)
FINAL(pairs)
"""


def plan(task: Task, data: Data) -> Plan:
    """Group by what is shared, or compare words where rare words meet; list each pair once."""
    named = [f for f in mentioned(task.question, data.fields) if f != data.key]
    field = named[0] if named else data.text_field(task.question)
    pairs = data.items(field)
    if data.is_python and task.asks("docstring"):
        yield take_docstrings(data)
        pairs = "docstrings.items()"
    near = task.asks(r"\bnear|\bsimilar|\balmost|\balike")
    what = f"`{field.name}`" if field else "text"
    prose = "I compare words where rare words meet." if near else f"I group by the same {what}."
    output = yield Step(prose, NEAR if near else SAME, {"PAIRS": pairs}, result="pairs")
    if re.match(r"0 pairs", output):
        yield Answer(f"There are no such pairs in `{data.expression}`.")
    elif task.asks(r"\bhow many\b"):
        yield Step("The question asks for their number.", "FINAL(len(pairs))")
    else:
        yield Step("Each pair stands once, and none is empty.", CHECK, {"PAIRS": pairs})
