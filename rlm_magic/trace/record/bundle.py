"""The record of a run as a MIME bundle, the fullest of those that a notebook has room for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rlm_magic.events import AnyEvent, Event, RunFinished
from rlm_magic.trace.cells import setup_cell
from rlm_magic.trace.record.data import metadata_of, record_of
from rlm_magic.trace.record.format import RECORD
from rlm_magic.trace.record.order import in_order
from rlm_magic.trace.record.selection import Room, Selection
from rlm_magic.trace.record.size import size_in_notebook
from rlm_magic.trace.report import Limits, report_html, report_text, summary_line

__all__ = ["record_bundle"]

_EVERYTHING = Room(10**9, 10**9, 10**9)
_LEAST_EVENT = 105  # bytes that an event takes, with its time and whatever its texts are

# From the fullest to the barest.
_SIZES = (
    (Limits(2_000, 20_000, 64_000), _EVERYTHING),
    (Limits(500, 20_000, 64_000), _EVERYTHING),
    (Limits(120, 20_000, 64_000), _EVERYTHING),
    (Limits(120, 4_000, 64_000), _EVERYTHING),
    (Limits(120, 4_000, 16_000), _EVERYTHING),
    (Limits(120, 2_000, 8_000), _EVERYTHING),
    (Limits(120, 2_000, 8_000), Room(500, 100, 300)),
    (Limits(120, 2_000, 8_000), Room(300, 60, 200)),
    (Limits(120, 2_000, 4_000), Room(150, 30, 100)),
    (Limits(120, 1_000, 2_000), Room(100, 20, 60)),
    (Limits(80, 500, 1_000), Room(60, 10, 30)),
    (Limits(60, 300, 500), Room(30, 4, 16)),
    (Limits(40, 100, 200), Room(10, 2, 6)),
    (Limits(20, 50, 100), Room(0, 0, 2)),
    (Limits(0, 0, 20), Room(0, 0, 0)),
)


def record_bundle(
    events: Sequence[Event], *, trace: Path | None, longest_bytes: int = 256_000
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the record of a run as a MIME bundle: its data, and its metadata.

    In a notebook file the output takes at most `longest_bytes`, down to about 6,000. To that end
    texts are cut, those of sub-calls first; then sub-calls, child runs and steps in the middle are
    left out, with what they used told exactly.
    """
    selection = Selection(in_order(events))
    summary = summary_line(events)
    setup = setup_cell(events)
    chosen: Room | None = None
    for limits, room in _SIZES:
        is_last = (limits, room) == _SIZES[-1]
        if room != chosen:
            chosen, (kept, left) = room, selection.within(room)
        if len(kept) * _LEAST_EVENT > longest_bytes and not is_last:
            continue
        record = record_of(kept, left, limits, setup)
        metadata = {RECORD: metadata_of(kept, trace).model_dump(mode="json")}
        if size_in_notebook({RECORD: record}, metadata) > longest_bytes and not is_last:
            continue
        told = _without_what_the_cell_shows(kept)
        data = {
            RECORD: record,
            "text/html": report_html(
                told, with_question=False, limits=limits, summary=summary, left=left
            ),
            "text/plain": report_text(told, longest=limits.words, summary=summary),
        }
        if size_in_notebook(data, metadata) <= longest_bytes:
            break
    return data, metadata


def _without_what_the_cell_shows(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return the events without an answer that the cell displays, or an error that it raises."""

    def untold(event: AnyEvent) -> AnyEvent:
        if not isinstance(event, RunFinished) or event.run != events[0].run:
            return event
        answer = event.answer if event.answer_type == "str" else None
        error = event.error if event.answer is not None else None
        return event.model_copy(update={"answer": answer, "error": error})

    return [untold(event) for event in events]
