"""What the names of a block of code are made of, statement by statement, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from rlm_magic.trace.strategies.expressions import Expressions
from rlm_magic.trace.strategies.made_of import ANSWERS, Of, one, several

__all__ = ["Dataflow"]

_REREAD = 2  # levels of loops whose body is read as in a second round; each doubles the time


class Dataflow(Expressions):
    """Reads the statements of one block, in their order."""

    @contextmanager
    def _branch(self) -> Iterator[None]:
        self._branches += 1
        yield
        self._branches -= 1

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        outer = self._first_round
        self._depth += 1
        with self._branch():
            for again in (False, True) if self._depth <= _REREAD else (False,):
                if isinstance(node, ast.While):
                    self.of(node.test)
                else:
                    self._bind(node.target, one(self.of(node.iter)))
                if again:
                    self._first_round = {
                        it for it, ask in self.asks.items() if ask.prompt & ANSWERS
                    }
                for statement in node.body:
                    self.visit(statement)
        self._first_round = outer
        self._depth -= 1
        for statement in node.orelse:
            self.visit(statement)

    visit_For = visit_AsyncFor = visit_While = _loop

    def visit_If(self, node: ast.If) -> None:
        self.of(node.test)
        with self._branch():
            for statement in (*node.body, *node.orelse):
                self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        made_of = self.of(node.value)
        for target in node.targets:
            self._bind(target, made_of)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._bind(node.target, self.of(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        made_of = self.of(node.value)
        self._add(node.target, several(made_of) if self._depth else made_of)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            made_of = self.of(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, made_of)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncWith = visit_With

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names[node.name] = self._function(node.args, list(node.body))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.names[node.name] = Of.NOTHING

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.names[(alias.asname or alias.name).partition(".")[0]] = Of.NOTHING

    visit_ImportFrom = visit_Import

    def generic_visit(self, node: ast.AST) -> None:
        """Read the statements below a compound statement, and the expressions of any other."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.of(child)
            else:
                self.visit(child)
