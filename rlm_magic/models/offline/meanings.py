"""What words of a question may mean on rows: the fields they stand for, and the words left over."""

import re
from collections.abc import Collection, Iterable, Sequence

from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.words import content_words, name_stems, plain_number, stem, stems

__all__ = [
    "PERIODS",
    "date_field",
    "entry_nouns",
    "fields_called",
    "has_generic_name",
    "is_additive",
    "is_negation",
    "left_over",
    "meant_by",
]

# Words of a question, and the fields that they may mean when no field is called like them.
_MEANINGS = {
    "problem issue complaint trouble": (
        "problem issue complaint subject category topic type reason text"
    ),
    "sell sold": "quantity qty units sold sales amount revenue turnover",
    "bought buy": "quantity qty units amount",
    "earn paid": "salary wage income pay earnings",
    "cheapest expensive": "price cost",
    "oldest youngest old": "age",
    "longest shortest long": "duration characters length hours minutes lines",
    "customer client buyer": "customer client buyer",
    "who": "name author customer client user person employee reporter email",
}
PERIODS = {"day": "[:10]", "date": "[:10]", "daily": "[:10]", "month": "[:7]", "monthly": "[:7]",
           "year": "[:4]", "yearly": "[:4]", "annually": "[:4]"}  # fmt: skip
_NOT_ADDITIVE = frozenset(
    stems("price salary wage age rating score temperature rate percent share height weight year")
)
_ENTRY_NOUNS = "row rows record records entry entries item items line lines text texts"
_VOCABULARY = f"""
    {_ENTRY_NOUNS} count number total sum average mean median altogether overall all different
    distinct unique many often common commonly frequent frequently most least fewest highest lowest
    largest smallest biggest longest shortest greatest maximum minimum max min cheapest expensive
    best worst top oldest youngest come came up occur happen appear report reported exist made hold
    define defined per by each every across support currently sold sell value whole dataset
    table data list name created work works belong percent percentage share proportion
"""
# Words that only a query about dates explains.
_DATED = (
    f"since start when date {' '.join(PERIODS)} opened first last latest newest earliest recent"
)
_NEGATIONS = frozenset("no not without never except neither nor isn aren don doesn didn".split())
_GENERIC_NAMES = frozenset("df data frame table records rows items entries context values".split())
_PREFERRED_DATES = ("created", "opened", "reported", "date", "time", "timestamp", "day")


def fields_called(text: str, fields: Sequence[Field]) -> list[Field]:
    """The fields that the first noun of a text means: the one called so, else all it may mean."""
    words = re.findall(r"\w+", text.lower())[:6]
    known = set(stems(_VOCABULARY))
    for place, word in enumerate(words):
        exact = [
            field
            for field in fields
            if name_stems(field.name) == stems(" ".join(words[place:]))[: len(_parts(field))]
        ]
        if exact:
            return [max(exact, key=lambda field: len(_parts(field)))]
        if meant := meant_by(word, fields):
            return meant
        if content_words(word) and stem(word) not in known and plain_number(word) is None:
            break
    return []


def _parts(field: Field) -> list[str]:
    return name_stems(field.name)


def meant_by(text: str, fields: Sequence[Field]) -> list[Field]:
    """The fields that the words of a text may mean without naming them."""
    said = set(stems(text))
    for words, names in _MEANINGS.items():
        if said & set(stems(words)):
            return [f for n in names.split() for f in fields if stem(n) in name_stems(f.name)][:2]
    return []


def is_additive(field: Field) -> bool:
    """Whether it makes sense to add the values up."""
    return not set(name_stems(field.name)) & _NOT_ADDITIVE


def date_field(text: str, fields: Sequence[Field]) -> Field | None:
    """The field with dates that a text means: the one it names, the usual one, the only one."""
    dates = [f for f in fields if f.is_date]
    said = set(stems(text))
    named = [f for f in dates if said & set(name_stems(f.name))]
    usual = [f for n in _PREFERRED_DATES for f in dates if stem(n) in name_stems(f.name)]
    return next(iter(named or usual or dates[:1]), None)


def entry_nouns(data: Data) -> set[str]:
    """The words that stand for the entries: general ones, and what the variable is called."""
    names = set(name_stems(data.name))
    return set(stems(_ENTRY_NOUNS)) | names | ({"person"} if stem("people") in names else set())


def has_generic_name(data: Data) -> bool:
    """Whether the variable is called so that any noun may stand for its entries."""
    return len(data.name) < 3 or data.name in _GENERIC_NAMES


def left_over(
    text: str, used: Iterable[Field], data: Data, also_known: Collection[str]
) -> list[str]:
    """The words of a text that neither the used fields nor the known words explain."""
    used = list(used)
    known = set(stems(_VOCABULARY)) | entry_nouns(data) | set(also_known)
    known |= {part for field in used for part in name_stems(field.name)}
    if any(field.is_date for field in used):
        known |= set(stems(_DATED))
    words = dict.fromkeys(re.findall(r"\w+", text))
    telling = [w for w in words if is_negation(w) or (content_words(w) and not plain_number(w))]
    return [w for w in telling if stem(w) not in known and not set(meant_by(w, used))]


def is_negation(word: str) -> bool:
    """Whether a word turns what it stands by into its opposite."""
    return word.lower() in _NEGATIONS
