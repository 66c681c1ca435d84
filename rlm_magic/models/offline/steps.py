"""What a plan is made of: steps of prose and code, answers, and the failure of a step."""

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field

__all__ = ["Answer", "Plan", "Step", "StepFailed", "Turn", "bound_names", "render"]

_IDENTIFIER = re.compile(r"\b[A-Z][A-Z_]{2,}\b")


@dataclass(frozen=True)
class Step:
    """Prose, and code to run after it. Names in capitals in `code` are filled from `values`.

    `result` names the variable that holds an answer once this step has run.
    """

    prose: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    result: str | None = None


@dataclass(frozen=True)
class Answer:
    """A final answer in words, outside of code."""

    text: str

    def __str__(self) -> str:
        text = self.text
        if text.count("(") != text.count(")"):
            text = text.translate(str.maketrans("()", "[]"))
        return f"FINAL({text})"


class StepFailed(Exception):
    """The observation says that a step raised, or was not run (`refused`)."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


Turn = Step | Answer
Plan = Generator[Turn, str, None]


def render(step: Step, taken: Collection[str], ours: set[str]) -> tuple[str, dict[str, str]]:
    """The step's code, and how its names were changed to leave the person's variables alone.

    `ours` collects the names that steps have bound so far, so that a later step which only reads
    such a name reads it under the name it was given.
    """
    code = textwrap.dedent(step.code).strip()
    ours |= bound_names(code)
    renamed = {name: f"my_{name}" for name in sorted(ours & set(taken))}
    code = _rename(code, renamed)
    return _IDENTIFIER.sub(lambda m: step.values.get(m[0], m[0]), code), renamed


def _rename(code: str, renamed: Mapping[str, str]) -> str:
    """Change names, not attributes and not text; in an f-string only between the braces."""
    lines = code.splitlines(keepends=True)
    before = ""
    changes = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        new = token.string
        if token.type == tokenize.NAME and before != ".":
            new = renamed.get(new, new)
        elif token.type == tokenize.STRING and new[0] in "fF":
            new = re.sub(r"\{[^{}]*\}", lambda m: _rename_words(m[0], renamed), new)
        if new != token.string:
            changes.append((token, new))
        before = token.string
    for token, new in reversed(changes):
        (row, start), (_, end) = token.start, token.end
        line = lines[row - 1]
        lines[row - 1] = line[:start] + new + line[end:]
    return "".join(lines)


def _rename_words(text: str, renamed: Mapping[str, str]) -> str:
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda m: renamed.get(m[0], m[0]), text)


def bound_names(code: str) -> set[str]:
    """The names that code binds, imports aside."""
    nodes = list(ast.walk(ast.parse(code)))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
