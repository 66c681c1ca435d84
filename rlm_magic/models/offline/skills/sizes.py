"""Counts the entries of each variable."""

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

SIZES = """
sizes = {name: len(value) for name, value in PARTS.items() if hasattr(value, "__len__")}
print(sizes)
FINAL(sizes)
"""


def plan(task: Task, data: Data) -> Plan:
    """The length of every variable; of every value where the only variable is a mapping."""
    usable = [v for v in task.variables if v.kind != "other"]
    named = [v for v in usable if v.name != "context"] or usable
    parts = ", ".join(f"{v.name!r}: {v.expression}" for v in named)
    is_mapping = len(named) == 1 and named[0].kind == "mapping"
    values = {"PARTS": f"({named[0].expression})" if is_mapping else f"{{{parts}}}"}
    yield Step("Every one of them knows its length.", SIZES, values)
