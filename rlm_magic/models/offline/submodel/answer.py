"""Answers a question about a text with the sentence of the text that fits it best."""

import re
from collections import Counter

from rlm_magic.models.offline.submodel.parts import split_prompt
from rlm_magic.models.offline.words import content_words, quoted, sentences

__all__ = ["answer_question"]

NO_ANSWER = "The text does not say."
_QUESTION = re.compile(r"(?im)^\s*question\s*:\s*(.+)$")
_ASKS = re.compile(
    r"\?|^\W*(?:what|who|whom|which|when|where|why|how|is|are|does|do|did|was)\b",
    re.IGNORECASE | re.MULTILINE,
)
_YES_NO = re.compile(
    r"^\W*(?:is|are|does|do|did|was|were|has|have|can)\b|\byes or no\b", re.IGNORECASE
)
_WANTS = {
    r"\b(?:number|code|pin|how many|how much|price|cost|amount|year)\b": r"\d",
    r"\bwhen\b|\bdate\b|\byear\b": r"\b\d{4}\b|\b\d{1,2}[./:-]\d",
    r"\bwho\b|\bwhom\b": r"\b[A-Z]\w+ [A-Z]\w+",
    r"\be-?mail\b": r"@",
}


def answer_question(prompt: str) -> str | None:
    """A sentence of the text, yes or no, or that the text does not say; None without a question."""
    instruction, text = split_prompt(prompt)
    stated = _QUESTION.search(prompt)
    question = stated[1] if stated else instruction
    if stated and stated[0] in text:
        text = text.replace(stated[0], "")
    if not text or not (stated or _ASKS.search(question)):
        return None
    asked = set(content_words(question)) | {t.lower() for t in quoted(question)}
    if _YES_NO.search(question):
        held = [w for w in asked if w in text.lower()]
        return "yes" if asked and len(held) == len(asked) else "no"
    return _best_sentence(question, asked, text)


def _best_sentence(question: str, asked: set[str], text: str) -> str:
    parts = list(dict.fromkeys(sentences(text)))
    spread = Counter(word for part in parts for word in asked & _words(part))
    wanted = [shape for words, shape in _WANTS.items() if re.search(words, question, re.I)]

    def fit(part: str) -> float:
        shared = asked & _words(part)
        shape = 0.5 * sum(bool(re.search(s, part)) for s in wanted) if shared else 0.0
        return sum(1 + 1 / spread[word] for word in shared) + shape

    best = max(parts, key=fit, default="")
    has_shape = any(re.search(shape, best) for shape in wanted)
    enough = len(asked & _words(best)) >= min(2, len(asked)) - has_shape
    return best if asked & _words(best) and enough else NO_ANSWER


def _words(part: str) -> set[str]:
    return set(content_words(part)) | {w.lower() for w in re.findall(r"[\w.@-]+", part)}
