"""The code of a run as ordinary notebook cells, that run again without a model.

The first cell sets up what the code needs and nothing else: `context`, as the run had it, and
helpers that answer with the replies that the trace holds (`rlm_magic.recorded`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from os import PathLike, fspath

from rlm_magic.events import CodeExecuted, Event, RunStarted
from rlm_magic.syntax import parse
from rlm_magic.trace.report.markup import without_ansi

__all__ = ["TRACE_PLACE", "cells_of", "setup_cell"]

TRACE_PLACE = "{trace}"

_LONGEST_QUESTION = 200
_MODELS = ("llm_query", "llm_query_batched", "rlm_query", "rlm_query_batched")
_ENDINGS = ("FINAL", "FINAL_VAR", "SHOW_VARS", "answer")
# What needs no trace needs nothing of this package either.
_PLAIN = {
    "FINAL": "FINAL = display",
    "FINAL_VAR": "def FINAL_VAR(name):\n    display(globals()[name])",
    "answer": 'answer = {"content": "", "ready": False}',
}


def cells_of(events: Sequence[Event], trace: str | PathLike[str] = TRACE_PLACE) -> tuple[str, ...]:
    """Return the setup cell and the blocks of the root run that ran to their end, in order."""
    code = _code(events)
    setup = setup_cell(events, trace)
    return (setup, *code) if code else ()


def setup_cell(events: Sequence[Event], trace: str | PathLike[str] = TRACE_PLACE) -> str:
    """Return the cell that comes before the code, "" where no code ran.

    It is a comment with the question, then `context` and the helpers that the code uses. The path
    of `trace` stands in it as a literal; by default that is "{trace}", to be replaced.
    """
    code = _code(events)
    if not code:
        return ""
    started = next(it for it in events if isinstance(it, RunStarted))
    question = " ".join(without_ansi(started.question).split())
    if len(question) > _LONGEST_QUESTION:
        question = question[: _LONGEST_QUESTION - 1] + "…"
    needs = _needs(code)
    lines = [f"# {question}"]
    if "context" in needs.names:
        lines += _context(started, list(needs.keys))
    lines += _helpers([name for name in (*_MODELS, *_ENDINGS) if name in needs.names], trace)
    return "\n".join(lines)


def _helpers(names: Sequence[str], trace: str | PathLike[str]) -> list[str]:
    if all(name in _PLAIN for name in names):
        return [_PLAIN[name] for name in names]
    path = f'"{TRACE_PLACE}"' if fspath(trace) == TRACE_PLACE else repr(fspath(trace))
    return [
        "from rlm_magic import RecordedRun",
        "",
        f"_recorded = RecordedRun({path})",
        *(f"{name} = _recorded.{name}" for name in names),
    ]


def _code(events: Sequence[Event]) -> list[str]:
    root = events[0].run if events else None
    ran = (it for it in events if isinstance(it, CodeExecuted) and it.run == root)
    return [it.code for it in ran if it.error is None]


class _Needs(ast.NodeVisitor):
    """Which of the run's names the code reads before it sets them, and the keys of `context`."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.keys: dict[str, None] = {}
        self._set: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._set.add(node.id)
        elif node.id not in self._set:
            self.names.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)  # it is read before the names are set
        for target in node.targets:
            self.visit(target)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        match node:
            case ast.Subscript(ast.Name("context"), ast.Constant(str(key))):
                self.keys[key] = None
        self.generic_visit(node)


def _needs(code: Sequence[str]) -> _Needs:
    needs = _Needs()
    for block in code:
        try:
            needs.visit(parse(block)[0])
        except (SyntaxError, RecursionError):
            needs.names.update(name for name in (*_MODELS, *_ENDINGS, "context") if name in block)
    return needs


def _context(started: RunStarted, keys: Sequence[str]) -> list[str]:
    chosen = started.context
    if chosen is None and all(f"- `{key}`: " in started.description for key in keys):
        chosen = tuple(keys)  # the mapping of all variables: these are what the code takes of it
    if not chosen or not all(name.isidentifier() for name in chosen):
        return [
            "# Set `context` to the data of the question, where it isn't there any more:",
            "# one object, or a mapping from name to variable.",
        ]
    if len(chosen) > 1 or started.context is None:
        pairs = ", ".join(f'"{name}": {name}' for name in chosen)
        return [f"context = {{{pairs}}}"]
    return [] if chosen == ("context",) else [f"context = {chosen[0]}"]
