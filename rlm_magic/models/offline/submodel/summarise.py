"""An extractive summary: the sentences whose words occur most, in their own order."""

import re
from collections import Counter

from rlm_magic.models.offline.submodel.parts import split_prompt
from rlm_magic.models.offline.words import content_words, plain_number, sentences

__all__ = ["summarise"]

LONGEST = 300_000


def summarise(prompt: str) -> str | None:
    """As many sentences as the instruction asks for, three if it does not say."""
    instruction, text = split_prompt(prompt)
    if not text:
        return None
    asked = re.search(r"\b(\w+) (?:sentence|line|bullet|point)", instruction, re.IGNORECASE)
    number = (plain_number(asked[1]) if asked else None) or (1 if asked else 3)
    parts = list(dict.fromkeys(sentences(text[:LONGEST])))
    if len(parts) <= number:
        return " ".join(parts)
    words = [content_words(part) for part in parts]
    frequency = Counter(word for part in words for word in part)

    def weight(index: int) -> float:
        return sum(frequency[word] for word in words[index]) / (len(words[index]) + 3)

    best = sorted(sorted(range(len(parts)), key=lambda i: -weight(i))[:number])
    return " ".join(parts[index] for index in best)
