"""What the panel in the browser and the kernel say to each other.

The types of the browser's side are generated from these (`rlm_magic.notebook.panel.schema`). Every
message may be lost or come twice: both sides are built so that this changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

__all__ = [
    "Decide",
    "Events",
    "Fetch",
    "Fetched",
    "Finished",
    "FromBrowser",
    "FromKernel",
    "Hello",
    "StopRun",
    "read_message",
]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Message):
    """A browser listens, and has the events up to `have`; it is sent again after a gap."""

    kind: Literal["hello"]
    have: int


class Decide(_Message):
    """A person's decision about a proposed block, or about the batch `spend` that its code sends.

    It is sent until the question is seen to be decided. `code` belongs to an edit of a block,
    `note` to a rejection; `rest` approves all further code of the run, or all its further calls.
    """

    kind: Literal["decide"]
    run: str
    step: int
    block: int
    spend: int = 0
    decision: Literal["approve", "edit", "reject", "stop"]
    code: str | None = None
    note: str = ""
    rest: bool = False


class StopRun(_Message):
    """End the run."""

    kind: Literal["stop"]


class Fetch(_Message):
    """Send the event `seq` with its texts in full."""

    kind: Literal["fetch"]
    seq: int


class Events(_Message):
    """The events behind `after`, up to `last`: JSON lines in the message's one buffer.

    `now` is the kernel's clock. Pieces of a reply that is being streamed may be joined.
    """

    kind: Literal["events"] = "events"
    after: int
    last: int
    now: float


class Fetched(_Message):
    """The event that was asked for, as JSON in the message's one buffer."""

    kind: Literal["fetched"] = "fetched"
    seq: int


class Finished(_Message):
    """The run has ended; `data` and `metadata` are the saved record, by MIME type."""

    kind: Literal["finished"] = "finished"
    data: dict[str, Any]
    metadata: dict[str, Any]


FromBrowser = Annotated[Hello | Decide | StopRun | Fetch, Field(discriminator="kind")]
FromKernel = Events | Fetched | Finished

_adapter: TypeAdapter[FromBrowser] = TypeAdapter(FromBrowser)


def read_message(content: object) -> FromBrowser:
    """Return what a browser sent; raise pydantic's ValidationError if it is no such message."""
    return _adapter.validate_python(content)
