"""Events as lines of JSON for a browser: without default values, their long texts shortened."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import JsonValue

from rlm_magic.events import AnyEvent, SubCallFinished, SubCallStarted

__all__ = ["full_line", "lean", "wire_line"]

E = TypeVar("E", bound=AnyEvent)

_LONGEST = 20_000
_LONGEST_PREVIEW = 120
_LONGEST_VALUE = 120  # characters of what is told about a call beside its prompt
_MOST_VALUES = 8


def wire_line(event: AnyEvent) -> bytes:
    """Return `event` as one line, texts of sub-calls cut to a preview, others to a page."""
    is_sub_call = isinstance(event, SubCallStarted | SubCallFinished)
    return full_line(lean(event), _LONGEST_PREVIEW if is_sub_call else _LONGEST)


def full_line(event: AnyEvent, longest: int | None) -> bytes:
    """Return `event` as one line; a text above `longest` characters becomes a `Cut`."""
    line = event.model_dump_json(exclude_defaults=True, context={"longest": longest})
    return f'{{"type":"{event.type}",{line[1:]}'.encode()  # the type is a default, too


def lean(event: E) -> E:
    """Return `event`; where it is a sub-call's start, with a glance at images and parameters."""
    if not isinstance(event, SubCallStarted) or not (event.images or event.parameters):
        return event
    images = tuple(image[:_LONGEST_VALUE] for image in event.images[:_MOST_VALUES])
    chosen = list(event.parameters.items())[:_MOST_VALUES]
    parameters = {name[:_LONGEST_VALUE]: _glance(value) for name, value in chosen}
    return event.model_copy(update={"images": images, "parameters": parameters})


def _glance(value: JsonValue) -> JsonValue:
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
