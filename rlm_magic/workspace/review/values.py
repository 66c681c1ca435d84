"""What a review knows of a value that code works with, and of the names that hold values."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rlm_magic.workspace.review.knowledge import ELEMENTS

__all__ = ["UNKNOWN", "Function", "Scope", "Value", "join"]

_NONE: frozenset[str] = frozenset()
_DEEPEST = 5


@dataclass(eq=False, slots=True)
class Function:
    """A function that the code defines, where it does, and what its parameters default to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    is_method: bool = False

    @property
    def name(self) -> str:
        """Its name, `lambda` if it has none."""
        return "lambda" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(frozen=True, slots=True)
class Value:
    """What a value may be, joined over all that it may be.

    `levels` are the person's variables that change when it is changed in place, when an element of
    it is, an element of an element, and so on; the last level stands for all below it. `paths` are
    the library objects it may be, `functions` the functions of the code; `text` is its value where
    it is a known string. A value is `derived` if it is not a person's variable itself but something
    in one; a `mask` selects, which copies; what is `sliced` is a copy of a list, or a view of an
    array.
    """

    levels: tuple[frozenset[str], ...] = (_NONE,)
    paths: frozenset[str] = _NONE
    functions: frozenset[Function] = frozenset()
    text: str | None = None
    derived: bool = False
    mask: bool = False
    sliced: bool = False

    @property
    def owners(self) -> frozenset[str]:
        """The person's variables that change when it is changed in place."""
        return self.levels[0]

    @property
    def reach(self) -> frozenset[str]:
        """The person's variables that it gives access to."""
        return _NONE.union(*self.levels)

    def element(self) -> Value:
        """Return what is got by subscripting or iterating."""
        paths = frozenset(ELEMENTS[path] for path in self.paths if path in ELEMENTS)
        return Value(self.levels[1:] or self.levels, paths, self.functions, derived=True)

    def contained(self) -> Value:
        """Return a new container of it."""
        levels = (_NONE, *self.levels)
        if len(levels) > _DEEPEST:
            levels = (*levels[: _DEEPEST - 1], _NONE.union(*levels[_DEEPEST - 1 :]))
        return Value(levels, functions=self.functions)

    def holding(self, other: Value) -> Value:
        """Return it after `other` was put into it."""
        inside = other.contained()
        return replace(
            self,
            levels=_join_levels([self.levels, inside.levels]),
            functions=self.functions | other.functions,
        )


UNKNOWN = Value()


def join(values: Iterable[Value]) -> Value:
    """Return what is one of `values`, nobody knows which."""
    several = list(values)
    if len(several) == 1:
        return several[0]
    return Value(
        _join_levels([value.levels for value in several]),
        _NONE.union(*(value.paths for value in several)),
        frozenset[Function]().union(*(value.functions for value in several)),
        derived=bool(several) and all(value.derived for value in several),
        sliced=bool(several) and all(value.sliced for value in several),
    )


def _join_levels(several: list[tuple[frozenset[str], ...]]) -> tuple[frozenset[str], ...]:
    depth = max(map(len, several), default=1)
    padded = [levels + levels[-1:] * (depth - len(levels)) for levels in several]
    return tuple(_NONE.union(*level) for level in zip(*padded, strict=True)) or (_NONE,)


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, a function, a class or a comprehension."""

    parent: Scope | None = None
    kind: str = "module"
    values: dict[str, Value] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)

    def holder(self, name: str) -> Scope | None:
        """Return the scope in which `name` is found, None if the code never bound it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.elsewhere:
                scope = scope.elsewhere[name]
            if name in scope.values:
                return scope
            scope = scope.parent
        return None

    def target(self, name: str, *, walrus: bool = False) -> Scope:
        """Return the scope in which an assignment binds `name`."""
        scope = self
        while walrus and scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope.elsewhere.get(name, scope)
