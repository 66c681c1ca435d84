"""Finds where a class, function or name is defined: a regular expression finds, `ast` confirms."""

import re

from rlm_magic.models.offline.data import Data
from rlm_magic.models.offline.skills import needle
from rlm_magic.models.offline.steps import Plan, Step
from rlm_magic.models.offline.task import Task

__all__ = ["plan"]

FIND = """
import re

documents = DOCUMENTS
definition = re.compile(PATTERN, re.MULTILINE)
hits = []
for name, text in documents.items():
    for match in definition.finditer(text):
        line = text.count("\\n", 0, match.start()) + 1
        hits.append((name, line, match.group().strip()))

print(len(hits), "possible definitions")
for hit in hits[:20]:
    print(hit)
"""
CONFIRM = """
import ast
import warnings

places = []
for name, line, _ in hits:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(documents[name])
        except (SyntaxError, ValueError):
            print("not Python 3:", name)
            continue
    if any(isinstance(node, NODES) and node.lineno == line for node in ast.walk(tree)):
        places.append(f"{name}, line {line}")

print(places)
if places:
    found = "; ".join(places)
    FINAL(f"`WANTED` is defined in {found}.")
else:
    FINAL("`WANTED` is not defined in `VARIABLE`.")
"""
VALUES = """
places = [f"{value} ({name}, line {line})" for name, line, value in hits]
found = "; ".join(places)
FINAL(f"{found}" if places else "`WANTED` is not assigned in `VARIABLE`.")
"""
KINDS = {
    r"\bclass": (r"^[ \t]*class[ \t]+{}\b", "ast.ClassDef"),
    r"\bfunction|\bmethod|\bdef\b": (
        r"^[ \t]*(?:async[ \t]+)?def[ \t]+{}\b",
        "(ast.FunctionDef, ast.AsyncFunctionDef)",
    ),
}
ASSIGNED = r"^[ \t]*{}[ \t]*(?::[^=\n]+)?=(?!=)[^\n]*"
ANY = (
    r"^[ \t]*(?:class|(?:async[ \t]+)?def)[ \t]+{0}\b|^[ \t]*{0}[ \t]*(?::[^=\n]+)?=(?!=)[^\n]*",
    "(ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign)",
)


def plan(task: Task, data: Data) -> Plan:
    """Search for a definition, then confirm every hit in the syntax tree of its module."""
    if not (data.is_python or data.has_rows) or not task.terms:
        yield from needle.plan(task, data)
        return
    term = task.terms[0].rpartition(".")[2].removesuffix("()")
    assigned = task.asks(r"\bassigned|\bvalue\b|\bconstant\b|\bvariable\b")
    kinds = (kind for word, kind in KINDS.items() if task.asks(word))
    pattern, nodes = (ASSIGNED, "") if assigned else next(kinds, ANY)
    values = {
        "DOCUMENTS": data.documents(data.text_field(task.question)),
        "PATTERN": f"r{pattern.format(re.escape(term))!r}".replace("\\\\", "\\"),
        "NODES": nodes,
        "WANTED": term,
        "VARIABLE": data.expression,
    }
    yield Step(f"A definition of `{term}` starts a line, so a pattern finds it.", FIND, values)
    if assigned:
        yield Step("These lines show what is assigned.", VALUES, values)
    else:
        yield Step("A hit may stand in a string, so the parser confirms it.", CONFIRM, values)
