"""How the builtin containers are walked and bracketed, always by the base class's own methods."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from rlm_magic.workspace.preview.inspection import (
    bases_of,
    class_attribute,
    stored_fields,
    type_name,
)

__all__ = ["SHAPES", "Shape", "fields_of", "fields_shape"]

_SORTED = 1_000  # a set of texts up to this size is shown in order

Take = Callable[[Any, int], list[Any]]


class Shape(NamedTuple):
    """A container: its brackets, its size, and how to take entries from its start and end."""

    opening: str
    closing: str
    size: Callable[[Any], int]
    first: Take
    last: Take | None
    pairs: bool = False
    is_record: bool = False
    empty: str = ""


def _items(kind: Any, opening: str, closing: str, empty: str = "") -> Shape:
    def first(value: Any, count: int) -> list[Any]:
        return list(islice(kind.__iter__(value), count))

    def last(value: Any, count: int) -> list[Any]:
        return list(islice(kind.__reversed__(value), count))

    reverses = hasattr(kind, "__reversed__")
    empty = empty or opening + closing
    return Shape(opening, closing, kind.__len__, first, last if reverses else None, empty=empty)


def _sequence(kind: Any, opening: str, closing: str) -> Shape:
    def first(value: Any, count: int) -> list[Any]:
        return list(kind.__getitem__(value, slice(0, count)))

    def last(value: Any, count: int) -> list[Any]:
        size = kind.__len__(value)
        return list(kind.__getitem__(value, slice(max(size - count, 0), size)))[::-1]

    return Shape(opening, closing, kind.__len__, first, last, empty=opening + closing)


def _set(kind: Any, opening: str, closing: str) -> Shape:
    def first(value: Any, count: int) -> list[Any]:
        size = kind.__len__(value)
        items = list(islice(kind.__iter__(value), size if size <= _SORTED else count))
        if all(type(item) is str for item in items):
            items.sort()
        return items[:count]

    return Shape(opening, closing, kind.__len__, first, None, empty=f"{kind.__name__}()")


def _mapping(kind: Any, opening: str = "{", closing: str = "}") -> Shape:
    def first(value: Any, count: int) -> list[Any]:
        return list(islice(kind.items(value), count))

    def last(value: Any, count: int) -> list[Any]:
        return list(islice(reversed(kind.items(value)), count))

    return Shape(opening, closing, kind.__len__, first, last, pairs=True, empty=opening + closing)


def _view(kind: Any) -> Shape:
    return _items(kind, f"{kind.__name__}([", "])")


SHAPES: dict[type, Shape] = {
    list: _sequence(list, "[", "]"),
    tuple: _sequence(tuple, "(", ")"),
    dict: _mapping(dict),
    OrderedDict: _mapping(OrderedDict, "OrderedDict({", "})"),
    defaultdict: _mapping(dict, "defaultdict({", "})"),
    Counter: _mapping(dict, "Counter({", "})"),
    MappingProxyType: _mapping(MappingProxyType, "mappingproxy({", "})"),
    set: _set(set, "{", "}"),
    frozenset: _set(frozenset, "frozenset({", "})"),
    deque: _items(deque, "deque([", "])"),
    type({}.keys()): _view(type({}.keys())),
    type({}.values()): _view(type({}.values())),
    type({}.items()): _view(type({}.items())),
}


def fields_of(value: Any) -> list[tuple[str, Any]] | None:
    """The fields of a named tuple, a dataclass or a pydantic model; None for anything else.

    Without those that are declared with `repr=False`: they are not to be shown.
    """
    if any(base is tuple for base in bases_of(value)):
        names = class_attribute(value, "_fields")
        return list(zip(names, tuple.__iter__(value), strict=False)) if _are_names(names) else None
    declared = class_attribute(value, "__pydantic_fields__")
    if type(declared) is not dict:
        declared = class_attribute(value, "__dataclass_fields__")
    if type(declared) is not dict or not _are_names(tuple(declared)):
        return None
    stored = stored_fields(value)
    return [
        (name, stored[name])
        for name, field in list(declared.items())
        if name in stored and getattr(field, "repr", True) is not False
    ]


def _are_names(names: object) -> bool:
    return type(names) is tuple and all(type(name) is str for name in names)


def fields_shape(value: object) -> Shape | None:
    """How a value with declared fields is written: `Name(field=value)`."""
    shown = fields_of(value)
    if shown is None:
        return None
    opening = type_name(type(value)).rpartition(".")[2] + "("
    return Shape(
        opening,
        ")",
        size=lambda _: len(shown),
        first=lambda _, count: shown[:count],
        last=None,
        pairs=True,
        is_record=True,
        empty=opening + ")",
    )
