"""Follows the functions and classes that a block defines into their bodies, call by call."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from rlm_magic.workspace.review.calling import Calling
from rlm_magic.workspace.review.record import Record
from rlm_magic.workspace.review.values import UNKNOWN, Function, Scope, Value, join

__all__ = ["Functions"]

# Following calls of the block's own functions ends here; what was not followed is read once.
_MOST_RUNS = 500
_DEEPEST = 15


class Functions(Calling):
    """Adds definitions; a body is read once for each kind of argument, and at least once."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        # How many branches and loops of the current function the walk is in.
        self.maybe = 0
        self.loops = 0
        self._functions: list[Function] = []
        self._runs: dict[tuple[object, ...], Value] = {}
        self._depth = 0
        self._returned: list[Value] = []

    def body(self, statements: Sequence[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self.visit(statement)

    def run_the_rest(self) -> None:
        """Read the functions that nothing in the block calls."""
        for function in self._functions:  # more are found while the bodies of these are read
            if not any(key[0] is function for key in self._runs):
                self.run(function, [], UNKNOWN)

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
        for known in self._functions:
            if known.node is node and known.scope is self.scope:
                known.defaults = defaults
                return known
        function = Function(node, self.scope, defaults)
        self._functions.append(function)
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

    def run(self, function: Function, arguments: Sequence[Value], spread: Value) -> Value:
        """Read the function's body with these arguments; `spread` is what the others may be."""
        if function.is_method and arguments[:1] != [UNKNOWN]:
            arguments = [UNKNOWN, *arguments]
        key = (function, *arguments, spread)
        if key in self._runs:
            return self._runs[key]
        self._runs[key] = UNKNOWN
        if len(self._runs) > _MOST_RUNS or self._depth > _DEEPEST:
            return UNKNOWN
        state = (self.scope, self._returned, self.maybe, self.loops)
        self.scope, self._returned, self.maybe = Scope(function.scope, "function"), [], 0
        self._depth += 1
        try:
            self._parameters(function, arguments, spread)
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

    def _parameters(self, function: Function, arguments: Sequence[Value], spread: Value) -> None:
        parameters = function.node.args
        positional = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
        values = self.scope.values
        for name in (*positional, *(argument.arg for argument in parameters.kwonlyargs)):
            values[name] = join([function.defaults.get(name, spread), spread])
        values.update(zip(positional, arguments, strict=False))
        rest = join([*arguments[len(positional) :], spread])
        for catcher in (parameters.vararg, parameters.kwarg):
            if catcher is not None:
                values[catcher.arg] = rest.contained()

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
