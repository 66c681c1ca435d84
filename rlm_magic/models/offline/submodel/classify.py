"""A lexical classifier: a text gets the label whose words, hints and topic words it shares most."""

import re
from collections import Counter

from rlm_magic.models.offline.submodel.lexicon import topic_stems
from rlm_magic.models.offline.submodel.parts import split_prompt
from rlm_magic.models.offline.words import STOP_WORDS, stem, stems

__all__ = ["classify"]

_LABELS = re.compile(
    r"\b(?:into one of|as one of|one of|into|as|labels?|classes|categories)\b"
    r"(?: the| these)?(?: labels| classes| categories)?:?\s+(.+)",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN = re.compile(
    r",\s*(?:or\s+|and\s+)?(?![^()]*\))|\s+or\s+(?![^()]*\))|\n\s*[-*]\s*"  # not within ( )
)
_ITEM = re.compile(r"^\s*(\d+)[:.)]\s?(.*)$", re.MULTILINE)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|hardly)|\w+n['’]t)\s+(?:(?:very|so|really|that|at all|a)\s+)*(\w+)", re.I
)
UNCLEAR = "unclear"
_NEITHER = ("other", "none", "unknown", "misc", "miscellaneous", "neutral", "rest", "general",
            UNCLEAR, "uncategorized", "neither")  # fmt: skip


def classify(prompt: str) -> str | None:
    """One label, or one line `N: label` for each item of a numbered list."""
    instruction, text = split_prompt(prompt)
    labels = _read_labels(instruction)
    if len(labels) < 2:
        return None
    if items := _ITEM.findall(text):
        return "\n".join(f"{number}: {_best_label(item, labels)}" for number, item in items)
    return _best_label(text, labels)


def _read_labels(instruction: str) -> dict[str, frozenset[str]]:
    """Each label with the stems that speak for it."""
    found = _LABELS.search(instruction)
    listed = re.split(r"\.\s|\.?$|\n(?!\s*[-*])", found[1])[0] if found else ""
    labels = {}
    for part in _BETWEEN.split(listed):
        if match := re.match(r"\s*([^(:]+?)\s*(?:[(:](.*?)\)?)?\s*$", part, re.DOTALL):
            name = match[1].strip("`\"'-* ")
            labels[name] = frozenset(stems(f"{name} {match[2] or ''}")) | topic_stems(name)
    return labels


def _turned(negated: re.Match[str]) -> str:
    """`not good` is bad, and `not bad` says little; other words stay."""
    word = stem(negated[1])
    if word in topic_stems("positive"):
        return "bad"
    return "" if word in topic_stems("negative") else negated[0]


def _best_label(text: str, labels: dict[str, frozenset[str]]) -> str:
    """The label with the most shared words; without any, the one for the rest, else `unclear`."""
    text = _NEGATED.sub(_turned, text)
    words = Counter(
        w
        for word in re.findall(r"\w+", text)
        if word.lower() not in STOP_WORDS
        for w in stems(word)
    )
    scores = {name: sum(min(words[w], 3) for w in said) for name, said in labels.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best]:
        return best
    return next((name for name in labels if name.lower() in _NEITHER), UNCLEAR)
