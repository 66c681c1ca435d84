"""Renders any value within a number of characters, for the model's eyes.

`preview` is for describing: it runs no code of the value's own. Containers, also subclasses, are
walked by the methods of their builtin base class, and an object of an unknown type is `<Corpus
object>`. `preview_output` is for the value of a cell's last expression: it is `repr(value)`, as in
any notebook, except where builtin containers would make that far longer than what is shown.
"""

import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

from rlm_magic.workspace.preview.glimpse import count_digits, glimpse, short_int
from rlm_magic.workspace.preview.inspection import attempt, bases_of, type_name
from rlm_magic.workspace.preview.shapes import SHAPES, Shape, fields_of, fields_shape

__all__ = ["clip", "preview", "preview_output", "printable"]

_ELLIPSIS = "…"
_DEPTH = 6
_STUB = 24  # an item that is cut in less room than this says nothing
_TEXT = (str, bytes, bytearray)


def clip(text: str, limit: int) -> str:
    """Cut a text at `limit` characters, the last of which then is an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + _ELLIPSIS[:limit]


def printable(text: str) -> str:
    """Escape line breaks, control characters, lone surrogates: all that would not show as such."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def preview(value: object, limit: int) -> str:
    """Render a value on one line of at most `limit` characters, running none of its code."""
    text = attempt(lambda: _Writer(_base_kind, glimpse).write(value, limit), None)
    return clip(printable(text or glimpse(value)), limit)


def preview_output(value: object, limit: int) -> str:
    """Render the value of a cell's last expression; what its own repr raises is raised.

    A text that is too long keeps its head and its tail, and states its true length.
    """
    if _outgrows(value, limit):
        shape = SHAPES.get(_repr_kind(value) or int)
        note = f" ({shape.size(value):,} items)" if shape and shape.size(value) > 1 else ""
        writer = _Writer(_repr_kind, lambda item: repr(item), tails=True)
        text = clip(writer.write(value, limit - len(note)) + note, limit)
    else:
        text = _cut_middle(repr(value), limit)
    return text.encode("utf-8", "backslashreplace").decode()


