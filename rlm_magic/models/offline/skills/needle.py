"""Finds one fact: the passages that hold the rarest words of the question, read by a sub-model."""

import re
from collections.abc import Sequence

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.skills import hops, rows
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import content_words, stem, stems

__all__ = ["plan"]

SEARCH = """
import math
import re
from collections import Counter

documents = DOCUMENTS
keywords = KEYWORDS
pattern = re.compile(r"\\b(?:" + "|".join(keywords) + ")", re.IGNORECASE)
windows = {}
for name, text in documents.items():
    for match in pattern.finditer(text):
        middle = match.start() // WIDTH
        for window in (middle - 1, middle):
            windows.setdefault((name, window), set()).add(match.group().lower())

spread = Counter(word for words in windows.values() for word in words)
weight = {word: math.log(1 + len(windows) / n) for word, n in spread.items()}
best = sorted(windows, key=lambda place: -sum(weight[word] for word in windows[place]))[:5]
passages = []
for name, window in best:
    start = max(0, window * WIDTH - 80)
    passages.append(documents[name][start : start + 2 * WIDTH + 160])
for (name, window), passage in zip(best, passages):
    print(f"[{name}] {len(windows[name, window])} of {len(keywords)} keywords: {passage!r}")
"""
ASK = """
question = QUESTION
text = "\\n".join(passages)
prompt = (
    "Answer the question from the text, with its own words. If it is not there, reply: "
    f"The text does not say.\\nQuestion: {question}\\n\\nText:\\n{text}"
)
reply = llm_query(prompt)
print(reply)
"""
CHECK = """
sources_of = [name for name, text in documents.items() if reply in text]
print("found word for word in:", sources_of[:5])
where = f" ({sources_of[0]})" if sources_of and len(documents) > 1 else ""
FINAL(reply + where)
"""
# What no single passage answers: reasons, judgements, figures over many entries.
NO_FACT = (
    r"\b(?:why|most|least|usually|typical\w*|average|trends?|themes?|compare\w*|differ\w*|better"
    r"|best|worst|not|never|without|all|percent\w*|share of|correlat\w*"
    r"|how (?:do|can|should|would|to))\b"
)
# The form of an answer, by the word that asks for it.
SHAPES = {
    r"\bwhen\b|\b(?:what|which) (?:date|day|year)\b": r"\d",
    r"\bhow (?:much|many|old|long|far|tall)\b|\b(?:what|which) (?:number|code|price)\b": r"\d",
    r"^\W*who\b": r"\b[A-Z]\w+",
}
NO_ANSWER = "The text does not say"


def plan(task: Task, data: Data) -> Plan:
    """Rank passages by rare words, let a sub-model read the best, and check what it says."""
    if data.has_rows and hops.read_chain(task, data):
        yield from hops.plan(task, data)
        return
    if rows.explains(task, data):
        yield from rows.plan(task, data)
        return
    names = [word for v in task.variables for word in stems(v.name)]
    if data.has_rows and _asks_for_entries(task, data, names):
        yield from rows.plan(task, data)
        return
    if task.asks(NO_FACT) or data.shape == "numbers":
        yield decline("it asks for more than one fact that stands in a text", data)
        return
    keywords = [re.escape(term.lower()) for term in task.terms]
    keywords += content_words(task.question, without=[*names, *stems(" ".join(task.terms))])
    if not keywords:
        yield decline("the question has no word that I could search for", data)
        return
    width = "150" if data.shape == "text" else "300"
    values = {"DOCUMENTS": data.documents(), "KEYWORDS": repr(keywords), "WIDTH": width}
    prose = "The fact stands where the rare words of the question come together."
    output = yield Step(prose, SEARCH, values)
    seen = re.search(r"^\[.*?\] (\d+) of \d+ keywords", output, re.MULTILINE)
    if seen is None or int(seen[1]) < max(min(2, len(keywords)), 0.6 * len(keywords)):
        yield decline(_not_found(data), data)
        return
    prose = "I let a sub-model read the best passages."
    output = yield Step(prose, ASK, {"QUESTION": repr(task.question)}, result="reply")
    if output.startswith(NO_ANSWER) or not all(
        re.search(shape, output) for asked, shape in SHAPES.items() if task.asks(asked)
    ):
        yield decline(_not_found(data), data)
    else:
        yield Step("I check that this really stands in the data.", CHECK)


def _asks_for_entries(task: Task, data: Data, names: Sequence[str]) -> bool:
    """`Which tickets are angry?` wants entries, not one sentence; so does all about plain rows."""
    if data.has_rows and data.text_field("") is None:
        return True
    wanted = re.match(r"\W*which (?:of the )?(\w+)", task.question, re.IGNORECASE)
    return wanted is not None and stem(wanted[1]) in names


def _not_found(data: Data) -> str:
    return f"I found nothing in `{data.name}` that answers it by the words of the question"
