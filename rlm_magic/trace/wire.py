"""Events as lines of JSON for a browser: without default values, their long texts shortened."""

from __future__ import annotations

from rlm_magic.events import AnyEvent, SubCallFinished, SubCallStarted

__all__ = ["full_line", "wire_line"]

_LONGEST = 20_000
_LONGEST_PREVIEW = 120


def wire_line(event: AnyEvent) -> bytes:
    """Return `event` as one line, texts of sub-calls cut to a preview, others to a page."""
    is_sub_call = isinstance(event, SubCallStarted | SubCallFinished)
    return full_line(event, _LONGEST_PREVIEW if is_sub_call else _LONGEST)


def full_line(event: AnyEvent, longest: int | None) -> bytes:
    """Return `event` as one line; a text above `longest` characters becomes a `Cut`."""
    line = event.model_dump_json(exclude_defaults=True, context={"longest": longest})
    return f'{{"type":"{event.type}",{line[1:]}'.encode()  # the type is a default, too