def _cut_middle(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    note = f"\n… ({len(text):,} characters, the middle is left out) …\n"
    room = limit - len(note)
    if room < 2:
        return clip(text, limit)
    tail = room // 3
    return text[: room - tail] + note + text[-tail:]


# What a value is rendered as: a builtin type, or None for "not ours to take apart".


def _base_kind(value: object) -> type | None:
    """The builtin type that a value is, or inherits from; None where its own type says more."""
    exact = _KINDS.get(id(type(value)))
    if exact is not None:
        return exact
    bases = bases_of(value)
    if any(base is bool or base is Enum for base in bases) or fields_of(value) is not None:
        return None
    return next((_KINDS[id(base)] for base in bases if id(base) in _KINDS), None)


# By identity: a metaclass may define what == and hash() of a class are.
_KINDS = {id(kind): kind for kind in (*_TEXT, int, *SHAPES)}
_KIND_BY_REPR = {id(kind.__repr__): kind for kind in _KINDS.values()}


def _repr_kind(value: object) -> type | None:
    """The builtin type whose repr a value has."""
    return _KIND_BY_REPR.get(id(type(value).__repr__))


def _outgrows(value: object, limit: int) -> bool:
    """Whether the repr is sure to be longer than `limit`, found without building it.

    Walks builtin containers only, and no further than the limit. A number too long for
    `int.__repr__` counts as outgrown too.
    """
    most_digits = sys.get_int_max_str_digits() or limit
    length = 0
    path: set[int] = set()
    todo: list[tuple[object, bool]] = [(value, False)]
    while todo and length <= limit:
        item, walked = todo.pop()
        if walked:
            path.discard(id(item))
            continue
        kind = _repr_kind(item)
        if kind in _TEXT:
            length += _length(item, kind) + 2
        elif kind is int:
            digits = count_digits(item) - 1
            if digits >= most_digits:
                return True
            length += digits
        elif kind is None or id(item) in path:
            length += 1
        else:
            shape = SHAPES[kind]
            size = shape.size(item)
            length += 2 * size
            if length > limit:
                return True
            path.add(id(item))
            todo.append((item, True))
            for entry in shape.first(item, size):
                todo += [(part, False) for part in entry] if shape.pairs else [(entry, False)]
    return length > limit


class _Writer:
    """Writes one value into a number of characters.

    `kind_of` says which builtin type a value is rendered as; what it leaves out goes to `other`.
    """

    def __init__(
        self,
        kind_of: Callable[[object], type | None],
        other: Callable[[Any], str],
        *,
        tails: bool = False,
    ) -> None:
        self._kind_of = kind_of
        self._other = other
        self._tails = tails
        self._open: list[int] = []

    def write(self, value: object, room: int) -> str:
        """Render a value in at most `room` characters."""
        kind = self._kind_of(value)
        if kind is None:
            shape = None if self._tails else fields_shape(value)
            if shape is None:
                return clip(self._other(value), room)
        elif kind in _TEXT:
            return clip(self._name(value, kind, _quote(value, kind, room, self._tails)), room)
        elif kind is int:
            return clip(short_int(value, room), room)
        else:
            shape = SHAPES[kind]
        if id(value) in self._open or len(self._open) >= _DEPTH:
            return clip(_ELLIPSIS, room)
        self._open.append(id(value))
        try:
            return clip(self._write_shape(value, kind, shape, room), room)
        finally:
            self._open.pop()

    def _name(self, value: object, kind: type | None, text: str) -> str:
        """Wrap what the base class shows in the name of a subclass."""
        if self._tails or kind is None or type(value) is kind:
            return text
        return f"{type_name(type(value)).rpartition('.')[2]}({text})"

    def _write_shape(self, value: object, kind: type | None, shape: Shape, room: int) -> str:
        total = shape.size(value)
        opening, closing = shape.opening, shape.closing
        if not total:
            return self._name(value, kind, shape.empty)
        if self._name(value, kind, ""):
            opening, closing = self._name(value, kind, opening)[:-1], f"{closing})"
        if kind is tuple and total == 1:
            closing = f",{closing}"
        room -= len(opening) + len(closing)
        pieces = self._write_items(value, shape, total, room)
        return opening + ", ".join(pieces) + closing

    def _write_items(self, value: object, shape: Shape, total: int, room: int) -> list[str]:
        most = max(room, 0) // 3 + 1
        more = f"… {total:,} more"
        if total <= most:
            pieces = self._take(shape.first(value, total), shape, total, room)
            if len(pieces) == total:
                return pieces
        room -= len(more) + 4
        tails = self._tails and shape.last is not None
        head = self._take(shape.first(value, most), shape, total, room * 2 // 3 if tails else room)
        tail: list[str] = []
        if tails and shape.last is not None:
            room -= sum(len(piece) + 2 for piece in head)
            rest = shape.last(value, min(most, total - len(head)))
            tail = self._take(rest, shape, total, room)[::-1]
        left = total - len(head) - len(tail)
        middle = [f"… {left:,} more" + " …" * bool(tail)] if left else []
        return [*head, *middle, *tail]

    def _take(self, items: list[Any], shape: Shape, total: int, room: int) -> list[str]:
        """Render items while there is room; one of several gets half of what is left."""
        pieces: list[str] = []
        for item in items:
            last = len(pieces) + 1 == total
            share = room if last else max(room // 2, min(room, _STUB // 2))
            if share < 1:
                break
            piece = self._write_item(item, shape, share)
            if share < _STUB and _ELLIPSIS in piece:
                break
            pieces.append(piece)
            room -= len(piece) + 2
        return pieces

    def _write_item(self, item: Any, shape: Shape, room: int) -> str:
        if not shape.pairs:
            return self.write(item, room)
        name, value = item
        label = name if shape.is_record else self.write(name, max(room // 2, 4))
        separator = "=" if shape.is_record else ": "
        return clip(label + separator + self.write(value, max(room - len(label) - 2, 1)), room)


def _length(text: Any, kind: Any) -> int:
    length: int = kind.__len__(text)
    return length


def _quote(value: Any, kind: Any, room: int, tails: bool) -> str:
    """Quote a text as its repr does; a long one is cut and followed by its true length."""
    length = _length(value, kind)

    def part(start: int, end: int) -> str:
        cut: str = kind.__repr__(kind.__getitem__(value, slice(start, end)))
        return cut

    if length <= room and len(whole := part(0, length)) <= room:
        return whole
    note = f" ({length:,} {'characters' if kind is str else 'bytes'})"
    if room < 2 * len(note):
        note = ""
    shown = min(max(room - len(note) - 3, 0), length)
    while True:
        tail = shown // 3 if tails else 0
        text = part(0, shown - tail)
        if tail:
            text += f" {_ELLIPSIS} {part(length - tail, length)}"
        else:
            end = 2 if kind is bytearray else 1
            text = text[:-end] + _ELLIPSIS + text[-end:]
        if len(text) + len(note) <= room or shown <= 0:
            return clip(text + note, room)
        shown = min(shown - 1, shown * room // (len(text) + len(note)))
