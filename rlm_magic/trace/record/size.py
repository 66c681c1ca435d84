"""How many bytes an output takes in a notebook file, as nbformat writes it."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["size_in_notebook"]


def size_in_notebook(data: dict[str, Any], metadata: dict[str, Any]) -> int:
    """Return the bytes of the output with this MIME bundle."""
    lines = {
        name: it.splitlines(keepends=True) if isinstance(it, str) else it
        for name, it in data.items()
    }
    output = {"data": lines, "metadata": metadata, "output_type": "display_data"}
    notebook = {"cells": [{"outputs": [output]}]}
    compact = json.dumps(notebook, ensure_ascii=False, separators=(",", ": "))
    return len(compact.encode()) + _indentation(notebook)


def _indentation(value: object, level: int = 0) -> int:
    """Return how many bytes of line breaks and spaces `indent=1` puts into the JSON of `value`."""
    if not isinstance(value, dict | list) or not value:
        return 0
    inside = sum(
        _indentation(it, level + 1)
        for it in (value.values() if isinstance(value, dict) else value)
        if isinstance(it, dict | list)
    )
    return inside + len(value) * (level + 2) + level + 1
