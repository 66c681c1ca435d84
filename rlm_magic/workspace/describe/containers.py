"""Describes lists, tuples, dictionaries, sets and their kin, from bounded samples."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from rlm_magic.workspace.describe.registry import lines_of, register
from rlm_magic.workspace.describe.samples import Sample, characters, record_keys, sample_of
from rlm_magic.workspace.describe.wording import common_type, counted, glance, listed, tidy
from rlm_magic.workspace.preview.glimpse import glimpse
from rlm_magic.workspace.preview.inspection import type_name
from rlm_magic.workspace.preview.shapes import fields_of

_PREVIEW = 240
_TEXT_PREVIEW = 120


@register(dict, data=True)
@register(OrderedDict, data=True)
@register(defaultdict, data=True)
@register(Counter, data=True)
@register(MappingProxyType, data=True)
def describe_mapping(value: Any) -> Iterator[str]:
    """`dict[str, str], 1,790 entries, 31,525,224 characters in values`, keys, the first value."""
    sample = sample_of(value)
    values = [entry for _, entry in sample.entries]
    kind, length = _kind_and_length(sample, values)
    keys = common_type(key for key, _ in sample.entries)
    inside = f"[{keys}, {kind}]" if keys and kind else ""
    yield f"{_called(sample, inside)}, {counted(sample.total, 'entry')}" + (
        f", {length} in values" if length else ""
    )
    if not values:
        return
    yield f"keys: {listed((glance(key) for key, _ in sample.first), sample.total)}"
    if kind == "dict":
        yield record_keys(values, sample.total)
    if kind is None:
        yield f"values: {_one_by_one(sample)}"
    else:
        yield f"first value: {glance(values[0], _TEXT_PREVIEW if kind == 'str' else _PREVIEW)}"


@register(list, data=True)
@register(tuple, data=True)
@register(set, data=True)
@register(frozenset, data=True)
@register(deque, data=True)
@register(type({}.keys()), data=True)
@register(type({}.values()), data=True)
@register(type({}.items()), data=True)
def describe_items(value: Any) -> Iterator[str]:
    """`list[str], 3 items, 11 characters`, the keys of records, the first few items."""
    if fields_of(value) is not None:
        yield f"{type_name(type(value))}, a named tuple"
        yield f"preview: {glance(value, _PREVIEW)}"
        return
    sample = sample_of(value)
    kind, length = _kind_and_length(sample, sample.entries)
    counts = counted(sample.total, "item") + (f", {length}" if length else "")
    yield f"{_called(sample, f'[{kind}]' if kind else '')}, {counts}"
    if kind == "dict":
        yield record_keys(sample.entries, sample.total)
        yield f"first value: {glance(sample.entries[0], _PREVIEW)}"
    elif sample.total:
        yield f"preview: {glance(value, _PREVIEW)}"


@register(range)
def describe_range(value: range) -> Iterator[str]:
    """`range(0, 10), 10 items`."""
    size = max(0, -((value.start - value.stop) // value.step))
    yield f"{glimpse(value)}, {counted(size, 'item')}"


def _kind_and_length(sample: Sample, values: list[Any]) -> tuple[str | None, str | None]:
    """The type that all values have, as far as the sample tells; of texts also their length."""
    kind = common_type(values)
    if kind != "str":
        return kind, None
    length = characters(sample)
    return (kind, length) if length else (None, None)


def _called(sample: Sample, inside: str) -> str:
    """`dict[str, int]`; a subclass is `Config (a dict[str, int])`."""
    own, base = type(sample.value), type_name(sample.kind)
    return base + inside if own is sample.kind else f"{type_name(own)} (a {base}{inside})"


def _one_by_one(sample: Sample) -> str:
    """The headlines of the first values of a mapping that holds all sorts."""
    told = (f"{glance(key, 40)}: {tidy(next(lines_of(entry)), 80)}" for key, entry in sample.first)
    return listed(told, sample.total, separator="; ")
