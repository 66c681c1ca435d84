"""Walks through the statements of a block: what is bound, deleted, changed and imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rlm_magic.workspace.review.expressions import CONTEXT, NAMESPACES
from rlm_magic.workspace.review.functions import Functions
from rlm_magic.workspace.review.knowledge import (
    ALIASES,
    C_MODULES,
    CONFIGURATION,
    MACHINERY,
    MODULES,
    PERHAPS_MODULES,
)
from rlm_magic.workspace.review.values import UNKNOWN, Scope, Value, join

__all__ = ["Walker"]

_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)


class Walker(Functions):
    """Reads a block in order, loops twice."""

    def walk(self, tree: ast.Module) -> None:
        """Read the block."""
        self.body(tree.body)
        self.run_the_rest()

    # --- binding ---

    def bind(self, name: str, value: Value, *, walrus: bool = False) -> None:
        scope = self.scope.target(name, walrus=walrus)
        if scope.kind == "module":
            self.record.bind(name)
        self._set(scope, name, value)

    def _set(self, scope: Scope, name: str, value: Value) -> None:
        if self.maybe or scope is not self.scope:
            before = scope.values.get(name)
            if before is None and scope.kind == "module" and name in self.record.names:
                before = Value((frozenset({name}),))
            value = join([before, value]) if before is not None else value
        scope.values[name] = value

    def assign(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name():
                self.bind(target.id, value)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    self.assign(part, value.element())
            case ast.Starred():
                self.assign(target.value, value.contained())
            case ast.Subscript() | ast.Attribute():
                self._store(target, value)

    def _store(self, target: ast.Subscript | ast.Attribute, value: Value) -> None:
        base = self.value(target.value)
        what = ast.unparse(target)
        if isinstance(target, ast.Subscript):
            index = self.value(target.slice)
            if base.paths & NAMESPACES:
                self.record.find("dynamic", what, target.lineno)
                if index.text is not None:
                    self.record.bind(index.text)
                return
        if base.owners:
            self.record.change(base.owners, f"{what} = …", target.lineno)
        elif self._patches(target, base):
            self.record.find("dynamic", f"{what} = …", target.lineno)
        elif isinstance(target.value, ast.Name):
            holder = self.scope.holder(target.value.id)
            if holder is not None:
                held = holder.values[target.value.id]
                holder.values[target.value.id] = held.holding(value)

    def _patches(self, target: ast.Subscript | ast.Attribute, base: Value) -> bool:
        """Whether the store changes a module or a class, and not just a library's settings."""
        if "builtins.type()" in base.paths:
            return True
        kinds = {path for path in base.paths if "(" not in path and path != CONTEXT}
        return any(
            not f"{path}.{getattr(target, 'attr', '')}".startswith(CONFIGURATION) for path in kinds
        )

    # --- statements ---

    @contextmanager
    def _perhaps(self) -> Iterator[None]:
        self.maybe += 1
        try:
            yield
        finally:
            self.maybe -= 1

    def visit_Expr(self, node: ast.Expr) -> None:
        self.drop(node.value)
        self.value(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id == "_" for target in node.targets):
            self.drop(node.value)
        for target in node.targets:
            if self._pairs(target, node.value):
                return
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _pairs(self, target: ast.expr, value: ast.expr) -> bool:
        """Assign `a, b = x, y` part by part, and return whether it was that."""
        if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple):
            return False
        parts = (*target.elts, *value.elts)
        if len(target.elts) != len(value.elts) or any(isinstance(p, ast.Starred) for p in parts):
            return False
        values = [self.value(part) for part in value.elts]
        for part, one in zip(target.elts, values, strict=True):
            self.assign(part, one)
        return True

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        value = self.value(node.value)
        if not isinstance(node.target, ast.Name):
            self.assign(node.target, value)
            return
        name = node.target.id
        before = self.value(ast.copy_location(ast.Name(name, ast.Load()), node))
        container = len(value.levels) > 1 or isinstance(node.value, _DISPLAYS)
        words = value.text is not None or isinstance(node.value, ast.JoinedStr)
        if before.owners and (container or not (before.derived or words)):
            self.record.change(before.owners, f"{name} …= …", node.lineno)
        text = None
        if before.text is not None and value.text is not None and isinstance(node.op, ast.Add):
            text = before.text + value.text
        self.bind(name, replace(before.holding(value.element()), text=text))

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._delete(part)
        elif isinstance(target, ast.Name):
            scope = self.scope.target(target.id)
            known = scope.values.pop(target.id, None)
            theirs = scope.kind == "module" and target.id in self.record.names
            if theirs and (known is None or target.id in self.record.rebinds):
                self.record.deletes[target.id] = None
        elif isinstance(target, ast.Subscript | ast.Attribute):
            base = self.value(target.value)
            what = f"del {ast.unparse(target)}"
            if isinstance(target, ast.Subscript):
                self.value(target.slice)
            if base.owners:
                self.record.change(base.owners, what, target.lineno)
            elif self._patches(target, base) or base.paths & NAMESPACES:
                self.record.find("dynamic", what, target.lineno)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        element = self.value(node.iter).element()
        self._loop(node, element)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self.value(node.test)
        self._loop(node, None)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, element: Value | None) -> None:
        with self._perhaps():
            self.loops += 1
            # Twice, for what a round leaves to the next one; the outermost loop does for all.
            for _ in range(2 if self.loops == 1 else 1):
                if element is not None and not isinstance(node, ast.While):
                    self.assign(node.target, element)
                self.body(node.body)
            self.loops -= 1
            self.body(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.value(node.test)
        with self._perhaps():
            self.body(node.body)
            self.body(node.orelse)

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        with self._perhaps():
            self.body(node.body)
            for handler in node.handlers:
                self.value(handler.type)
                if handler.name in self.record.names:
                    self.bind(handler.name, UNKNOWN)
                elif handler.name:
                    self._set(self.scope, handler.name, UNKNOWN)
                self.body(handler.body)
            self.body(node.orelse)
            self.body(node.finalbody)

    visit_TryStar = visit_Try

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        self.body(node.body)

    visit_AsyncWith = visit_With

    def visit_Match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)
        with self._perhaps():
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    if isinstance(part, ast.expr):
                        self.value(part)
                    name = getattr(part, "name", None) or getattr(part, "rest", None)
                    if isinstance(name, str):
                        self.bind(name, join([subject, subject.element()]))
                self.value(case.guard)
                self.body(case.body)

    # --- imports ---

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.name, node.lineno)
            root = alias.name.partition(".")[0]
            bound = alias.name if alias.asname else root
            self._import(alias.asname or root, bound)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self._imported(module, node.lineno)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
            else:
                self._import(alias.asname or alias.name, f"{module}.{alias.name}")

    def _imported(self, module: str, line: int) -> None:
        self.record.imports[module] = None
        if module.partition(".")[0] in MACHINERY:
            self.record.find("machinery", f"import {module}", line)

    def _import(self, name: str, path: str) -> None:
        scope = self.scope.target(name)
        if scope.kind == "module" and name in self.record.names and not _is_usual(name, path):
            self.record.bind(name)
        root, dot, rest = path.partition(".")
        known = C_MODULES.get(root, root) + dot + rest
        self._set(scope, name, Value(paths=frozenset({known})))


def _is_usual(name: str, path: str) -> bool:
    """Whether an import binds what the notebook has under that name anyway."""
    root, _, last = path.rpartition(".")
    if ALIASES.get(name) == path or name == path:
        return True
    known = path.partition(".")[0]
    libraries = sys.stdlib_module_names | MODULES | PERHAPS_MODULES | set(ALIASES.values())
    return bool(root) and name == last and known in libraries
