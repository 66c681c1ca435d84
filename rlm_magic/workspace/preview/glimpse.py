"""A few words for a value that is no container: a number, a date, a function, an unknown object."""

import re
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from math import log10
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    EllipsisType,
    FunctionType,
    ModuleType,
    NoneType,
    NotImplementedType,
)
from typing import Any
from uuid import UUID

from rlm_magic.workspace.preview.inspection import (
    attempt,
    bases_of,
    loaded,
    module_of,
    stored_fields,
    type_name,
)

__all__ = ["count_digits", "glimpse", "short_int"]

_LONGEST_INT = 4_000  # digits; above it str(int) is slow, and refused by default
_LARGE_DECIMAL = 2_000  # bytes
_ELEMENTS = 6


def glimpse(value: object) -> str:
    """Render a value by our own or the standard library's code, never by its own."""
    for base in bases_of(value):
        words = _WORDS.get(id(base)) or _imported_words(base)
        if words is not None:
            return attempt(partial(words, value), None) or _unknown(value)
    return _unknown(value)


def count_digits(value: Any) -> int:
    """About how many decimal digits an int has."""
    return int(int.bit_length(value) * log10(2)) + 1


def short_int(value: Any, room: int = 80) -> str:
    """Render an int in full if that is short, else its number of digits."""
    digits = count_digits(value)
    if digits <= min(room, sys.get_int_max_str_digits() or _LONGEST_INT, _LONGEST_INT):
        return int.__repr__(value)
    return f"<int of about {digits:,} digits>"


def _unknown(value: object) -> str:
    if value is not None and value is loaded("pandas", "NA"):
        return "<NA>"
    return f"<{type_name(type(value))} object>"


def _decimal(value: Decimal) -> str:
    if Decimal.__sizeof__(value) > _LARGE_DECIMAL:
        return "<Decimal of very many digits>"
    return Decimal.__repr__(value)


def _fraction(value: Any) -> str:
    parts = stored_fields(value)
    return f"Fraction({short_int(parts['_numerator'])}, {short_int(parts['_denominator'])})"


def _range(value: range) -> str:
    start, stop, step = (short_int(n) for n in (value.start, value.stop, value.step))
    return f"range({start}, {stop})" if step == "1" else f"range({start}, {stop}, {step})"


def _moment(value: Any) -> str:
    if value is loaded("pandas", "NaT"):
        return "NaT"
    if type(value) in (date, datetime, time):
        return repr(value)
    return f"{type_name(type(value)).rpartition('.')[2]}('{value.isoformat()}')"


def _path(value: PurePath) -> str:
    return f"{type_name(type(value)).rpartition('.')[2]}({PurePath.__str__(value)!r})"


def _member(value: Enum) -> str:
    return f"{type_name(type(value)).rpartition('.')[2]}.{stored_fields(value)['_name_']}"


def _pattern(value: re.Pattern[Any]) -> str:
    return f"re.compile({value.pattern[:200]!r})"


def _array(value: Any) -> str:
    ndarray = loaded("numpy", "ndarray")
    shape, dtype = ndarray.shape.__get__(value), ndarray.dtype.__get__(value)
    if dtype.kind not in "biufcmM" or not shape:
        return f"<{type_name(type(value))} {_times(shape)} {dtype}>"
    size, flat = ndarray.size.__get__(value), ndarray.flat.__get__(value)
    shown = [_scalar(flat[i]) for i in range(min(size, _ELEMENTS))] + ["…"] * (size > _ELEMENTS)
    return f"array([{', '.join(shown)}], shape={shape}, dtype={dtype})"


def _scalar(value: Any) -> str:
    kind = value.dtype.kind
    if kind in "mM":
        return str(value)
    return repr(value.item()) if kind in "biufc" and value.itemsize <= 16 else _unknown(value)


def _frame(value: Any) -> str:
    return f"<{type_name(type(value))} {_times(value.shape)}>"


def _times(shape: Any) -> str:
    return " × ".join(f"{n:,}" for n in shape) or "scalar"


Words = Callable[[Any], str]

_WORDS: dict[int, Words] = {
    id(NoneType): repr,
    id(EllipsisType): repr,
    id(NotImplementedType): repr,
    id(bool): repr,
    id(float): float.__repr__,
    id(complex): complex.__repr__,
    id(date): _moment,
    id(time): _moment,
    id(timedelta): timedelta.__repr__,
    id(Decimal): _decimal,
    id(Fraction): _fraction,
    id(Enum): _member,
    id(range): _range,
    id(PurePath): _path,
    id(re.Pattern): _pattern,
    id(UUID): UUID.__repr__,
    id(type): lambda value: f"<class {type_name(value)}>",
    id(FunctionType): lambda value: f"<function {value.__name__}>",
    id(BuiltinFunctionType): lambda value: f"<built-in {value.__name__}>",
    id(ModuleType): lambda value: f"<module {stored_fields(value)['__name__']}>",
}

_IMPORTED_WORDS: dict[str, dict[str, Words]] = {
    "numpy": {"ndarray": _array, "generic": _scalar},
    "pandas": {"DataFrame": _frame, "Series": _frame, "Index": _frame},
    "polars": {"DataFrame": _frame, "Series": _frame},
}


def _imported_words(base: type) -> Words | None:
    root = module_of(base).partition(".")[0]
    for name, words in _IMPORTED_WORDS.get(root, {}).items():
        if loaded(root, name) is base:
            return words
    return None
