"""The types of the browser are made from the schema in the repository: it has to be today's."""

from __future__ import annotations

import json
from pathlib import Path

from rlm_magic.notebook.panel.schema import protocol_schema

SCHEMA = Path(__file__).parents[2] / "labextension/src/panel/protocol.schema.json"


def test_the_schema_in_the_repository_is_that_of_the_types_in_python() -> None:
    assert json.loads(SCHEMA.read_text()) == protocol_schema(), "run `npm run protocol`"
