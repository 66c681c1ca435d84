"""Finds every line or entry that matches a word or a pattern."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import content_words, stems

__all__ = ["plan", "search_pattern"]

SEARCH = """
import re

pattern = re.compile(PATTERN)
hits = []
for name, text in DOCUMENTS.items():
    if pattern.search(text):
        for line, content in enumerate(text.split("\\n"), 1):
            if pattern.search(content):
                hits.append((name, line, content.strip()))

print(len(hits), "lines match")
for hit in hits[:20]:
    print(hit)
"""
LINES = """
assert all(pattern.search(content) for _, _, content in hits)
FINAL(hits)
"""
NAMES = """
names = list(dict.fromkeys(name for name, _, _ in hits))
print(len(names), "of them:", names[:20])
FINAL(names)
"""


def plan(task: Task, data: Data) -> Plan:
    """Search all text line by line, then answer with the lines, or with the names of entries."""
    pattern = search_pattern(task)
    if pattern is None:
        yield Answer("Tell me the word to search for, in quotation marks.")
        return
    values = {"PATTERN": pattern, "DOCUMENTS": data.documents()}
    output = yield Step("I search all of the text line by line.", SEARCH, values)
    if re.match(r"0 lines", output):
        yield Answer(f"Nothing in `{data.expression}` matches {pattern}.")
    elif task.asks(r"\bwhich (?!lines)\w+|\bin what\b") and data.shape != "text":
        yield Step("The question asks which entries they are.", NAMES)
    else:
        yield Step("I check the hits once more, and they are the answer.", LINES)


def search_pattern(task: Task) -> str | None:
    """The source code of a pattern for what the question wants found."""
    if given := re.search(r"(?:^|\s)/(.+)/(?=[\s.?!]|$)", task.question):
        return repr(given[1])
    terms = task.terms or _words_after_verb(task)
    if not terms:
        return None
    if task.asks(r"\bimports?\b"):
        return repr(rf"(?m)^\s*(?:from|import)[ \t]+(?:{'|'.join(map(re.escape, terms))})\b")
    if task.asks(r"\bregex|\bregular expression|\bpattern\b"):
        return repr("|".join(terms))
    words = [re.escape(term).replace(r"\ ", " ") for term in terms]
    body = "|".join(rf"\b{w}\b" for w in words) if task.asks(r"\bword") else "|".join(words)
    ignore_case = "" if any(c.isupper() for c in body.replace(r"\b", "")) else "(?i)"
    return repr(ignore_case + body)


def _words_after_verb(task: Task) -> list[str]:
    """`tickets that mention a refund`: the words that carry meaning behind the verb."""
    verbs = "mention|contain|match|includ|import|search for|grep|for the word|about|with"
    verb = rf"\b(?:{verbs})\w*\b(.*)"
    found = re.search(verb, task.question, re.IGNORECASE | re.DOTALL)
    names = [word for v in task.variables for word in stems(v.name)]
    after = re.split(r"[.?!]|\band\b", found[1])[0] if found else ""
    noise = {*names, "word", "lin", "entry"}
    found_words = re.findall(r"\w+", after)
    return [w for w in found_words if content_words(w, without=noise)][:3]
