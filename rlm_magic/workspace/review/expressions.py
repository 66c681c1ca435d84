"""Follows values through the expressions of a block: whose they are, and what they may be."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import replace

from rlm_magic.workspace.review.calls import Call, changes_when_called, outside, owners_changed
from rlm_magic.workspace.review.knowledge import (
    ALIASES,
    CONTAINERS,
    ELEMENT_OF,
    HELPERS,
    HIDDEN,
    MASKS,
    MENTIONS,
    MODES,
    MODULES,
    PATH_STEPS,
    PERHAPS_MODULES,
    SAME,
    SCALARS,
    SECRET,
    SHARING_METHODS,
)
from rlm_magic.workspace.review.record import Record, kind_of
from rlm_magic.workspace.review.values import UNKNOWN, Function, Scope, Value, join

__all__ = ["Expressions"]

_CONTEXT = "rlm.context"
_PATH = "pathlib.Path()"
_NAMESPACES = frozenset({"builtins.globals()", "builtins.locals()", "builtins.vars()"})
_BUILTINS = frozenset(dir(builtins)) | {"get_ipython"}


class Expressions(ast.NodeVisitor):
    """Each visit of an expression returns its value; statements are left to a subclass."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.scope = Scope()
        self.stars: list[str] = []
        self.methods: dict[str, list[Function]] = {}
        self._dropped: set[int] = set()

    def assign(self, target: ast.expr, value: Value) -> None:
        raise NotImplementedError

    def bind(self, name: str, value: Value, *, walrus: bool = False) -> None:
        raise NotImplementedError

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Function:
        raise NotImplementedError

    def run(self, function: Function, arguments: Sequence[Value], spread: Value) -> Value:
        raise NotImplementedError

    def value(self, node: ast.expr | None) -> Value:
        """Return what the expression may be, and record what evaluating it does."""
        found = self.visit(node) if node is not None else None
        return found if isinstance(found, Value) else UNKNOWN

    def drop(self, *nodes: ast.expr) -> None:
        """Remember that the values of `nodes` are used for nothing."""
        self._dropped.update(map(id, nodes))

    # --- names ---

    def visit_Name(self, node: ast.Name) -> Value:
        return self._mention(self._look_up(node.id), node)

    def _look_up(self, name: str) -> Value:
        holder = self.scope.holder(name)
        if holder is not None:
            return holder.values[name]
        if name in HELPERS:
            self.record.helpers[name] = None
            return UNKNOWN
        if name == "context":
            self.record.reads[name] = None
            return Value(frozenset({name}), paths=frozenset({_CONTEXT}))
        path = ALIASES.get(name) or (name if name in MODULES else None)
        if path is None and name in _BUILTINS:
            path = f"builtins.{name}"
            if path not in MENTIONS and path not in MODES and name in self.record.names:
                return self._own(name, path)
        if path is not None:
            return Value(paths=frozenset({path}))
        if name in self.record.names:
            return self._own(name, name if name in PERHAPS_MODULES else None)
        paths = {f"{module}.{name}" for module in self.stars}
        return Value(paths=frozenset(paths | {name} if name in PERHAPS_MODULES else paths))

    def _own(self, name: str, path: str | None) -> Value:
        self.record.reads[name] = None
        return Value(frozenset({name}), paths=frozenset({path} if path else ()))

    def _mention(self, value: Value, node: ast.expr) -> Value:
        for path in sorted(value.paths):
            kind = kind_of(path)
            if kind is not None:
                self.record.find(kind, path.removeprefix("builtins."), node.lineno)
        return value

    # --- parts ---

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        found = self._attribute(self.value(node.value), node.attr, node)
        if changes_when_called(node.attr) and isinstance(node.ctx, ast.Load):
            self.record.change(found.owners, ast.unparse(node), node.lineno)
        return found

    def _attribute(self, base: Value, name: str, node: ast.expr) -> Value:
        module = any("(" not in path and path != _CONTEXT for path in base.paths)
        if name in HIDDEN or (name == "__dict__" and module):
            self.record.find("dynamic", ast.unparse(node), node.lineno)
        paths = set()
        for path in base.paths:
            same = path == _PATH or path.startswith("pathlib.Path")
            paths.add(_PATH if same and name in PATH_STEPS else f"{path}.{name}")
        owners = frozenset[str]() if name in SCALARS else base.owners
        value = Value(owners, base.inner, frozenset(paths), derived=True)
        if base.functions and not name.startswith("__"):
            value = replace(value, functions=base.functions)
        return self._mention(value, node)

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        base, index = self.value(node.value), self.value(node.slice)
        if base.paths & _NAMESPACES:
            if index.text is not None:
                return self._mention(self._look_up(index.text), node)
            if isinstance(node.ctx, ast.Load):
                self.record.find("dynamic", ast.unparse(node), node.lineno)
        if _CONTEXT in base.paths and index.text in self.record.names and index.text is not None:
            return self._own(index.text, None)
        if index.mask or isinstance(node.slice, ast.List | ast.ListComp):
            return UNKNOWN
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
        if isinstance(node.op, ast.Div) and _PATH in left.paths:
            if right.text and SECRET.search(right.text):
                self.record.find("environment", ast.unparse(node), node.lineno)
            return Value(paths=frozenset({_PATH}))
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
        if id(node) in self._dropped:
            self.drop(node.body, node.orelse)
        return join([self.value(node.body), self.value(node.orelse)])

    def visit_Await(self, node: ast.Await) -> Value:
        if id(node) in self._dropped:
            self.drop(node.value)
        return self.value(node.value)

    def visit_Starred(self, node: ast.Starred) -> Value:
        return self.value(node.value).element()

    def visit_Yield(self, node: ast.Yield) -> Value:
        return self.value(node.value)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Value:
        return self.value(node.value)

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
        inside = join(self.value(part) for part in shown)
        return Value(inner=inside.reach, functions=inside.functions)

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

    # --- calls ---

    def visit_Call(self, node: ast.Call) -> Value:
        receiver = None
        if isinstance(node.func, ast.Attribute):
            receiver = self.value(node.func.value)
            callee = self._attribute(receiver, node.func.attr, node.func)
        else:
            callee = self.value(node.func)
        arguments = [self.value(argument) for argument in node.args]
        keywords = {key.arg or "**": self.value(key.value) for key in node.keywords}
        dropped = id(node) in self._dropped
        call = Call(node, callee.paths, receiver, arguments, keywords, dropped)
        for kind in outside(call):
            self.record.find(kind, ast.unparse(node), node.lineno)
        changed = owners_changed(call)
        if changed:
            self.record.change(changed, ast.unparse(node), node.lineno)
        self._reach_by_name(call)
        if receiver is not None and isinstance(node.func, ast.Attribute):
            self._put_into(node.func.value, call)
        given = [*arguments, *keywords.values()]
        results = [self._result(call, callee)]
        results += [self.run(f, arguments, _spread(keywords.values())) for f in callee.functions]
        for method in self.methods.get(call.method, ()) if callee.functions == frozenset() else ():
            results.append(self.run(method, [UNKNOWN, *arguments], _spread(keywords.values())))
        self._call_back(given, receiver)
        if _CONTEXT in (receiver.paths if receiver else ()) and call.method == "get" and arguments:
            if arguments[0].text in self.record.names and arguments[0].text is not None:
                return self._own(arguments[0].text, None)
        return self._mention(join(results), node) if len(results) > 1 else results[0]

    def _call_back(self, given: Sequence[Value], receiver: Value | None) -> None:
        """Run the code's functions that are given to somebody who may call them on the rest."""
        for function in {function for value in given for function in value.functions}:
            rest = [*given, *([receiver] if receiver else [])]
            reach = _spread(rest)
            self.run(function, [], replace(reach, derived=True, functions=frozenset()))

    def _put_into(self, container: ast.expr, call: Call) -> None:
        """Remember what a method like `append` puts into a container of the code's own."""
        if isinstance(container, ast.Name) and call.arguments and changes_when_called(call.method):
            holder = self.scope.holder(container.id)
            if holder is not None:
                inside = join(call.arguments)
                holder.values[container.id] = holder.values[container.id].holding(inside)

    def _reach_by_name(self, call: Call) -> None:
        """Record attributes and globals that are reached by a name that is computed or hidden."""
        names = {path.removeprefix("builtins.") for path in call.paths}
        line, what = call.node.lineno, ast.unparse(call.node)
        if names & {"getattr", "setattr", "delattr", "operator.attrgetter"} and call.arguments:
            text = call.arguments[min(1, len(call.arguments) - 1)].text
            if text is None or text in HIDDEN or (text.startswith("__") and names != {"getattr"}):
                self.record.find("dynamic", what, line)
            elif not names & {"getattr", "operator.attrgetter"} and _is_module(call.arguments[0]):
                self.record.find("dynamic", what, line)
        receiver = call.receiver
        if receiver is None:
            return
        if receiver.paths & _NAMESPACES:
            name = call.arguments[0].text if call.arguments else None
            if call.method == "get" and name is not None:
                self._mention(self._look_up(name), call.node)
            elif call.method not in ("keys", "items", "values", "copy"):
                self.record.find("dynamic", what, line)
        elif "sys.path" in receiver.paths and changes_when_called(call.method):
            self.record.find("dynamic", what, line)

    def _result(self, call: Call, callee: Value) -> Value:
        first = call.arguments[0] if call.arguments else UNKNOWN
        paths = {f"{path}()" for path in callee.paths}
        names = callee.paths
        if names & {"builtins.getattr"} and len(call.arguments) > 1:
            name = call.arguments[1].text
            got = self._attribute(first, name, call.node) if name else replace(first, derived=True)
            return join([got, *call.arguments[2:]])
        if names & {"builtins.__import__", "importlib.import_module"} and first.text:
            return Value(paths=frozenset({first.text}))
        if names & {"builtins.globals", "builtins.locals"} or (
            "builtins.vars" in names and not call.arguments
        ):
            return Value(inner=self.record.names, paths=frozenset(paths))
        if any(path in ("pathlib.Path", "pathlib.PosixPath") for path in names) or (
            names & {"pathlib.Path.home", "pathlib.Path.cwd", _PATH}
        ):
            return Value(paths=frozenset({_PATH}))
        if names & SAME:
            return Value(first.owners, first.inner, derived=True)
        if names & ELEMENT_OF:
            return join(call.arguments).element()
        if names & CONTAINERS:
            inside = join(call.arguments)
            passed = {path for path in inside.paths if path.endswith("()")}
            functions = inside.functions
            return Value(inner=inside.reach, paths=frozenset(passed), functions=functions)
        if "functools.partial" in names:
            return Value(functions=first.functions, paths=first.paths)
        receiver = call.receiver
        if receiver is not None and call.method in SHARING_METHODS:
            return replace(receiver.element(), paths=frozenset(paths))
        mask = call.method in MASKS
        text = _text(call) if call.method in ("format", "join", "lower", "strip") else None
        return Value(paths=frozenset(paths), mask=mask, text=text)


def _spread(values: object) -> Value:
    """Return what any of `values`, or an element of one, may be."""
    several = [value for value in values if isinstance(value, Value)]  # type: ignore[attr-defined]
    everything = join(several)
    return Value(everything.reach, everything.inner)


def _is_module(value: Value) -> bool:
    return any("(" not in path and path != _CONTEXT for path in value.paths)


def _text(call: Call) -> str | None:
    """Return the string that a method of a known string gives, None if it is not known."""
    text = call.receiver.text if call.receiver else None
    if text is None:
        return None
    if call.method == "join":
        parts = call.node.args[0] if call.node.args else None
        if isinstance(parts, ast.List | ast.Tuple):
            known = [part.value for part in parts.elts if isinstance(part, ast.Constant)]
            if len(known) == len(parts.elts) and all(isinstance(part, str) for part in known):
                return text.join(map(str, known))
        return None
    if call.arguments or call.keywords:
        return None
    return {"lower": text.lower(), "strip": text.strip()}.get(call.method)
