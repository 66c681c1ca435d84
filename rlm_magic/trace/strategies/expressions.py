"""What the expressions of a block of code are made of: the data, a part of it, a sub-model's reply.

A name that the code of the run never bound stands for the person's data; what a function makes of
data that isn't known to leave it as it is counts as computed from it.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from rlm_magic.trace.strategies.knowledge import (
    ADDS_ALL,
    ADDS_ONE,
    HEADS,
    HELPERS,
    NO_DATA,
    SAME,
    SIZE_FIELDS,
    SIZES,
)
from rlm_magic.trace.strategies.made_of import ANSWERS, SOURCE, TEXT, Of, of_literal, one, several

__all__ = ["Ask", "Expressions"]


class Ask(NamedTuple):
    """A place in the code that asks a sub-model, what its prompt is made of, and how often."""

    prompt: Of
    repeated: bool
    rolling: bool  # the prompt holds the reply of the round before
    answers: int  # how many names that hold a reply are in the prompt


class Expressions(ast.NodeVisitor):
    """Reads expressions; `names` says what those are made of that the run's code has bound so far.

    Statements are left to a subclass, which keeps count of the loops and branches around them.
    """

    def __init__(self, names: dict[str, Of]) -> None:
        self.names = names
        self.asks: dict[ast.AST, Ask] = {}
        self._depth = 0  # of loops and comprehensions
        self._branches = 0
        self._first_round: set[ast.AST] | None = None

    def of(self, node: ast.AST | None) -> Of:
        """Return what an expression is made of."""
        match node:
            case None:
                return Of.NOTHING
            case ast.Name(name):
                return self._of_name(name)
            case ast.Constant(str(text)):
                return of_literal(text)
            case ast.JoinedStr(parts) | ast.BoolOp(values=parts):
                return self._union(parts) & ~(Of.WORDS | Of.GROUPS)
            case ast.Compare(left, _, others):
                self.compared(node, [self.of(it) for it in (left, *others)])
                return Of.NOTHING
            case ast.List(parts) | ast.Tuple(parts) | ast.Set(parts) | ast.Dict(values=parts):
                return several(self._union(parts))
            case ast.Subscript(value, index):
                return self._subscript(self.of(value), index, value)
            case ast.Attribute(value, field):
                made_of = self.of(value)
                return Of.SIZE if made_of & SOURCE and field in SIZE_FIELDS else made_of
            case ast.Call():
                return self._call(node)
            case ast.Lambda(body=body):
                return self._function(node.args, [body])
            case ast.ListComp(elt) | ast.SetComp(elt) | ast.GeneratorExp(elt):
                return self._comprehension(node.generators, [elt])
            case ast.DictComp(key, value):
                return self._comprehension(node.generators, [value, key])
            case ast.NamedExpr(target, value):
                self._bind(target, made_of := self.of(value))
                return made_of
            case ast.IfExp(test, body, other):
                self.of(test)
                return self._union([body, other])
        return self._union(ast.iter_child_nodes(node))

    def called(self, call: ast.Call, name: str, on: Of, given: list[Of]) -> None:
        """A call was met of the function or method `name` of what is made of `on`."""

    def compared(self, node: ast.Compare, sides: list[Of]) -> None:
        """A comparison was met."""

    def asks_in(self, node: ast.AST) -> bool:
        """Whether `node` holds a call that asks a sub-model."""
        return any(
            isinstance(it, ast.Name) and Of.ASKS in self._of_name(it.id) for it in ast.walk(node)
        )

    def _of_name(self, name: str) -> Of:
        if name in self.names:
            return self.names[name]
        return HELPERS.get(name, Of.NOTHING if name in NO_DATA else Of.DATA)

    def _union(self, nodes: object) -> Of:
        union = Of.NOTHING
        for node in nodes:  # type: ignore[attr-defined]
            union |= self.of(node)
        return union

    def _subscript(self, made_of: Of, index: ast.expr, value: ast.expr) -> Of:
        self.of(index)
        by_place = isinstance(value, ast.Attribute) and value.attr in ("iloc", "values")
        number = index.operand if isinstance(index, ast.UnaryOp) else index
        if isinstance(index, ast.Slice) or by_place:
            is_part = made_of & SOURCE and not made_of & (Of.SEVERAL | Of.COMPUTED)
            return (made_of & ~SOURCE) | Of.PART if is_part else made_of
        if isinstance(number, ast.Constant) and isinstance(number.value, str):
            return made_of
        is_whole = made_of & SOURCE and not made_of & (Of.SEVERAL | Of.COMPUTED)
        if isinstance(number, ast.Constant) and is_whole:
            return (one(made_of) & ~SOURCE) | Of.PART
        return one(made_of)

    def _call(self, call: ast.Call) -> Of:
        function = call.func
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        name = function.attr if isinstance(function, ast.Attribute) else ""
        base = self.of(function.value) if isinstance(function, ast.Attribute) else Of.NOTHING
        if isinstance(function, ast.Name):
            name = function.id
        own = self.of(function) if not isinstance(function, ast.Attribute) else Of.NOTHING
        given = [self.of(it) for it in arguments]
        self.called(call, name, base, given)
        if Of.ASKS in own:
            return self._ask(call, own, given[:1] if name.startswith("llm") else given, arguments)
        if any(Of.ASKS in it for it in given):
            prompts = [it for it in given if Of.ASKS not in it]
            how = next(it for it in given if Of.ASKS in it)
            each = name in ("map", "imap", "starmap")
            return self._ask(call, how | (Of.BATCH if each else Of.NOTHING), prompts, arguments)
        union = base
        for it in given:
            union |= it
        if name in ADDS_ONE | ADDS_ALL and isinstance(function, ast.Attribute):
            self._add(function.value, several(union) if name in ADDS_ONE else union)
            return Of.NOTHING
        if name == "open" or (name in ("read_csv", "read_text") and not base):
            return Of.DATA
        if union & SOURCE and (name in HEADS or (name == "read" and arguments)):
            return (union & ~SOURCE) | Of.PART
        if union & SOURCE and name in SIZES:
            return Of.NOTHING if Of.SEVERAL in union else Of.SIZE
        if name in SAME:
            return union & ~Of.WORDS if isinstance(function, ast.Attribute) else union
        return Of.COMPUTED if union & (TEXT & ~Of.CHECK) else Of.NOTHING

    def _ask(self, call: ast.Call, how: Of, given: list[Of], arguments: list[ast.expr]) -> Of:
        batch = Of.BATCH in how
        prompt = Of.NOTHING
        for it in given:
            prompt |= one(it) if batch else it
        read = {n.id for it in arguments for n in ast.walk(it) if isinstance(n, ast.Name)}
        first = self._first_round
        self.asks[call] = Ask(
            prompt,
            repeated=batch or self._depth > 0,
            rolling=bool(prompt & ANSWERS) and first is not None and call not in first,
            answers=sum(Of.REPLY in self.names.get(name, Of.NOTHING) for name in read),
        )
        return Of.REPLIES if batch else Of.REPLY

    def _function(self, arguments: ast.arguments, body: list[ast.AST]) -> Of:
        """Read a function's body; its parameters are nothing until it is called."""
        outside = dict(self.names)
        for it in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            self.names[it.arg] = Of.NOTHING
        for node in body:
            self.visit(node) if isinstance(node, ast.stmt) else self.of(node)
        asks = any(self.asks_in(node) for node in body)
        self.names.clear()
        self.names.update(outside)
        return Of.ASKS if asks else Of.NOTHING

    def _comprehension(self, loops: list[ast.comprehension], elements: list[ast.expr]) -> Of:
        outside = dict(self.names)
        over = Of.NOTHING
        for loop in loops:
            over |= (it := self.of(loop.iter))
            self._bind(loop.target, one(it))
            self._depth += 1
            self._union(loop.ifs)
        made_of = self._union(elements)
        self._depth -= len(loops)
        self.names.clear()
        self.names.update(outside)
        if made_of & (SOURCE | ANSWERS) == Of.ITEM and not any(loop.ifs for loop in loops):
            return (made_of & ~Of.ITEM) | Of.DATA  # the data, entry by entry
        if over & SOURCE and not made_of & TEXT:
            made_of |= Of.COMPUTED  # counted, at least
        return several(made_of)

    def _bind(self, target: ast.AST, made_of: Of) -> None:
        match target:
            case ast.Name(name):
                before = self.names.get(name, Of.NOTHING) if self._branches else Of.NOTHING
                self.names[name] = made_of | before
            case ast.Tuple(parts) | ast.List(parts):
                for part in parts:
                    self._bind(part, made_of)
            case ast.Starred(value):
                self._bind(value, made_of)
            case ast.Subscript(value):
                self._add(value, several(made_of))

    def _add(self, target: ast.AST, made_of: Of) -> None:
        while isinstance(target, ast.Subscript | ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name) and target.id in self.names:
            self.names[target.id] |= made_of
