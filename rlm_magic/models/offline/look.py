"""Looks at a variable first, and reads from the output what it is made of."""

import re
from collections.abc import Generator

from rlm_magic.models.offline.conversation import printed
from rlm_magic.models.offline.data import Data, Field
from rlm_magic.models.offline.steps import Answer, Step, StepFailed, Turn
from rlm_magic.models.offline.task import Task
from rlm_magic.models.offline.variables import Variable, choose

__all__ = ["clean_copy", "fields_of", "look"]

TEXT = """
print(len(DATA), "characters,", DATA.count("\\n") + 1, "lines")
print(DATA[:500])
print("…")
print(DATA[-200:])
"""
SEQUENCE = """
from collections import Counter

print(len(DATA), "entries")
print("types:", dict(Counter(type(entry).__name__ for entry in DATA)))
for entry in list(DATA)[:3]:
    print(repr(entry)[:300])
"""
MAPPING = """
from collections import Counter

print(len(DATA), "entries with keys such as", list(DATA)[:3])
print("types:", dict(Counter(type(value).__name__ for value in DATA.values())))
for value in list(DATA.values())[:3]:
    print(repr(value)[:300])
"""
PARTS = """
for name, part in DATA.items():
    size = len(part) if hasattr(part, "__len__") else 1
    print(f"- `{name}`: {type(part).__name__}, {size:,} entries")
    print("   ", repr(list(part)[:5])[:300] if hasattr(part, "__iter__") else repr(part)[:100])
"""
TABLE = """
print(len(DATA), "rows")
for column in DATA:
    values = DATA[column].dropna().astype(str)
    shown = 20 if values.nunique() <= 20 else 4
    common = values.str[:40].value_counts().index[:shown].tolist()
    print(f"{column!r}: {DATA[column].dtype}, {values.nunique()} different, such as {common}")
"""
RECORDS = """
from collections import Counter

rows = ROWS
print(len(rows), "records")
for name in dict.fromkeys(name for row in rows for name in row):
    values = [row[name] for row in rows if row.get(name) is not None]
    kind = type(values[0]).__name__ if values else "empty"
    counts = Counter(map(str, values))
    shown = 20 if len(counts) <= 20 else 4
    common = [value[:40] for value, _ in counts.most_common(shown)]
    print(f"{name!r}: {kind}, {len(counts)} different, such as {common}")
"""
CLEAN_TEXTS = """
rough = DATA
pairs = rough.items() if hasattr(rough, "items") else enumerate(rough)
clean = {name: "" if value is None else str(value) for name, value in pairs}
print(len(clean), "entries as text")
"""
CLEAN_ROWS = """
rough = DATA
rows = rough.to_dict("records") if hasattr(rough, "to_dict") else list(rough)
rows = [row for row in rows if isinstance(row, dict)]
columns = list(dict.fromkeys(column for row in rows for column in row))
clean = [{column: row.get(column) for column in columns} for row in rows]
print(len(clean), "records")
"""
_FIELD = re.compile(r"^(.+?): ([^,]+(?:\[[^\]]*\])?), (\d+) different, such as (\[.*\])$", re.M)
_PYTHON = re.compile(
    r"\.py['\"]|^\s*(?:from [\w.]+ import |import \w|def \w+\(|class \w+[:(])", re.MULTILINE
)
_TYPES = re.compile(r"^types: (\{.*\})$", re.MULTILINE)

Look = Generator[Turn, str, Data]


