"""The final answer of a run: how code gives it, and what is accepted as one."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlm_magic.workspace.execution.execute import Finish

__all__ = ["Final", "Finisher", "problem_with"]


@dataclass(frozen=True, slots=True)
class Final:
    """An answer; `name` is the variable that holds it, where FINAL_VAR named one."""

    value: Any
    name: str | None = None


def problem_with(value: object) -> str | None:
    """Return why `value` can't be a final answer, None if it can: 0, False and [] can."""
    if value is None:
        return "it is None; give the value that answers the question."
    if issubclass(type(value), str) and not str.strip(value):  # type: ignore[arg-type]
        return "it is empty; give the text that answers the question."
    return None


class Finisher:
    """The helpers FINAL, FINAL_VAR and `answer` of one run, and what they were given.

    The first answer of a block stands; `forget` drops it when the block raised after all. Helpers
    of a run that has ended refuse to work, so that nothing of an earlier run finishes a later one.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._lock = threading.Lock()
        self._final: Final | None = None
        self._ended = False
        self._process = os.getpid()
        self._answer: dict[str, Any] = {"content": "", "ready": False}
        self.forget()

    def helpers(self) -> dict[str, Any]:
        """Return the helpers by their names in the namespace."""
        return {"FINAL": self.final, "FINAL_VAR": self.final_var, "answer": self._answer}

    def final(self, value: Any = None) -> None:
        """Finish the run with `value` as the answer."""
        self._finish(Final(value))

    def final_var(self, name: Any) -> None:
        """Finish the run with the variable called `name` as the answer."""
        self._finish(self.look_up(name) if isinstance(name, str) else Final(name))

    def look_up(self, name: str) -> Final:
        """Return the variable `name` as a final answer; raise NameError if there is none."""
        name = name.strip()
        if name not in self._namespace or self._namespace[name] is self._answer:
            raise NameError(
                f'FINAL_VAR takes the name of a variable, as in FINAL_VAR("result"); there is no '
                f"variable {name[:80]!r}. For a value, call FINAL(value)."
            )
        return Final(self._namespace[name], name)

    def taken(self) -> Final | None:
        """Return the answer that the block gave, by a call or through `answer`."""
        if self._final is None and _is_true(self._answer.get("ready")):
            return Final(self._answer.get("content"))
        return self._final

    def forget(self) -> None:
        """Drop what a block gave, before the next one on this thread; a draft stays a draft."""
        self._thread = threading.get_ident()
        self._final = None
        self._answer["ready"] = False

    def end(self) -> None:
        """Make the helpers refuse from now on."""
        self._ended = True

    def _finish(self, final: Final) -> None:
        if os.getpid() != self._process:
            raise RuntimeError("FINAL works in the run's own process only.")
        if self._ended:
            raise RuntimeError("This FINAL belongs to a run that has ended; it finishes nothing.")
        problem = problem_with(final.value)
        if problem:
            raise ValueError(f"The final answer was refused: {problem}")
        with self._lock:
            if self._final is None:
                self._final = final
        raise Finish if threading.get_ident() == self._thread else SystemExit(Finish())


def _is_true(value: object) -> bool:
    """Whether `ready` was set; no code of the value's own is run to find out."""
    return type(value) in (bool, int, str) and bool(value)
