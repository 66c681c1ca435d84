"""Words of English and of code: tokens, stems, stop words, sentences and quoted terms."""

import re
from collections.abc import Collection, Iterable

__all__ = [
    "ABOUT_VERBS",
    "all_of",
    "content_words",
    "name_stems",
    "plain_number",
    "quoted",
    "sentences",
    "stem",
    "stems",
]

_WORD = re.compile(r"[A-Za-z0-9]+")
_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]+)\"|“([^”]+)”|(?<!\w)'([^'\n]+)'(?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9])|\n+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SUFFIXES = (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

STOP_WORDS = frozenset(
    "a about all also am an and any are as at be been but by can could did do does each every for"
    " from give had has have her his how i if in into is it its just let many me more much my no"
    " not of on one only or our out please say she he show so some tell than that the their them"
    " then there these they this those to too up us use was we were what when where which who"
    " whom whose why will with would you your find look data variable text answer question"
    " according".split()
)

# Verbs between what is wanted and what it should be about: `tickets that ask for a refund`.
ABOUT_VERBS = (
    "mention contain include includes including match grep search concern concerning ask want need"
    " request regard regarding discuss talk deal complain refer speak describe relate related"
)


def stem(word: str) -> str:
    """A word without its ending: `classes` and `class`, `modules` and `module` become the same."""
    word = word.lower()
    for suffix, replacement in _SUFFIXES:
        if word.endswith(suffix) and not word.endswith("ss") and len(word) - len(suffix) >= 3:
            word = word[: len(word) - len(suffix)] + replacement
            if suffix in ("ing", "ed") and len(word) > 3 and word[-1] == word[-2] != "s":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def stems(text: str) -> list[str]:
    """The stems of all words in order."""
    return [stem(word) for word in _WORD.findall(text)]


def name_stems(name: str) -> list[str]:
    """The stems inside an identifier: `firstName` and `first_name` are `first`, `nam`."""
    return stems(_CAMEL.sub(" ", name))


def content_words(text: str, without: Collection[str] = ()) -> list[str]:
    """Stems that carry meaning, each once, in order."""
    left_out = {stem(word) for word in STOP_WORDS} | set(without)
    words = _WORD.findall(text)
    kept = (stem(w) for w in words if w.lower() not in STOP_WORDS and (len(w) > 1 or w.isdigit()))
    return list(dict.fromkeys(w for w in kept if w not in left_out))


def all_of(words: Iterable[str]) -> str:
    """The source code of a pattern for text with all of these words, in any form and order."""
    return repr("(?is)" + "".join(rf"(?=.*\b{re.escape(stem(word))})" for word in words))


def quoted(text: str, without: Iterable[str] = ()) -> list[str]:
    """The terms in backticks or quotation marks, except those named in `without`."""
    found = ("".join(groups) for groups in _QUOTED.findall(text))
    return [term for term in dict.fromkeys(found) if term not in set(without)]


def sentences(text: str) -> list[str]:
    """The sentences (or lines) of a text."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def plain_number(word: str) -> int | None:
    """`5`, `1,000` or `five` as a number."""
    digits = word.replace(",", "")
    if digits.isdigit():
        return int(digits)
    return _NUMBERS.index(word.lower()) + 1 if word.lower() in _NUMBERS else None
