"""Describes objects with fields, generators, and whatever has no family of its own."""

import sys
from collections.abc import Iterator
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    WrapperDescriptorType,
)
from typing import Any

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance, label, listed
from rlm_magic.workspace.preview.inspection import (
    attempt,
    class_attribute,
    module_of,
    stored_fields,
    type_name,
)
from rlm_magic.workspace.preview.shapes import fields_of

_PREVIEW = 240


@register(object)
def describe_object(value: Any) -> Iterator[str]:
    """`sqlite3.Connection`; its size if that is free, the types of its attributes."""
    declared = fields_of(value)
    if declared is not None:
        kind = "dataclass" if class_attribute(value, "__dataclass_fields__") else "pydantic model"
        yield f"{type_name(type(value))}, a {kind}"
        yield f"fields: {_typed(declared)}"
        yield f"preview: {glance(value, _PREVIEW)}"
        return
    size = _free_size(value)
    iterates = type(class_attribute(value, "__next__")) in (FunctionType, WrapperDescriptorType)
    yield (
        type_name(type(value))
        + ("" if size is None else f", {counted(size, 'item')}")
        + (", an iterator, not consumed" if iterates else "")
    )
    public = [(name, v) for name, v in stored_fields(value).items() if not name.startswith("_")]
    if public:
        yield f"attributes: {_typed(public)}"


@register(GeneratorType)
@register(AsyncGeneratorType)
@register(CoroutineType)
def describe_generator(value: Any) -> Iterator[str]:
    """`generator lines_of, not consumed`."""
    consumed = "not awaited" if type(value) is CoroutineType else "not consumed"
    yield f"{type_name(type(value))} {value.__qualname__}, {consumed}"


def _typed(fields: list[tuple[str, Any]]) -> str:
    told = (f"{label(name)} ({type_name(type(held))})" for name, held in fields)
    return listed(told, len(fields), 240)


def _free_size(value: Any) -> int | None:
    """The length of a C type of the standard library; others may run a query to find theirs."""
    length = class_attribute(value, "__len__")
    if type(length) is not WrapperDescriptorType:
        return None
    package = module_of(length.__objclass__).partition(".")[0]
    if package == "weakref" or package not in sys.stdlib_module_names:
        return None  # a proxy asks what it stands for
    return attempt(lambda: int(length(value)), None)
