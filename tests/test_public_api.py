"""The package exports what docs/api.md documents, and importing it loads nothing heavy."""

from __future__ import annotations

import re
from pathlib import Path

import rlm_magic

DOCUMENTED = Path(__file__).parent.parent / "docs" / "api.md"


def test_every_export_is_documented_and_every_documented_name_is_exported() -> None:
    names = re.findall(r"^\| `(\w+)` \|", DOCUMENTED.read_text(), re.MULTILINE)

    assert sorted(names) == sorted(rlm_magic.__all__)
    assert all(getattr(rlm_magic, name) is not None for name in names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(rlm_magic, "RML")