def look(variable: Variable, task: Task, wants: str) -> Look:
    """Peek at a variable, and deeper where the first output shows that there is more inside."""
    expression, kind = variable.expression, variable.kind
    if kind == "series":
        expression, kind = f"{expression}.to_dict()", "mapping"
    if kind == "array":
        expression, kind = f"{expression}.ravel().tolist()", "sequence"
    if kind == "text":
        output = yield _peek(variable, TEXT, expression)
        return Data(expression, "text", is_python=_is_python(output))
    if kind in ("table", "polars") or variable.field_names:
        return (yield from fields_of(variable))
    output = yield _peek(variable, MAPPING if kind == "mapping" else SEQUENCE, expression)
    if output.startswith("0 entries"):
        yield Answer(f"`{variable.name}` is empty, so there is nothing to look at.")
    types = _read_types(output)
    named = kind == "mapping"
    if types and set(types) <= {"dict"}:
        return (yield from _look_at_rows(variable, Data(expression, "records", is_named=named)))
    if named and set(types) & {"dict", "list", "DataFrame", "Series", "tuple", "ndarray"}:
        return (yield from _look_inside(variable, task, wants))
    shape = "numbers" if types and set(types) <= {"int", "float", "bool"} else "texts"
    return Data(expression, shape, is_named=named, is_python=_is_python(output))


def fields_of(variable: Variable) -> Look:
    """Peek at the fields of a variable that is known to hold records."""
    kind = variable.kind if variable.kind in ("table", "polars") else "records"
    named = variable.kind == "mapping"
    return (yield from _look_at_rows(variable, Data(variable.expression, kind, is_named=named)))


def clean_copy(variable: Variable) -> Look:
    """A copy of the data in which every entry is what the code expects, after a failed step."""
    prose = "That did not work; some entries are not what I took them for. I make a clean copy."
    is_rows = variable.kind in ("table", "polars") or bool(variable.field_names)
    code = CLEAN_ROWS if is_rows else CLEAN_TEXTS
    data = variable.expression
    if variable.kind == "text":
        data = f"{data}.split('\\n')"
    yield Step(prose, code, {"DATA": data})
    if is_rows:
        clean = Variable("clean", "clean", "list[dict]", "")
        return (yield from fields_of(clean))
    return Data("clean", "texts", is_named=True, is_python=variable.looks_like_python)


def _look_at_rows(variable: Variable, data: Data) -> Look:
    if data.shape == "table":
        output = yield _peek(variable, TABLE, data.expression)
    else:
        output = yield _peek(variable, RECORDS, data.expression, rows=data.rows)
    fields = tuple(_read_fields(output))
    if not fields:
        raise StepFailed(f"`{variable.name}` shows no fields.")
    rows = re.match(r"\d+", output)
    size = int(rows[0]) if rows else 0
    return Data(data.expression, data.shape, is_named=data.is_named, fields=fields, size=size)


def _look_inside(variable: Variable, task: Task, wants: str) -> Look:
    prose = f"`{variable.name}` holds several things; I look which of them the question is about."
    output = yield Step(prose, PARTS, {"DATA": variable.expression})
    parts = []
    for name, type_name, preview in re.findall(r"^- `(.+?)`: (.*)\n(?:    (.*))?", output, re.M):
        expression = f"{variable.expression}[{name!r}]"
        parts.append(Variable(name, expression, type_name, f"keys: {preview}"))
    chosen = choose(parts, task.question, wants)
    if chosen is None:
        raise StepFailed(f"`{variable.name}` holds no data that I can work on.")
    return (yield from look(chosen, task, wants))


def _peek(variable: Variable, code: str, expression: str, rows: str = "") -> Step:
    prose = f"First I look at how `{variable.name}` is built."
    return Step(prose, code, {"DATA": expression, "ROWS": rows})


def _read_types(output: str) -> dict[str, int]:
    found = _TYPES.search(output)
    return (printed(found[1], dict) or {}) if found else {}


def _read_fields(output: str) -> list[Field]:
    fields = []
    for name, kind, different, samples in _FIELD.findall(output):
        values = printed(samples, list) or []
        label = printed(name, str)
        if label is not None:
            fields.append(Field(label, kind, int(different), tuple(map(str, values))))
    return fields


def _is_python(output: str) -> bool:
    code = output.replace("\\n", "\n")
    return bool(_PYTHON.search(code))
