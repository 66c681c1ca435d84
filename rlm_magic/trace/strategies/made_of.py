"""What a value in generated code is made of: the data, a part of it, a sub-model's reply."""

from __future__ import annotations

import re
from enum import Flag, auto

__all__ = ["ANSWERS", "PIECES", "SOURCE", "TEXT", "Of", "of_literal", "one", "several"]


class Of(Flag):
    """What a value is made of."""

    NOTHING = 0
    DATA = auto()  # all of the data, or a view of it
    ITEM = auto()  # an element of it, met in a loop over it
    PART = auto()  # a slice of it
    SIZE = auto()  # its length, type, shape or names
    COMPUTED = auto()
    SEVERAL = auto()  # a list of what the other flags say of data
    REPLY = auto()
    REPLIES = auto()
    GROUPS = auto()  # a list of lists of replies
    WORDS = auto()  # literal text
    CHECK = auto()  # literal text that asks whether something is right
    ASKS = auto()  # a function that asks a sub-model
    BATCH = auto()  # … with a list of prompts


PIECES = Of.ITEM | Of.PART
SOURCE = Of.DATA | PIECES
ANSWERS = Of.REPLY | Of.REPLIES
TEXT = SOURCE | Of.COMPUTED | ANSWERS | Of.SEVERAL | Of.GROUPS | Of.CHECK

_WORD = re.compile(r"\w")
_CHECK = re.compile(
    r"\b(?:verify|double[- ]?check|fact[- ]?check|cross[- ]?check|confirm|validate|"
    r"(?:is|are) (?:this|that|it|these|the (?:\w+ )?(?:answer|claim|result|summary)) "
    r"(?:\w+ )?(?:correct|right|true|supported|accurate))\b",
    re.IGNORECASE,
)


def of_literal(text: str) -> Of:
    """Return what a literal text is made of."""
    words = Of.WORDS if _WORD.search(text) else Of.NOTHING
    return words | (Of.CHECK if _CHECK.search(text) else Of.NOTHING)


def several(made_of: Of) -> Of:
    """Return what a list is made of whose elements are made of `made_of`."""
    result = made_of | (Of.SEVERAL if made_of & (SOURCE | Of.COMPUTED) else Of.NOTHING)
    if Of.REPLIES in made_of:
        result |= Of.GROUPS
    return (result & ~Of.REPLY) | Of.REPLIES if Of.REPLY in made_of else result


def one(made_of: Of) -> Of:
    """Return what an element is made of, of a collection that is made of `made_of`."""
    result = made_of & ~(Of.SEVERAL | Of.GROUPS)
    if Of.SEVERAL not in made_of and Of.DATA in made_of:
        result = (result & ~Of.DATA) | Of.ITEM
    if Of.GROUPS not in made_of and Of.REPLIES in made_of:
        result = (result & ~Of.REPLIES) | Of.REPLY
    return result
