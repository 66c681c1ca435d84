"""The sub-model role: short tasks on a text, solved by the overlap of words."""

import re

from rlm_magic.models.offline.about import SHORT
from rlm_magic.models.offline.submodel.answer import answer_question
from rlm_magic.models.offline.submodel.classify import classify
from rlm_magic.models.offline.submodel.extract import extract
from rlm_magic.models.offline.submodel.summarise import summarise

__all__ = ["answer_prompt"]

_CLASSIFY = re.compile(r"\b(?:classif|categori[sz]|label (?:each|the|this)|which of these)", re.I)
_SUMMARISE = re.compile(r"\bsummar(?:y|i[sz]e)|\btl;?dr\b", re.IGNORECASE)
_EXTRACT = re.compile(r"\bextract\b|\blist (?:all|the|every)\b", re.IGNORECASE)


def answer_prompt(prompt: str) -> str:
    """The reply to one prompt; an honest sentence when no rule fits it."""
    instruction = re.split(r"\n\s*\n|\bText:", prompt, maxsplit=1)[0][:2000]
    solvers = [
        (_CLASSIFY, classify),
        (_SUMMARISE, summarise),
        (_EXTRACT, extract),
    ]
    for pattern, solve in solvers:
        if pattern.search(instruction) and (result := solve(prompt)) is not None:
            return result
    return answer_question(prompt) or (
        f"{SHORT} As a sub-model I classify, summarise, extract, and answer questions about a"
        " text in the prompt; this prompt asks for something else."
    )
