"""Builds a long text in a variable, one line for each entry, longer than any single reply."""

import re

from rlm_magic.models.offline.data import Data, mentioned
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

DEFINITIONS = """
import ast
import re
import warnings

entries = []
for name, text in DOCUMENTS.items():
    if not re.search(PATTERN, text, re.MULTILINE):
        continue
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            print("not Python 3:", name)
            continue
    for node in NODES:
        if isinstance(node, TYPES)CONDITION:
            first_line = (ast.get_docstring(node) or "").strip().partition("\\n")[0].strip()
            entries.append(ENTRY)
ORDER
print(len(entries), "entries")
for entry in entries[:5]:
    print(entry)
"""
ROWS = """
entries = []
for row in RECORDS:
    entries.append([" ".join(str(row.get(name, "")).split())[:200] for name in COLUMNS])
ORDER
print(len(entries), "entries")
for entry in entries[:5]:
    print(entry)
"""
TEXTS = """
entries = []
for name, text in PAIRS:
    text = str(text)
    first_line = text.strip().partition("\\n")[0].strip()[:120]
    entries.append(ENTRY)
ORDER
print(len(entries), "entries")
for entry in entries[:5]:
    print(entry)
"""
BUILD = """
lines = [" | ".join(map(str, entry)).rstrip() for entry in entries]
report = "\\n".join(lines)
print(f"{len(report):,} characters in {len(lines):,} lines")
"""
BUILD_TABLE = """
entries = [HEADS, ["---"] * len(HEADS), *entries]
lines = []
for entry in entries:
    cells = [str(cell).replace("|", "/") for cell in entry]
    lines.append("| " + " | ".join(cells) + " |")
report = "\\n".join(lines)
print(f"{len(report):,} characters in {len(lines):,} lines")
"""
CHECK = """
assert report.count("\\n") + 1 == len(entries)
FINAL_VAR("report")
"""
SOURCE_COLUMNS = {
    r"module|file|path|where": "name",
    r"(?<!docstring )\bline\b(?! (?:for|per|of) )": "node.lineno",
    r"\bname": "node.name",
    r"signature|argument|parameter": '"(" + ast.unparse(node.args) + ")"',
    r"docstring|description|doc\b": "first_line",
}
TEXT_COLUMNS = {
    r"name|title|key|module|file": "name",
    r"number of words|word count": "len(text.split())",
    r"number of lines|line count": 'text.count("\\n") + 1',
    r"length|size|characters": "len(text)",
    r"first|begin|text|sentence|content": "first_line",
}


def plan(task: Task, data: Data) -> Plan:
    """Collect the entries, write the lines, check their number, hand over the variable."""
    with_part = re.split(r"\bwith\b|\bgiving\b|:|\bshowing\b", task.question)[-1]
    is_source = data.is_python and task.asks(r"\bfunction|\bclass|\bmethod")
    if is_source:
        columns = _columns(with_part, SOURCE_COLUMNS) or ["name", "node.name", "first_line"]
        code, values = DEFINITIONS, _definition_values(task, data, columns)
        public = ' and not node.name.startswith("_")' if task.asks(r"\bpublic\b") else ""
        code = code.replace("CONDITION", public)
        heads = [_head(column) for column in columns]
    elif data.has_rows:
        asked = mentioned(with_part, data.fields) or list(data.fields)
        heads = [field.name for field in asked]
        if data.key and data.key.name not in heads:
            heads.insert(0, data.key.name)
        code, values = ROWS, {"RECORDS": data.rows, "COLUMNS": repr(heads)}
    else:
        columns = _columns(with_part, TEXT_COLUMNS) or ["name", "len(text)", "first_line"]
        heads = [_head(column) for column in columns]
        entry = f"[{', '.join(columns)}]"
        code, values = TEXTS, {"PAIRS": data.items(), "ENTRY": entry}
    order = "entries.sort(key=str)" if task.asks(r"\bsort|\balphabetical|\bindex\b") else ""
    yield Step("First I collect the entries.", code, {**values, "ORDER": order})
    prose = "The text is too long for a reply, so code writes it into a variable."
    build = BUILD_TABLE if task.asks(r"\btable\b") else BUILD
    yield Step(prose, build, {"HEADS": repr(heads)}, result="report")
    yield Step("One line for each entry; that is the answer.", CHECK)


def _definition_values(task: Task, data: Data, columns: list[str]) -> dict[str, str]:
    methods = task.asks(r"\bmethod")
    classes = task.asks(r"\bclass(?:es)?\b") and not methods
    functions = task.asks(r"\bfunction") or methods
    types = ["ast.ClassDef"] * classes
    types += ["ast.FunctionDef", "ast.AsyncFunctionDef"] * functions
    keywords = ["class"] * classes + ["def", "async"] * functions
    indent = r"[ \t]+" if methods else ""
    nodes = "tree.body"
    if methods:
        owners = "for owner in ast.walk(tree) if isinstance(owner, ast.ClassDef)"
        nodes = f"[node {owners} for node in owner.body]"
    return {
        "DOCUMENTS": data.documents(),
        "PATTERN": f'r"^{indent}(?:{"|".join(keywords)})[ \\t]"',
        "NODES": nodes,
        "TYPES": f"({', '.join(types)})" if len(types) > 1 else types[0],
        "ENTRY": f"[{', '.join(columns)}]",
    }


def _columns(text: str, known: dict[str, str]) -> list[str]:
    """The expressions for the columns a text asks for, in its order."""
    found = []
    for pattern, expression in known.items():
        if match := re.search(pattern, text, re.IGNORECASE):
            found.append((match.start(), expression))
    return [expression for _, expression in sorted(found)]


def _head(expression: str) -> str:
    names = {"name": "module", "node.name": "name", "node.lineno": "line", "first_line": "text"}
    return names.get(expression, "length" if "len" in expression else "detail")
