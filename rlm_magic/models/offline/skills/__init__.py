"""The table of skills: which words of a question lead to which plan. The first match wins."""

import re
from collections.abc import Callable
from typing import NamedTuple

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.skills import (
    classify,
    count,
    definition,
    grep,
    hops,
    inherit,
    ladder,
    needle,
    pairs,
    peek,
    report,
    sizes,
    summarise,
)
from rlm_magic.models.offline.steps import Plan
from rlm_magic.models.offline.task import Task

__all__ = ["SKILLS", "Skill", "choose_skill"]

CANNOT = (
    r"^\W*(?:please |can you |could you )*(?:translate|plot|draw|predict|forecast|train|fix"
    r"|refactor|prove|explain why|invent|paint|rewrite|improve|optimi[sz]e)\b"
    r"|\b(?:poem|haiku|essay|story|song|joke|opinion)\b|\b(?:who|what) are you\b|\bcan you do\b"
)
MADE = r"\b(?:write|make|build|create|produce|generate|compile|prepare|give|draw up)\b"
LISTING = r"\b(?:index|table|report|listing|list|catalog(?:ue)?|overview|inventory|glossary)\b"
MENTION = (
    r"\b(?:mention|contain|match|include|grep|search|occur|appear|regex|imports?\b|starting with)"
)
LINK = (
    r"\bthe (?!number|sum|total|average|mean|count|list)\w+(?: \w+)?"
    r" of the \w+(?: \w+)? (?:of|wh)"
)
DEFINED = r"\b(?:defin|declar|implement|assigned)\w*"


class Skill(NamedTuple):
    """An intent, the kind of variable that it wants, and the plan that serves it."""

    name: str
    intent: str
    wants: str
    plan: Callable[[Task, Data], Plan]


# fmt: off
SKILLS = (
    Skill("classify", r"\b(?:classif|categori[sz]|label\b|tag (?:each|every|all))|\b(?:sort|group|divide|split|assign|put)\b.*\binto\b.*(?:,| or )|\b(?:is|are) (?:each|every)\b.* or ", "rows", classify.plan),  # noqa: E501
    Skill("pairs", r"\bpairs?\b|\bduplicat|\bidentical\b|\bshar\w+ the same\b|\bsame \w+ as (?:an)?other", "rows", pairs.plan),  # noqa: E501
    Skill("summarise", r"\bsummar|\bgist\b|\btl;?dr\b|\bmain points\b", "text", summarise.plan),
    Skill("inherit", r"\b(?:inherit|base class|superclass|parent class|ancestor|subclass|derive[sd]? from|mro\b)", "source", inherit.plan),  # noqa: E501
    Skill("source report", rf"(?:{MADE}.*{LISTING}|\bone line\b).*\b(?:function|class|method)", "source", report.plan),  # noqa: E501
    Skill("report", rf"{MADE}.*{LISTING}|\bone line (?:for|per|each)\b|\ba line (?:for|per) ", "rows", report.plan),  # noqa: E501
    Skill("describe", r"\bwhat(?:'s| is| are)? (?:there )?in\b|\bwhat do(?:es)? .* (?:contain|hold|look like)|^\W*(?:describe|peek|look at)\b|\bstructure of\b", "any", peek.plan),  # noqa: E501
    Skill("count text", rf"\b(?:how many|count|number of)\b.*(?:{MENTION}|\blines\b|\bwords\b|\boccurrence)", "text", count.plan),  # noqa: E501
    Skill("sizes", r"\bhow many (?:rows|entries|records|items)\b.*\b(?:each|every|both)\b(?: of (?:them|these|the \w+))?(?: (?:table|(?:data)?frame|variable|dataset))?\W*$", "all", sizes.plan),  # noqa: E501
    Skill("ladder", r"\b(?:top(?:most)?|ultimate|highest)\b.*\b(?:above|over)\b|\b(?:up to the top|all the way up|(?:management|reporting) (?:chain|line))\b|\bchain of (?:command|managers)\b", "rows", ladder.plan),  # noqa: E501
    Skill("links", rf"{LINK}|\w['’]s \w+['’]s \w|\bthe \w+(?: \w+)? of [A-Z][\w ]*['’]s \w", "rows", hops.plan),  # noqa: E501
    Skill("count", r"\b(?:how many|how often|number of|count|average|mean|median|total|sum|most|least|fewest|highest|lowest|largest|smallest|biggest|longest|shortest|maximum|minimum|cheapest|top \w+|often|common|frequent(?:ly)?|best|worst|rarest|latest|newest|most recent|earliest|oldest|youngest|(?:per|each|by) (?:day|month|year)|since when|percent(?:age)?|share|proportion)\b", "rows", count.plan),  # noqa: E501
    Skill("definition", DEFINED, "source", definition.plan),
    Skill("search", rf"{MENTION}|\bwhich (?:of the )?\w+(?: that)? {grep.VERBS}|\b(?:tickets?|entries|lines?|messages?|texts?|rows?|notes?|reviews?) (?:that |which )?(?:are |is )?{grep.VERBS}|\b(?:find|list|show)(?: me)? (?:all|every|each)\b|\blist the\b|\bwhich lines\b", "text", grep.plan),  # noqa: E501
    Skill("find a fact", r"\b(?:what|who|whom|whose|when|where|which|how)\b|\bfind\b|\bsecret\b|\bvalue\b", "any", needle.plan),  # noqa: E501
)
# fmt: on


def choose_skill(question: str) -> Skill | None:
    """The first skill whose intent the question shows; None when there is no rule for it."""
    if re.search(CANNOT, question, re.IGNORECASE):
        return None
    matches = (s for s in SKILLS if re.search(s.intent, question, re.IGNORECASE | re.DOTALL))
    return next(matches, None)
