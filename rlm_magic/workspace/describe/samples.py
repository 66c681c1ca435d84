"""Takes bounded samples of containers, and says what they tell of the whole."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rlm_magic.workspace.describe.wording import counted, label, listed
from rlm_magic.workspace.preview.inspection import bases_of, type_name
from rlm_magic.workspace.preview.shapes import SHAPES

__all__ = ["Sample", "characters", "record_keys", "sample_of"]

_SAMPLE = 32
_KEYS = 60
_COUNTED = 2_000  # entries up to which lengths are summed
_ESTIMATED_FROM = 250

_KINDS = {id(kind): kind for kind in SHAPES}


class Sample(NamedTuple):
    """Entries of a container: the first few in a row, then some from its end or all over it."""

    value: Any
    kind: Any  # the builtin type whose methods reach the entries
    total: int
    first: list[Any]
    entries: list[Any]

    @property
    def is_mapping(self) -> bool:
        return SHAPES[self.kind].pairs


def sample_of(value: Any, size: int = _SAMPLE) -> Sample:
    """Sample a builtin container or a subclass of one, running none of its code."""
    kind = next(_KINDS[id(base)] for base in bases_of(value) if id(base) in _KINDS)
    shape = SHAPES[kind]
    total = shape.size(value)
    first = shape.first(value, min(size, total))
    if len(first) == total:
        entries = first
    elif kind in (list, tuple):
        entries = [kind.__getitem__(value, i * (total - 1) // (size - 1)) for i in range(size)]
    elif shape.last is not None:
        half = size // 2
        entries = first[:half] + shape.last(value, half)
    else:
        entries = first
    return Sample(value, kind, total, first, entries)


def characters(sample: Sample) -> str | None:
    """How many characters the texts of a container have, None if some are no texts."""
    kind, value = sample.kind, sample.value
    if sample.total <= _COUNTED:
        texts = kind.values(value) if sample.is_mapping else kind.__iter__(value)
        try:
            return counted(sum(map(str.__len__, texts)), "character")
        except TypeError:
            return None
    wide = sample_of(value, _ESTIMATED_FROM).entries
    lengths = [str.__len__(entry[1] if sample.is_mapping else entry) for entry in wide]
    estimate = sum(lengths) * sample.total // len(lengths)
    unit = 10 ** max(len(str(estimate)) - 3, 0)
    return f"about {counted(estimate // unit * unit, 'character')}"


def record_keys(records: Sequence[Any], total: int) -> str:
    """`record keys: id (int), note (str or None; not in all); from 32 of 1,200`."""
    found: dict[str, tuple[int, dict[int, type]]] = {}
    for record in records:
        for key, value in SHAPES[dict].first(record, _KEYS):
            name = label(key)
            times, types = found.get(name, (0, {}))
            found[name] = (times + 1, {**types, id(type(value)): type(value)})
    texts = (
        f"{name} ({_either(types.values())}{'; not in all' * (times < len(records))})"
        for name, (times, types) in found.items()
    )
    seen = f"; from {len(records):,} of {total:,}" if len(records) < total else ""
    return f"record keys: {listed(texts, len(found))}{seen}"


def _either(types: Iterable[type]) -> str:
    return " or ".join([type_name(kind) for kind in types][:4])
