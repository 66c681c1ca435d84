"""Finds what describes a value, and asks it line by line; whatever happens, there is an answer."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from rlm_magic.workspace.describe.wording import tidy
from rlm_magic.workspace.preview.inspection import (
    attempt,
    bases_of,
    class_attribute,
    loaded,
    qualified_name,
    type_name,
)

__all__ = ["Describer", "Family", "describe", "details_within", "family_of", "lines_of", "register"]

Describer = Callable[[Any], Iterator[str]]
F = TypeVar("F", bound=Describer)

_LONGEST_HEADLINE = 240
_LONGEST_DETAIL = 600
_MOST_DETAILS = 40
_WORTHWHILE = 48  # a detail that is cut shorter than this is left out
_MARGIN = "\n    "


class Family(NamedTuple):
    """Values of a base class, and what describes them."""

    base: type
    describer: Describer
    is_data: bool


_BY_TYPE: dict[int, Family] = {}  # by identity: a metaclass may define == and hash()
_BY_NAME: dict[str, dict[str, tuple[Describer, bool]]] = {}  # package: name: how


def register(kind: type | str, *, data: bool = False) -> Callable[[F], F]:
    """Let the decorated generator function describe the values of a class and its subclasses.

    It yields the headline, then the details. A class of a library that may not be installed is
    given by name: as it was defined, `"pandas.core.frame.DataFrame"`, or as the same package
    exports it, `"pandas.DataFrame"`. `data` values get their details first when room is short.
    """

    def add(describer: F) -> F:
        if isinstance(kind, str):
            _BY_NAME.setdefault(kind.partition(".")[0], {})[kind] = (describer, data)
        else:
            _BY_TYPE[id(kind)] = Family(kind, describer, data)
        return describer

    return add


def family_of(value: object) -> Family:
    """The family of the nearest base class that has one."""
    for base in bases_of(value):
        family = _BY_TYPE.get(id(base)) or _named_family(base)
        if family is not None:
            return family
    return _BY_TYPE[id(object)]


def _named_family(base: type) -> Family | None:
    name = qualified_name(base)
    for wanted, (describer, is_data) in _BY_NAME.get(name.partition(".")[0], {}).items():
        module, _, attribute = wanted.rpartition(".")
        if name == wanted or loaded(module, attribute) is base:
            return Family(base, describer, is_data)
    return None


def describe(value: object, *, budget: int = 1_200) -> str:
    """Describe a value: a headline, and details on further lines while they fit the budget."""
    lines = lines_of(value)
    headline = tidy(next(lines), min(budget, _LONGEST_HEADLINE))
    return headline + details_within(lines, budget - len(headline))


def details_within(lines: Iterator[str], room: int) -> str:
    """Take details from what `lines_of` gives, as indented lines, while there is room."""
    text = ""
    for line in islice(lines, _MOST_DETAILS):
        left = room - len(text) - len(_MARGIN)
        if left < min(_WORTHWHILE, len(line)):
            break
        text += _MARGIN + tidy(line, left)
    return text


def lines_of(value: object) -> Iterator[str]:
    """Yield the headline of a value and then its details, each computed when it is asked for."""
    for describer in (_own_words, family_of(value).describer, _by_type):
        lines = attempt(partial(describer, value), None)
        headline = _next(lines)
        if headline:
            yield tidy(headline, _LONGEST_HEADLINE)
            while detail := _next(lines):
                yield tidy(detail, _LONGEST_DETAIL)
            return


def _next(lines: Iterator[str] | None) -> str:
    line = attempt(lambda: next(lines or iter(()), ""), "")
    return line if type(line) is str else ""


def _own_words(value: object) -> Iterator[str]:
    """What the method `_repr_llm_` of a value says, if its class has one."""
    method = class_attribute(value, "_repr_llm_")
    if method is None:
        return
    told = method.__get__(value, type(value))()
    text = str.__getitem__(told, slice(0, _MOST_DETAILS * _LONGEST_DETAIL))  # raises if no text
    first, *rest = text.strip().splitlines() or [""]
    if first:
        yield f"{type_name(type(value))} — {first}"
        yield from (line for line in rest if line.strip())


def _by_type(value: object) -> Iterator[str]:
    yield type_name(type(value))
