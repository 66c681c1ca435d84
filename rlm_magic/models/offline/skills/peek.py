"""Describes what a variable holds."""

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.steps import Answer, Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

TEXTS = """
from statistics import median

sizes = {name: len(str(entry)) for name, entry in PAIRS}
longest = max(sizes, key=sizes.get)
overview = (
    f"`VARIABLE` holds {len(sizes):,} UNITS with {sum(sizes.values()):,} characters in all. "
    f"The median length is {median(sizes.values()):,} characters; "
    f"the longest is {longest!r} with {sizes[longest]:,}."
)
print(overview)
"""
NUMBERS = """
from statistics import mean, median

numbers = [number for _, number in PAIRS]
overview = (
    f"`VARIABLE` holds {len(numbers):,} numbers from {min(numbers)} to {max(numbers)}, "
    f"mean {mean(numbers):.6g}, median {median(numbers):.6g}."
)
print(overview)
"""
ROWS = """
overview = [f"`VARIABLE` holds {len(DATA):,} rows with COLUMNS columns."]
for column in FIELDS:
    values = [row[column] for row in RECORDS if row.get(column) is not None]
    if values and all(isinstance(value, (int, float)) for value in values):
        overview.append(f"- {column}: numbers from {min(values):,} to {max(values):,}")
    else:
        different = list(dict.fromkeys(map(str, values)))
        overview.append(f"- {column}: {len(different):,} different, such as {different[0][:60]!r}")
overview = "\\n".join(overview)
print(overview)
"""


def plan(task: Task, data: Data) -> Plan:
    """Measure the entries or fields, and say it in a few lines."""
    values = {"VARIABLE": data.expression, "DATA": data.expression, "PAIRS": data.items()}
    values["UNITS"] = "lines" if data.shape == "text" else "entries"
    code = NUMBERS if data.shape == "numbers" else TEXTS
    if data.has_rows:
        code = ROWS
        fields = [field.name for field in data.fields if field.different]
        values |= {"FIELDS": repr(fields), "RECORDS": data.rows, "COLUMNS": str(len(data.fields))}
    if data.shape == "other":
        yield Answer(f"`{data.expression}` is not a container that I know.")
        return
    yield Step("I measure what is in it.", code, values, result="overview")
    yield Step("That describes it.", 'FINAL_VAR("overview")')
