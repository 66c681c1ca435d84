"""Describes NumPy arrays."""

from collections.abc import Iterator
from typing import Any

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import counted, glance, listed
from rlm_magic.workspace.preview.inspection import loaded, type_name

_SHOWN = 20


@register("numpy.ndarray", data=True)
def describe_array(value: Any) -> Iterator[str]:
    """`numpy.ndarray, shape (1000, 3), float64, 24,000 bytes`, and the first values."""
    ndarray = loaded("numpy", "ndarray")
    shape, dtype, size, nbytes, flat = (
        getattr(ndarray, name).__get__(value)
        for name in ("shape", "dtype", "size", "nbytes", "flat")
    )
    yield f"{type_name(type(value))}, shape {shape}, {dtype}, {counted(nbytes, 'byte')}"
    if dtype.names:
        fields = (f"{glance(name)} ({dtype[name]})" for name in dtype.names)
        yield f"fields: {listed(fields, len(dtype.names))}"
    if size:
        yield f"head: {listed((glance(flat[i]) for i in range(min(size, _SHOWN))), size, 160)}"
