"""Follows the functions and classes that a block defines into their bodies, call by call."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from operator import itemgetter

from rlm_magic.workspace.review.calling import Calling
from rlm_magic.workspace.review.record import Record
from rlm_magic.workspace.review.values import UNKNOWN, Function, Scope, Value, join

__all__ = ["Functions"]

# Following calls of the block's own functions ends here; each is read once in any case.
_MOST_STEPS = 20_000
_DEEPEST = 15


class Functions(Calling):
    """Adds definitions; a body is read once for each kind of argument, and at least once."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        # How many branches and loops of the current function the walk is in.
        self.maybe = 0
        self.loops = 0
        self._functions: dict[tuple[ast.AST, Scope], Function] = {}
        self._read: set[ast.AST] = set()
        self._runs: dict[tuple[object, ...], Value] = {}
        self._depth = 0
        self._returned: list[Value] = []

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self.visit(statement)

    def run_the_rest(self) -> None:
        """Read the functions that nothing in the block calls."""
        while rest := [f for f in self._functions.values() if f.node not in self._read]:
            for function in rest:
                self.run(function, [], {}, UNKNOWN)

    def visit_Return(self, node: ast.Return) -> None:
        self._returned.append(self.value(node.value))

    def visit_Yield(self, node: ast.Yield) -> Value:
        self._returned.append(self.value(node.value).contained())
        return UNKNOWN

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Value:
        self._returned.append(self.value(node.value))
        return UNKNOWN

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.value(decorator)
        self.value(node.returns)
        self.bind(node.name, Value(functions=frozenset({self.define(node)})))

    visit_AsyncFunctionDef = visit_FunctionDef

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Function:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = {
            argument.arg: self.value(default)
            for argument, default in [
                *zip(reversed(positional), reversed(arguments.defaults), strict=False),
                *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
            ]
            if default is not None
        }
        for argument in (*positional, *arguments.kwonlyargs):
            self.value(argument.annotation)
        function = self._functions.setdefault((node, self.scope), Function(node, self.scope))
        function.defaults = defaults
        return function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(key.value for key in node.keywords)):
            self.value(part)
        outer, self.scope = self.scope, Scope(self.scope, "class")
        self.body(node.body)
        inside, self.scope = self.scope, outer
        made: set[Function] = set()
        for name, value in inside.values.items():
            self.methods.setdefault(name, []).extend(value.functions)
            if name in ("__init__", "__new__", "__call__"):
                made |= value.functions
                for function in value.functions:
                    function.is_method = True
        self.bind(node.name, Value(functions=frozenset(made)))

    def run(
        self,
        function: Function,
        arguments: Sequence[Value],
        keywords: Mapping[str, Value],
        spread: Value,
    ) -> Value:
        """Read the body of `function` with these arguments; `spread` is what others may be."""
        if function.is_method and arguments[:1] != [UNKNOWN]:
            arguments = [UNKNOWN, *arguments]
        key = (function, *arguments, *sorted(keywords.items(), key=itemgetter(0)), spread)
        if key in self._runs:
            return self._runs[key]
        enough = self.steps > _MOST_STEPS and function.node in self._read
        if enough or self._depth > _DEEPEST:
            if any(value.reach for value in (*arguments, *keywords.values(), spread)):
                self.record.find("dynamic", f"{function.name}(…)", function.node.lineno)
            return UNKNOWN
        self._runs[key] = UNKNOWN
        self._read.add(function.node)
        state = (self.scope, self._returned, self.maybe, self.loops)
        self.scope, self._returned, self.maybe = Scope(function.scope, "function"), [], 0
        self._depth += 1
        try:
            self._parameters(function, arguments, keywords, spread)
            if isinstance(function.node, ast.Lambda):
                self._returned.append(self.value(function.node.body))
            else:
                self._declare(function.node)
                self.body(function.node.body)
            self._runs[key] = join(self._returned)
        finally:
            self._depth -= 1
            self.scope, self._returned, self.maybe, self.loops = state
        return self._runs[key]

    def _parameters(
        self,
        function: Function,
        arguments: Sequence[Value],
        keywords: Mapping[str, Value],
        spread: Value,
    ) -> None:
        parameters = function.node.args
        positional = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
        named = [*positional, *(argument.arg for argument in parameters.kwonlyargs)]
        values = self.scope.values
        for name in named:
            values[name] = join([function.defaults.get(name, spread), spread])
        values.update(zip(positional, arguments, strict=False))
        values.update((name, value) for name, value in keywords.items() if name in named)
        if parameters.vararg is not None:
            rest = join([*arguments[len(positional) :], spread])
            values[parameters.vararg.arg] = rest.contained()
        if parameters.kwarg is not None:
            others = [value for name, value in keywords.items() if name not in named]
            values[parameters.kwarg.arg] = join([*others, spread]).contained()

    def _declare(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        module = self.scope
        while module.parent is not None:
            module = module.parent
        for part in ast.walk(node):
            if isinstance(part, ast.Global):
                self.scope.elsewhere.update(dict.fromkeys(part.names, module))
            elif isinstance(part, ast.Nonlocal):
                for name in part.names:
                    holder = self.scope.parent.holder(name) if self.scope.parent else None
                    if holder is not None:
                        self.scope.elsewhere[name] = holder
