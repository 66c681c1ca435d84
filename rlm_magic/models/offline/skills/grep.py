"""Finds every line or entry that matches a word or a pattern."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.decline import decline
from rlm_magic.models.offline.skills import rows
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.words import ABOUT_VERBS, all_of, content_words, stems

__all__ = ["NEGATED", "VERBS", "plan", "search_pattern"]

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
ENTRIES = """
import re

pattern = re.compile(PATTERN)
hits = {name: text for name, text in DOCUMENTS.items() if pattern.search(text)}
print(len(hits), "entries match")
for name, text in list(hits.items())[:10]:
    print(repr(name), str(text)[:200])
"""
NAMES = """
assert all(pattern.search(str(text)) for text in hits.values())
FINAL(list(hits))
"""
NEGATED = r"\b(?:not|never|without|except|neither|no)\b|n['’]t\b"
_ABOUT = "|".join(word.removesuffix("e") for word in ABOUT_VERBS.split())
VERBS = rf"\b(?:{_ABOUT}|about|search for|for the word|with the word)\w*\b"


def plan(task: Task, data: Data) -> Plan:
    """Search all text line by line, or whole entries where the question asks which they are."""
    if rows.explains(task, data) and not task.asks(VERBS):
        yield from rows.plan(task, data)
        return
    pattern = search_pattern(task)
    if task.asks(NEGATED):
        yield decline("I cannot search for what is missing or denied", data)
        return
    if pattern is None and data.has_rows:
        yield from rows.plan(task, data)
        return
    if pattern is None:
        yield decline("tell me the word to search for, in quotation marks", data)
        return
    by_entry = data.shape != "text" and task.asks(r"\bwhich (?!lines)\w+|\bin what\b")
    values = {"PATTERN": pattern, "DOCUMENTS": data.documents()}
    prose = "I search entry by entry." if by_entry else "I search all of the text line by line."
    output = yield Step(prose, ENTRIES if by_entry else SEARCH, values)
    if output.startswith("0 "):
        what = pattern if task.terms else "the words " + " and ".join(_words_after_verb(task))
        yield Answer(f"Nothing in `{data.name}` matches {what}.")
    elif by_entry:
        yield Step("The question asks which entries they are.", NAMES)
    else:
        yield Step("I check the hits once more, and they are the answer.", LINES)


def search_pattern(task: Task) -> str | None:
    """The source code of a pattern for what the question wants found."""
    if given := re.search(r"(?:^|\s)/(.+)/(?=[\s.?!]|$)", task.question):
        return repr(given[1])
    terms = task.terms
    if not terms:
        words = _words_after_verb(task)
        return all_of(words) if words else None
    if task.asks(r"\bimports?\b"):
        return repr(rf"(?m)^\s*(?:from|import)[ \t]+(?:{'|'.join(map(re.escape, terms))})\b")
    if task.asks(r"\bregex|\bregular expression|\bpattern\b"):
        return repr("|".join(terms))
    words = [re.escape(term).replace(r"\ ", " ") for term in terms]
    body = "|".join(rf"\b{w}\b" for w in words) if task.asks(r"\bword") else "|".join(words)
    ignore_case = "" if any(c.isupper() for c in body.replace(r"\b", "")) else "(?i)"
    return repr(ignore_case + body)


def _words_after_verb(task: Task) -> list[str]:
    """`tickets that ask for a refund`: the words that carry meaning behind the verb."""
    found = re.search(rf"{VERBS}(.*)", task.question, re.IGNORECASE | re.DOTALL)
    names = [word for v in task.variables for word in stems(v.name)]
    after = re.split(r"[.?!]", found[1])[0] if found else ""
    noise = {*names, *stems(ABOUT_VERBS), "word", "lin", "entry"}
    return [w for w in re.findall(r"\w+", after) if content_words(w, without=noise)]
