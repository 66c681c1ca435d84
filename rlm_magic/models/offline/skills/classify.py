"""Classifies every entry with a sub-model, in batches, and counts the classes."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.skills.docstrings import take_docstrings
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan", "read_labels"]

PARTITION = """
labels = LABELS
items = [(name, " ".join(str(text).split())[:400]) for name, text in PAIRS]
batches = [items[start : start + 20] for start in range(0, len(items), 20)]
instruction = (
    "Classify each numbered item into one of: " + ", ".join(WITH_HINTS) + ".\\n"
    "Answer with one line for each item, such as `3: " + labels[0] + "`, or with `unclear`.\\n\\n"
)
prompts = [
    instruction + "\\n".join(f"{number}: {text}" for number, (_, text) in enumerate(batch, 1))
    for batch in batches
]
print(len(items), "items in", len(prompts), "prompts; the first one begins:")
print(prompts[0][:600])
"""
MAP = """
import re

replies = llm_query_batched(prompts)
classes = [[None] * len(batch) for batch in batches]
for labelled, reply in zip(classes, replies):
    for number, label in re.findall(r"^\\s*(\\d+)[:.)]\\s*(.+?)\\s*$", reply, re.MULTILINE):
        if label in [*labels, "unclear"] and 1 <= int(number) <= len(labelled):
            labelled[int(number) - 1] = label
classes = [label for labelled in classes for label in labelled]
print("without a label:", classes.count(None))
"""
REPAIR = """
question = "Classify the text into one of: " + ", ".join(WITH_HINTS) + ".\\n\\n"
open_items = [index for index, label in enumerate(classes) if label is None]
replies = llm_query_batched([question + items[index][1] for index in open_items])
for index, reply in zip(open_items, replies):
    classes[index] = reply.strip() if reply.strip() in labels else "unclear"
print("still unclear:", classes.count("unclear"))
"""
COUNT = """
from collections import Counter

counts = {label: 0 for label in labels} | dict(Counter(classes))
counts = dict(sorted(counts.items(), key=lambda pair: -pair[1]))
assert sum(counts.values()) == len(items)
print(counts)
"""
MOST = """
label, number = next(pair for pair in counts.items() if pair[0] != "unclear")
FINAL(f"{label}: {number} of {len(items)}. All classes: {counts}")
"""
EACH = """
FINAL({name: label for (name, _), label in zip(items, classes)})
"""
_VERBS = "count|report|tell|give|say|how|which|what|return|list|show|find"
_END = rf"(?:,?\s+(?:and|then)\s+(?:{_VERBS})\b)"
_LABELS = rf"\b(?:into|as|either|whether\b.*?\bis)\b(?: one of)?:?\s+(.+?)(?:{_END}|[.?;!\n]|$)"
_IS_EACH = rf"\b(?:is|are) (?:each|every)\b(?: \w+){{1,2}} (.+?)(?:{_END}|[.?;!\n]|$)"


def plan(task: Task, data: Data) -> Plan:
    """Partition the entries, let a sub-model label each batch, check that none is lost, count."""
    labels = read_labels(task.question)
    if len(labels) < 2:
        yield decline("name the classes, as in: into billing, technical or other", data)
        return
    pairs = data.items(data.text_field(task.question) if data.has_rows else None)
    if data.is_python and task.asks(r"docstring"):
        yield take_docstrings(data)
        pairs = "docstrings.items()"
    elif data.shape == "text":
        pairs = f"[(number, line) for number, line in {data.items()} if line.strip()]"
    hinted = [f"{label} ({hint})" if hint else label for label, hint in labels.items()]
    with_hints = repr(hinted) if any(labels.values()) else "labels"
    values = {"LABELS": repr(list(labels)), "WITH_HINTS": with_hints, "PAIRS": pairs}
    yield Step("I put twenty entries into each prompt.", PARTITION, values)
    output = yield Step("A sub-model labels all batches at once.", MAP)
    unlabelled = re.search(r"without a label: (\d+)", output)
    if unlabelled and int(unlabelled[1]):
        yield Step("Some have no label, so I ask for those one by one.", REPAIR, values)
    yield Step("Now I count, and check that no entry is lost.", COUNT, result="counts")
    if task.asks(r"\b(?:list|return|give|show)\b.* (?:label|class|category) (?:of|for) each"):
        yield Step("The question asks for every label.", EACH)
    elif task.asks(r"\bwhich\b.*\bmost\b|\bmost common\b|\bmost often\b") and not task.asks(
        r"\bcount|\bhow many"
    ):
        yield Step("The first one is the most common.", MOST)
    else:
        yield Step("The totals agree.", "FINAL(counts)")


def read_labels(question: str) -> dict[str, str]:
    """The labels a question names, each with the hint in parentheses behind it."""
    hints: list[str] = []

    def keep(match: re.Match[str]) -> str:
        hints.append(match[1])
        return f" #{len(hints) - 1}#"

    flat = re.sub(r"\s*\(([^()]*)\)", keep, question)
    matches = [re.search(p, flat, re.IGNORECASE | re.DOTALL) for p in (_LABELS, _IS_EACH)]
    listed = next((m[1] for m in matches if m), "")
    parts = [p for p in re.split(r"\s*,\s*(?:or\s+|and\s+)?|\s+or\s+", listed) if p]
    if parts and " and " in parts[-1]:
        parts[-1:] = parts[-1].split(" and ")
    labels = {}
    for part in parts:
        found = re.match(r"([^#]+?)\s*(?:#(\d+)#.*)?$", part.strip(" `\"'"))
        if found:
            labels[found[1].strip(" `\"'")] = hints[int(found[2])] if found[2] else ""
    return labels
