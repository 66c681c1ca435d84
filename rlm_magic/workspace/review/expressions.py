"""Follows values through the expressions of a block: whose they are, and what they may be."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from rlm_magic.workspace.review.knowledge import (
    ALIASES,
    CHANGES_IF_DROPPED,
    CHANGING,
    HELPERS,
    HIDDEN,
    MENTIONS,
    MODES,
    MODULES,
    PATH_STEPS,
    PERHAPS_MODULES,
    SCALARS,
    SECRET,
)
from rlm_magic.workspace.review.record import Record, kind_of
from rlm_magic.workspace.review.values import UNKNOWN, Function, Scope, Value, join

__all__ = ["CONTEXT", "NAMESPACES", "PATH", "Expressions"]

CONTEXT = "rlm.context"
PATH = "pathlib.Path()"
NAMESPACES = frozenset({"builtins.globals()", "builtins.locals()", "builtins.vars()"})
_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "__builtins__"}


class Expressions(ast.NodeVisitor, ABC):
    """Each visit of an expression returns its value; statements are left to a subclass."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.scope = Scope()
        self.stars: list[str] = []
        self.steps = 0
        self.methods: dict[str, list[Function]] = {}
        self.dropped: set[int] = set()

    @abstractmethod
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind the names of `target`, or record what storing into it changes."""

    @abstractmethod
    def bind(self, name: str, value: Value, *, walrus: bool = False) -> None:
        """Bind a name."""

    @abstractmethod
    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Function:
        """Return the function that `node` defines."""

    def value(self, node: ast.expr | None) -> Value:
        """Return what the expression may be, and record what evaluating it does."""
        self.steps += 1
        found = self.visit(node) if node is not None else None
        return found if isinstance(found, Value) else UNKNOWN

    def drop(self, *nodes: ast.expr) -> None:
        """Remember that the values of `nodes` are used for nothing."""
        self.dropped.update(map(id, nodes))

    # --- names ---

    def visit_Name(self, node: ast.Name) -> Value:
        return self.mention(self.look_up(node.id), node)

    def look_up(self, name: str) -> Value:
        holder = self.scope.holder(name)
        if holder is not None:
            return holder.values[name]
        if name in HELPERS:
            self.record.helpers[name] = None
            return UNKNOWN
        if name == "context":
            self.record.reads[name] = None
            return Value((frozenset({name}),), paths=frozenset({CONTEXT}))
        path = ALIASES.get(name) or (name if name in MODULES else None)
        if path is None and name in _BUILTINS:
            path = f"builtins.{name}"
            if path not in MENTIONS and path not in MODES and name in self.record.names:
                return self.own(name, path)
        if path is not None:
            return Value(paths=frozenset({path}))
        if name in self.record.names:
            return self.own(name, name if name in PERHAPS_MODULES else None)
        paths = {f"{module}.{name}" for module in self.stars}
        return Value(paths=frozenset(paths | {name} if name in PERHAPS_MODULES else paths))

    def own(self, name: str, path: str | None) -> Value:
        self.record.reads[name] = None
        return Value((frozenset({name}),), paths=frozenset({path} if path else ()))

    def mention(self, value: Value, node: ast.expr) -> Value:
        for path in sorted(value.paths):
            kind = kind_of(path)
            if kind is not None:
                self.record.find(kind, path.removeprefix("builtins."), node.lineno)
        return value

    # --- parts ---

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        found = self.attribute(self.value(node.value), node.attr, node)
        if node.attr in CHANGING or node.attr in CHANGES_IF_DROPPED:
            self.record.change(found.owners, ast.unparse(node), node.lineno)
        return found

    def attribute(self, base: Value, name: str, node: ast.expr) -> Value:
        module = any("(" not in path and path != CONTEXT for path in base.paths)
        if name in HIDDEN or (name == "__dict__" and module):
            self.record.find("dynamic", ast.unparse(node), node.lineno)
        paths = set()
        for path in (path for path in base.paths if len(path) < 200):
            same = path == PATH or path.startswith("pathlib.Path")
            paths.add(PATH if same and name in PATH_STEPS else f"{path}.{name}")
        levels = UNKNOWN.levels if name in SCALARS else base.levels
        value = Value(levels, frozenset(paths), derived=True)
        if base.functions and not name.startswith("__"):
            value = replace(value, functions=base.functions)
        return self.mention(value, node)

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        base, index = self.value(node.value), self.value(node.slice)
        if base.paths & NAMESPACES:
            if index.text is not None:
                return self.mention(self.look_up(index.text), node)
            if isinstance(node.ctx, ast.Load):
                self.record.find("dynamic", ast.unparse(node), node.lineno)
        if CONTEXT in base.paths and index.text in self.record.names and index.text is not None:
            return self.own(index.text, None)
        if index.mask or isinstance(node.slice, ast.List | ast.ListComp):
            return UNKNOWN
        if isinstance(node.slice, ast.Slice):
            return replace(base, derived=True, sliced=True, text=None)
        return base.element()

    def visit_Constant(self, node: ast.Constant) -> Value:
        return Value(text=node.value) if isinstance(node.value, str) else UNKNOWN

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Value:
        texts: list[str | None] = []
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            texts.append(self.value(inner).text)
            if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                self.value(part.format_spec)
                texts.append(None)
        return Value(text="".join(t for t in texts if t) if None not in texts else None)

    def visit_BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Div) and PATH in left.paths:
            if right.text and SECRET.search(right.text):
                self.record.find("environment", ast.unparse(node), node.lineno)
            return Value(paths=frozenset({PATH}))
        if isinstance(node.op, ast.Add) and left.text is not None and right.text is not None:
            return Value(text=left.text + right.text)
        return Value(mask=left.mask or right.mask)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Value:
        return Value(mask=self.value(node.operand).mask)

    def visit_Compare(self, node: ast.Compare) -> Value:
        for part in (node.left, *node.comparators):
            self.value(part)
        return Value(mask=True)

    def visit_BoolOp(self, node: ast.BoolOp) -> Value:
        self.drop(*node.values)
        return join(self.value(part) for part in node.values)

    def visit_IfExp(self, node: ast.IfExp) -> Value:
        self.value(node.test)
        if id(node) in self.dropped:
            self.drop(node.body, node.orelse)
        return join([self.value(node.body), self.value(node.orelse)])

    def visit_Await(self, node: ast.Await) -> Value:
        if id(node) in self.dropped:
            self.drop(node.value)
        return self.value(node.value)

    def visit_Starred(self, node: ast.Starred) -> Value:
        return self.value(node.value).element()

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.bind(node.target.id, value, walrus=True)
        return value

    def visit_Lambda(self, node: ast.Lambda) -> Value:
        self.drop(node.body)
        return Value(functions=frozenset({self.define(node)}))

    # --- containers ---

    def _display(self, parts: Sequence[ast.expr | None]) -> Value:
        shown = [part for part in parts if part is not None]
        self.drop(*shown)
        return join(self.value(part) for part in shown).contained()

    def visit_List(self, node: ast.List) -> Value:
        return self._display(node.elts)

    def visit_Tuple(self, node: ast.Tuple) -> Value:
        return self._display(node.elts)

    def visit_Set(self, node: ast.Set) -> Value:
        return self._display(node.elts)

    def visit_Dict(self, node: ast.Dict) -> Value:
        return self._display([*node.keys, *node.values])

    def _comprehension(self, node: ast.expr, parts: Sequence[ast.expr]) -> Value:
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
        outer, self.scope = self.scope, Scope(self.scope, "comprehension")
        try:
            for part in node.generators:
                self.assign(part.target, self.value(part.iter).element())
                for test in part.ifs:
                    self.value(test)
            return self._display(parts)
        finally:
            self.scope = outer

    def visit_ListComp(self, node: ast.ListComp) -> Value:
        return self._comprehension(node, [node.elt])

    def visit_SetComp(self, node: ast.SetComp) -> Value:
        return self._comprehension(node, [node.elt])

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Value:
        return self._comprehension(node, [node.elt])

    def visit_DictComp(self, node: ast.DictComp) -> Value:
        return self._comprehension(node, [node.key, node.value])
