"""Describes numbers, None, dates and times, members of enumerations: one line with the value."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import EllipsisType, NoneType, NotImplementedType
from typing import Any
from uuid import UUID

from rlm_magic.workspace.describe.registry import register
from rlm_magic.workspace.describe.wording import glance
from rlm_magic.workspace.preview.glimpse import count_digits
from rlm_magic.workspace.preview.inspection import type_name

_ROOM = 80


@register(int)
def describe_int(value: int) -> Iterator[str]:
    """`int = 42`; of a long one the number of digits."""
    digits = count_digits(value)
    if digits > _ROOM:
        yield f"{type_name(type(value))}, about {digits:,} digits"
    else:
        yield f"{type_name(type(value))} = {int.__repr__(value)}"


@register(bool)
@register(float)
@register(complex)
@register(Decimal)
@register(Fraction)
@register(date)
@register(time)
@register(timedelta)
@register(tzinfo)
@register(UUID)
@register(re.Pattern)
@register("numpy.generic")
def describe_scalar(value: Any) -> Iterator[str]:
    """`float = 0.5`, `datetime.date = date('2024-05-01')`."""
    yield f"{type_name(type(value))} = {glance(value, _ROOM)}"


@register(NoneType)
@register(EllipsisType)
@register(NotImplementedType)
def describe_constant(value: Any) -> Iterator[str]:
    """`None`."""
    yield repr(value)


@register(Enum)
def describe_member(value: Enum) -> Iterator[str]:
    """`enum Mode = Mode.FAST`."""
    yield f"enum {type_name(type(value))} = {glance(value, _ROOM)}"
