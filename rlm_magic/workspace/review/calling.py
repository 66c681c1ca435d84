"""Follows the calls of a block: what they do, what they return, and what they call back."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rlm_magic.workspace.review.calls import Call, changes_when_called, outside, owners_changed
from rlm_magic.workspace.review.expressions import CONTEXT, NAMESPACES, PATH, Expressions
from rlm_magic.workspace.review.knowledge import (
    C_MODULES,
    CONTAINERS,
    ELEMENT_OF,
    HIDDEN,
    MAPPINGS,
    MASKS,
    PAIRINGS,
    SAME,
    SHARING_METHODS,
)
from rlm_magic.workspace.review.values import UNKNOWN, Function, Value, join

__all__ = ["Calling"]


class Calling(Expressions):
    """Adds calls; running the block's own functions is left to a subclass."""

    @abstractmethod
    def run(
        self,
        function: Function,
        arguments: Sequence[Value],
        keywords: Mapping[str, Value],
        spread: Value,
    ) -> Value:
        """Read the body of `function` with these arguments; `spread` is what others may be."""

    def visit_Call(self, node: ast.Call) -> Value:
        receiver = None
        if isinstance(node.func, ast.Attribute):
            receiver = self.value(node.func.value)
            callee = self.attribute(receiver, node.func.attr, node.func)
        else:
            callee = self.value(node.func)
        arguments = [self.value(argument) for argument in node.args]
        keywords = {key.arg or "**": self.value(key.value) for key in node.keywords}
        dropped = id(node) in self.dropped
        call = Call(node, callee.paths, receiver, arguments, keywords, dropped)
        judged = [call]
        if "functools.partial" in callee.paths and arguments:
            judged.append(Call(node, arguments[0].paths, None, arguments[1:], keywords, False))
        for kind in {kind for one in judged for kind in outside(one)}:
            self.record.find(kind, ast.unparse(node), node.lineno)
        changed = owners_changed(call)
        if changed:
            self.record.change(changed, ast.unparse(node), node.lineno)
        self._reach_by_name(call)
        if receiver is not None and isinstance(node.func, ast.Attribute):
            self._put_into(node.func.value, call)
        given = [*arguments, *keywords.values()]
        results = [self._result(call, callee)]
        # What `*` and `**` give may be any argument.
        starred = [a for n, a in zip(node.args, arguments, strict=True) if type(n) is ast.Starred]
        spread = _spread([*starred, *(keywords[key] for key in keywords if key == "**")])
        named = {key: value for key, value in keywords.items() if key != "**"}
        results += [self.run(f, arguments, named, spread) for f in callee.functions]
        if not callee.functions:
            for method in self.methods.get(call.method, ()):
                results.append(self.run(method, [UNKNOWN, *arguments], named, spread))
        called_back = self._call_back(given, receiver)
        if "builtins.map" in callee.paths and called_back:
            results = [join(called_back).contained()]
        if receiver is not None and CONTEXT in receiver.paths and call.method == "get":
            name = arguments[0].text if arguments else None
            if name is not None and name in self.record.names:
                return self.own(name, None)
        return join(results)

    def _call_back(self, given: Sequence[Value], receiver: Value | None) -> list[Value]:
        """Run the code's functions that are given to somebody who may call them on the rest."""
        rest = _spread([*given, *([receiver] if receiver else [])])
        functions = {function for value in given for function in value.functions}
        return [self.run(function, [], {}, rest) for function in functions]

    def _put_into(self, container: ast.expr, call: Call) -> None:
        """Remember what a method like `append` puts into a container of the code's own."""
        if isinstance(container, ast.Name) and call.arguments and changes_when_called(call.method):
            holder = self.scope.holder(container.id)
            if holder is not None:
                inside = call.arguments[-1]  # the ones before are places: keys, positions
                if call.method in ("extend", "extendleft", "update"):
                    inside = inside.element()
                holder.values[container.id] = holder.values[container.id].holding(inside)

    def _reach_by_name(self, call: Call) -> None:
        """Record attributes and globals that are reached by a name that is computed or hidden."""
        receiver, arguments = call.receiver, call.arguments
        names = {path.removeprefix("builtins.") for path in call.paths}
        hidden = "operator.attrgetter()" in names and any(map(_is_module, arguments))
        if names & {"getattr", "setattr", "delattr", "operator.attrgetter"} and arguments:
            reads = bool(names & {"getattr", "operator.attrgetter"})
            text = arguments[min(len(arguments) - 1, 0 if "getter" in str(names) else 1)].text
            hidden = text is None or text in HIDDEN or (not reads and _is_module(arguments[0]))
        elif "vars" in names and arguments:
            hidden = _is_module(arguments[0])
        elif receiver is not None and receiver.paths & NAMESPACES:
            name = arguments[0].text if arguments else None
            if call.method == "get" and name is not None:
                self.mention(self.look_up(name), call.node)
            else:
                hidden = call.method not in ("keys", "items", "values", "copy")
        elif receiver is not None:
            hidden = "sys.path" in receiver.paths
        if hidden:
            self.record.find("dynamic", ast.unparse(call.node), call.node.lineno)

    def _result(self, call: Call, callee: Value) -> Value:
        first = call.arguments[0] if call.arguments else UNKNOWN
        paths = {f"{path}()" for path in callee.paths if path.count("()") < 2}
        names = callee.paths
        if names & {"builtins.getattr"} and len(call.arguments) > 1:
            name = call.arguments[1].text
            got = self.attribute(first, name, call.node) if name else replace(first, derived=True)
            return join([got, *call.arguments[2:]])
        if names & {"builtins.__import__", "importlib.import_module"} and first.text:
            return Value(paths=frozenset({C_MODULES.get(first.text, first.text)}))
        if names & {"builtins.globals", "builtins.locals"} or (
            "builtins.vars" in names and not call.arguments
        ):
            return Value((frozenset(), self.record.names), frozenset(paths))
        if any(path in ("pathlib.Path", "pathlib.PosixPath") for path in names) or (
            names & {"pathlib.Path.home", "pathlib.Path.cwd", PATH}
        ):
            return Value(paths=frozenset({PATH}))
        if names & SAME:
            return Value(first.levels, derived=True)
        if names & ELEMENT_OF:
            return join(call.arguments).element()
        if names & CONTAINERS:
            inside = join(call.arguments)
            passed = {path for path in inside.paths if path.endswith("()")}
            return replace(inside.element().contained(), paths=frozenset(passed))
        if names & PAIRINGS:
            return join(call.arguments).element().contained().contained()
        if names & MAPPINGS:
            return _spread([*call.arguments, *call.keywords.values()]).contained()
        if "functools.partial" in names:
            return Value(functions=first.functions, paths=first.paths)
        receiver = call.receiver
        if receiver is not None and call.method in SHARING_METHODS:
            got = receiver.element()
            if call.method in ("items", "iterrows"):
                got = got.contained().contained()
            elif call.method in ("values", "itertuples", "iter_rows"):
                got = got.contained()
            return replace(got, paths=frozenset(paths))
        mask = call.method in MASKS
        text = _text(call) if call.method in ("format", "join", "lower", "strip") else None
        return Value(paths=frozenset(paths), mask=mask, text=text)


def _spread(values: Iterable[Value]) -> Value:
    """Return what any of `values`, or an element of one, may be."""
    return Value((join(values).reach,), derived=True)


def _is_module(value: Value) -> bool:
    return any("(" not in path and path != CONTEXT for path in value.paths)


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
