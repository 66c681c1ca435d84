"""The words that descriptions are made of: counts, labels, bounded lists, escaped previews."""

from collections.abc import Iterable
from typing import Any

from rlm_magic.workspace.preview import clip, preview, printable
from rlm_magic.workspace.preview.inspection import type_name

__all__ = ["common_type", "counted", "glance", "label", "listed", "tidy"]

_PLURALS = {"entry": "entries"}
_AWKWARD = frozenset(",;:()'\"`\\")  # in a bare name they would read as punctuation


def tidy(text: str, limit: int) -> str:
    """Keep a text from the data on its line, free of backticks, and within a limit."""
    return clip(printable(clip(text, limit)).replace("`", "\\x60"), limit)


def counted(count: int, noun: str) -> str:
    """`1 item`, `1,790 entries`."""
    plural = _PLURALS.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else plural}"


def glance(value: object, limit: int = 60) -> str:
    """A preview that is fit for a line of a description."""
    text = preview(value, limit)
    extra = 3 * text.count("`")
    if extra and len(text) + extra > limit:
        text = preview(value, max(limit - extra, limit // 3))
    return tidy(text, limit)


def label(name: object) -> str:
    """A column or key as it is shown: bare if it is a plain name, else quoted."""
    if type(name) is not str or not 0 < len(name) <= 60 or not name.isprintable():
        return glance(name)
    return glance(name) if _AWKWARD & set(name) or name != name.strip() else name


def listed(texts: Iterable[str], total: int, room: int = 400, separator: str = ", ") -> str:
    """Join texts while there is room, then say how many more there are."""
    shown: list[str] = []
    for text in texts:
        room -= len(text) + 2
        if room < 0 and shown:
            break
        shown.append(text)
    left = total - len(shown)
    return separator.join([*shown, f"… {left:,} more"] if left > 0 else shown)


def common_type(values: Iterable[Any]) -> str | None:
    """The name of the type that all the values have, None if they differ or there are none."""
    types = {id(type(value)): type(value) for value in values}
    return type_name(next(iter(types.values()))) if len(types) == 1 else None
