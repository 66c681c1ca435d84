"""Which strategies of the paper (section 4.1) a block of code shows, by its syntax and its calls.

A block may show several, or none; where it can't be told, none is named. "Data" is what the run's
code has not bound itself, and what it reads from files.

peek                prints (or ends with) a part of the data, such as a slice or `head()`, or its
                    sizes, types or names
grep                searches the data by a pattern: `re`, `.str.contains`, `find`, a literal `in` an
                    entry, the command `grep`
partition_and_map   sends at least two sub-calls or child runs, in a batch or a loop, whose prompts
                    hold pieces of the data, or what code made of it
summarise           sends a sub-call whose prompt holds several earlier replies, or, in a loop, the
                    reply of the round before
verify              asks a sub-model whether an earlier reply or computed value is right; asserts
                    something about one; or shows whether two of them are equal
recurse             starts a child run
long_output         finishes with a text or a collection that was built in a variable, and is
                    longer than a reply is: 8,000 characters, or 1,000 entries
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import get_args

from rlm_magic.events import Event, RunStarted, Strategy, SubCallStarted
from rlm_magic.syntax import Escape, parse
from rlm_magic.trace.strategies.dataflow import Dataflow
from rlm_magic.trace.strategies.made_of import ANSWERS, PIECES, SOURCE, Of

__all__ = ["strategies_in"]

_LONG_TEXT = 8_000  # characters
_LONG_COLLECTION = 1_000  # entries

_SHOW = frozenset(("print", "display", "pprint", "pp"))
_MATCH = frozenset(("search", "findall", "finditer", "match", "fullmatch"))
_OF_TEXT = frozenset(("find", "rfind", "startswith", "endswith"))
_OF_COLUMN = frozenset(("contains", "count", "extract", "extractall", *_MATCH, *_OF_TEXT))
_ENTRY_TEXT = frozenset(("lower", "upper", "casefold", "strip"))
_EQUAL = (ast.Eq, ast.NotEq)


def strategies_in(
    code: str,
    calls: Sequence[Event],
    names: dict[str, Of] | None = None,
    answer: object = None,
) -> tuple[Strategy, ...]:
    """Return the strategies of a block that ran, in the order of the list above.

    `calls` are the events that its sub-calls and child runs made; `names` is what earlier blocks
    of the run bound, and is added to; `answer` is the value the block finished with, if it did.
    """
    try:
        return _strategies(code, calls, names if names is not None else {}, answer)
    except Exception:  # a label of the code is never worth its run
        return ()


def _strategies(
    code: str, calls: Sequence[Event], names: dict[str, Of], answer: object
) -> tuple[Strategy, ...]:
    tree, escapes = parse(code)
    reader = _Reader(names, tree)
    reader.visit(tree)
    shown = reader.shown | set(_commands(escapes))
    sent = sum(isinstance(it, SubCallStarted) for it in calls)
    children = sum(isinstance(it, RunStarted) for it in calls)
    asks = reader.asks.values()
    pieces = [ask for ask in asks if ask.prompt & (PIECES | Of.COMPUTED)]
    if sent + children > 1 and (len(pieces) > 1 or any(ask.repeated for ask in pieces)):
        shown.add("partition_and_map")
    if sent + children and any(
        Of.REPLIES in ask.prompt or ask.rolling or ask.answers > 1 for ask in asks
    ):
        shown.add("summarise")
    if sent + children and any(
        Of.CHECK in ask.prompt and ask.prompt & (ANSWERS | Of.COMPUTED) for ask in asks
    ):
        shown.add("verify")
    if children:
        shown.add("recurse")
    if _is_long(answer) and reader.built:
        shown.add("long_output")
    return tuple(it for it in get_args(Strategy) if it in shown)


class _Reader(Dataflow):
    """Finds what a block shows of the data, searches for in it, and holds against each other."""

    def __init__(self, names: dict[str, Of], tree: ast.Module) -> None:
        super().__init__(names)
        self.shown: set[Strategy] = set()
        self.built = False  # the answer was built in a variable
        self._last = tree.body[-1] if tree.body else None
        self._asserting = False

    def visit_Expr(self, node: ast.Expr) -> None:
        made_of = self.of(node.value)
        if node is self._last:
            self._show([node.value], [made_of])

    def visit_Assert(self, node: ast.Assert) -> None:
        self._asserting = True
        self.of(node.test)
        self._asserting = False

    def visit_Assign(self, node: ast.Assign) -> None:
        super().visit_Assign(node)
        match node.targets:
            case [ast.Subscript(ast.Name("answer"), ast.Constant("content"))]:
                self._finish(node.value)

    def called(self, call: ast.Call, name: str, on: Of, given: list[Of]) -> None:
        everything = on
        for it in given:
            everything |= it
        if name in _SHOW:
            self._show(call.args, given)
        elif name == "SHOW_VARS":
            self.shown.add("peek")
        elif name in ("FINAL", "FINAL_VAR") and call.args:
            self._finish(call.args[0])
        elif self._searches(call, name, on, given, everything):
            self.shown.add("grep")

    def compared(self, node: ast.Compare, sides: list[Of]) -> None:
        for operator, needle, made_of, place in zip(
            node.ops, sides, sides[1:], node.comparators, strict=False
        ):
            is_search = isinstance(operator, ast.In | ast.NotIn) and Of.WORDS in needle
            if is_search and (made_of & PIECES or (made_of & SOURCE and _is_text(place))):
                self.shown.add("grep")
        if self._asserting and any(it & (ANSWERS | Of.COMPUTED) for it in sides):
            self.shown.add("verify")

    def _show(self, values: Sequence[ast.expr], made_of: Sequence[Of]) -> None:
        for value, it in zip(values, made_of, strict=False):
            if it & (Of.PART | Of.SIZE) and Of.SEVERAL not in it:
                self.shown.add("peek")
            if isinstance(value, ast.Compare) and isinstance(value.ops[0], _EQUAL):
                self._check(value.left, value.comparators[0])

    def _check(self, left: ast.expr, right: ast.expr) -> None:
        """An equality is shown: of a value that was computed before, with one that isn't given."""
        for one, other in ((left, right), (right, left)):
            is_value = isinstance(one, ast.Name) and self.of(one) & (ANSWERS | Of.COMPUTED)
            if is_value and self.of(other) & (SOURCE | ANSWERS | Of.COMPUTED | Of.SIZE):
                self.shown.add("verify")

    def _searches(self, call: ast.Call, name: str, on: Of, given: list[Of], everything: Of) -> bool:
        if not everything & SOURCE or not isinstance(call.func, ast.Attribute):
            return False
        value = call.func.value
        if isinstance(value, ast.Attribute) and value.attr == "str":
            return name in _OF_COLUMN
        if name in _MATCH:
            return any(it & SOURCE for it in given)
        return name in _OF_TEXT and bool(on & SOURCE) and any(Of.WORDS in it for it in given)

    def _finish(self, value: ast.expr) -> None:
        if isinstance(value, ast.Constant):
            is_name = isinstance(value.value, str) and value.value in self.names
            value = ast.Name(str(value.value)) if is_name else value
        is_whole = isinstance(value, ast.Name) and self.of(value) == Of.DATA
        self.built = not isinstance(value, ast.Constant) and not is_whole


def _is_text(place: ast.expr) -> bool:
    """Whether `in` looks into a text there, rather than among keys."""
    is_method = isinstance(place, ast.Call) and isinstance(place.func, ast.Attribute)
    return is_method and place.func.attr in _ENTRY_TEXT  # type: ignore[attr-defined]


def _commands(escapes: Sequence[Escape]) -> list[Strategy]:
    found: list[Strategy] = []
    for escape in escapes:
        words = f"{escape.text}\n{escape.body}".split()
        if escape.mark in ("!", "!!") or escape.name in ("bash", "sh", "sx", "system"):
            found += ["grep"] * any(word in ("grep", "egrep", "rg") for word in words)
            found += ["peek"] * any(word in ("head", "tail") for word in words)
    return found


def _is_long(answer: object) -> bool:
    if isinstance(answer, str):
        return len(answer) > _LONG_TEXT
    return isinstance(answer, list | tuple | dict | set) and len(answer) > _LONG_COLLECTION
