"""The JSON Schema of everything that a browser reads: events, the saved record, messages.

`python -m rlm_magic.notebook.panel.schema` prints it; `npm run protocol` makes TypeScript of it.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, TypeAdapter

from rlm_magic.events import AnyEvent
from rlm_magic.notebook.panel.messages import FromBrowser, FromKernel
from rlm_magic.trace.record import RecordMetadata, RunRecord

__all__ = ["protocol_schema"]


class Protocol(BaseModel):
    """All types of the protocol between kernel, saved files and browser."""

    any_event: AnyEvent
    record: RunRecord
    record_metadata: RecordMetadata
    from_browser: FromBrowser
    from_kernel: FromKernel


def protocol_schema() -> dict[str, Any]:
    """Return the schema, in which the fields that name a type are always present."""
    schema = TypeAdapter(Protocol).json_schema(mode="serialization")
    for definition in schema["$defs"].values():
        properties = definition.get("properties", {})
        named = {"type", "kind", "seq", "version"} & properties.keys()
        definition["required"] = sorted({*definition.get("required", ()), *named})
        for it in properties.values():
            it.pop("title", None)
            it.pop("default", None)
    return schema


if __name__ == "__main__":
    print(json.dumps(protocol_schema(), indent=2))
