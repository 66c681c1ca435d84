"""The namespace in which a run's code works: the person's own, lent for the run and given back.

Code runs with the mapping itself as its globals, so nothing is copied. The helpers are put into it
for the run; whatever the person had under their names comes back, the same object, at its end.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FunctionType, ModuleType, NoneType
from typing import Any

from rlm_magic.errors import ConfigurationError
from rlm_magic.settings import Keep
from rlm_magic.workspace.describe import describe_namespace, variables_of
from rlm_magic.workspace.execution.execute import Execution, execute, is_public
from rlm_magic.workspace.execution.guards import keyboard_guard, refuse_exit
from rlm_magic.workspace.execution.host import Host
from rlm_magic.workspace.execution.streams import shared_streams

__all__ = ["Workspace", "fresh_namespace"]

_MISSING = object()
_lent: set[int] = set()  # the identities of the namespaces that runs hold

# Objects that many names share without anybody having passed them on.
_SHARED = (str, bytes, int, float, complex, bool, NoneType, type, ModuleType, FunctionType)
_REFUSED = {"exit": refuse_exit, "quit": refuse_exit}


def fresh_namespace() -> dict[str, Any]:
    """Return an empty namespace as a script has it."""
    return {"__name__": "__main__", "__builtins__": __builtins__}


class Workspace:
    """One run's hold on a namespace; `described` are the names to describe, None for all."""

    def __init__(
        self,
        namespace: dict[str, Any],
        *,
        host: Host,
        described: Collection[str] | None = None,
        keep: Keep = "answer",
        max_output: int = 10_000,
    ) -> None:
        self.namespace = namespace
        self._host = host
        self.described = described
        self._keep = keep
        self._max_output = max_output
        self._helpers: dict[str, Any] = {}
        self._before: dict[str, Any] = {}
        self.kept_names: set[str] = set()

    @contextmanager
    def lent(self, helpers: Mapping[str, Any]) -> Iterator[None]:
        """Hold the namespace with `helpers` in it; give it back on exit, however that comes."""
        self._before = dict(self.namespace)
        self._helpers = {**helpers, **_REFUSED}
        with ExitStack() as stack:
            _lent.add(id(self.namespace))
            stack.callback(_lent.discard, id(self.namespace))
            stack.callback(self._give_back)
            with suppress(OSError):  # the folder was deleted; there is nowhere to return to
                stack.callback(_return_to, Path.cwd())
            stack.enter_context(shared_streams.in_force())
            stack.enter_context(keyboard_guard.in_force())
            self.namespace.update(self._helpers)
            yield

    def check_free(self) -> None:
        """Raise ConfigurationError while another run holds the namespace."""
        if id(self.namespace) in _lent:
            raise ConfigurationError(
                "Another run is using this namespace: wait for its end, or give this one its own."
            )

    def variables(self, names: Collection[str] | None = None) -> dict[str, Any]:
        """Return the person's variables by name, by reference: `names`, or all there are."""
        variables = variables_of(self.namespace)
        return variables if names is None else {k: v for k, v in variables.items() if k in names}

    def person_names(self) -> list[str]:
        """Return the names of the person's objects: theirs, and those that code gave them since."""
        theirs = {
            id(value) for value in self._before.values() if not issubclass(type(value), _SHARED)
        }
        return [
            name
            for name, value in self._visible().items()
            if is_public(name) and (name in self._before or id(value) in theirs)
        ]

    def describe(self, budget: int = 12_000) -> str:
        """Return the description of the variables that a root model reads."""
        hidden = [name for name in self._helpers if name != "context"]
        visible = self._visible()
        if self.described is not None:
            visible = {k: v for k, v in visible.items() if k in self.described or k == "context"}
        return describe_namespace(visible, hide=hidden, budget=budget)

    def execute(self, source: str) -> Execution:
        """Run a block of code (inside of `bridge.drive`)."""
        with shared_streams.kept(), keyboard_guard.kept():
            return execute(source, self.namespace, host=self._host, limit=self._max_output)

    def restore_helpers(self) -> tuple[str, ...]:
        """Put back helpers that code overwrote or deleted, and return their names."""
        lost = tuple(
            name
            for name, helper in self._helpers.items()
            if self.namespace.get(name, _MISSING) is not helper
        )
        for name in lost:
            self.namespace[name] = self._helpers[name]
        return lost

    def _visible(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in list(self.namespace.items())
            if name == "context" or self._helpers.get(name, _MISSING) is not value
        }

    def _give_back(self) -> None:
        before, after = self._before, self.namespace
        for name in self._helpers:
            if name not in before:
                after.pop(name, None)
            else:
                after[name] = before[name]
        if self._keep == "all":
            return
        kept = self.kept_names - before.keys() if self._keep == "answer" else set()
        for name in list(after):  # a thread that the code left behind may bind names meanwhile
            if name not in before and name not in kept:
                after.pop(name, None)
        for name, value in before.items():
            if after.get(name, _MISSING) is not value:
                after[name] = value


def _return_to(folder: Path) -> None:
    try:
        os.chdir(folder)
    except OSError:
        return  # the folder is gone; there is nowhere better to be
