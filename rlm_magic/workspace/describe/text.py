"""Describes text and bytes."""

from collections.abc import Iterator

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance
from rlm_magic.workspace.preview.inspection import type_name

_PREVIEW = 120


@register(str, data=True)
def describe_str(value: str) -> Iterator[str]:
    """`str, 12 characters`, and how it begins."""
    yield f"{type_name(type(value))}, {counted(str.__len__(value), 'character')}"
    yield f"preview: {glance(value, _PREVIEW)}"


@register(bytes, data=True)
@register(bytearray, data=True)
def describe_bytes(value: bytes | bytearray) -> Iterator[str]:
    """`bytes, 12 bytes`, and how they begin."""
    size = bytes.__len__(value) if issubclass(type(value), bytes) else bytearray.__len__(value)  # type: ignore[arg-type]
    yield f"{type_name(type(value))}, {counted(size, 'byte')}"
    yield f"preview: {glance(value, _PREVIEW)}"


@register(memoryview, data=True)
def describe_memoryview(value: memoryview) -> Iterator[str]:
    """`memoryview, 12 bytes`, its shape and format; its bytes only if they are in one row."""
    yield f"memoryview, {counted(value.nbytes, 'byte')}, format {value.format}"
    if value.ndim == 1 and value.format == "B":
        yield f"preview: {glance(bytes(value[:_PREVIEW]), _PREVIEW)}"
