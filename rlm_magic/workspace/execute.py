"""Runs one block of generated code in a namespace, and reports what a root model may know of it."""

from __future__ import annotations

import ast
import inspect
import itertools
import linecache
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from rlm_magic.workspace.bridge import run_coroutine
from rlm_magic.workspace.guards import EXIT_REFUSED
from rlm_magic.workspace.host import Host
from rlm_magic.workspace.preview import preview_output
from rlm_magic.workspace.streams import Transcript, writing_to
from rlm_magic.workspace.tracebacks import describe_exception

__all__ = ["Execution", "Finish", "execute"]

_numbers = itertools.count(1)


class Finish(BaseException):
    """Raised by FINAL and FINAL_VAR, so that nothing but a bare `except` keeps the code going."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A block that ran. `error` is the exception as one line; the traceback is in `output`."""

    output: str
    chars: int
    error: str | None
    bound: tuple[str, ...]
    deleted: tuple[str, ...]
    seconds: float


def execute(source: str, namespace: dict[str, Any], *, host: Host, limit: int) -> Execution:
    """Run `source` with `namespace` as its globals; `limit` is characters of output kept.

    Never raises for what the code does: an interrupt or a cancellation that reached it is reported
    as its error, and whoever drives the run looks at the interrupt itself.
    """
    transcript = Transcript(limit)
    before = dict(namespace)
    filename = f"<rlm block {next(_numbers)}>"
    started = time.monotonic()
    error: str | None = None
    trace = ""
    with writing_to(transcript), host.displays_to(transcript.write):
        try:
            _run(source, filename, namespace, host, transcript)
        except Finish:
            pass
        except SystemExit:
            error = trace = f"SystemExit refused: {EXIT_REFUSED}"
        except BaseException as raised:
            error, trace = describe_exception(raised, filename)
    output = transcript.text()
    if trace:
        separator = "\n" if output and not output.endswith("\n") else ""
        output = f"{output}{separator}{trace}"
    bound, deleted = _changes(before, namespace)
    return Execution(
        output=output,
        chars=transcript.chars + len(trace),
        error=error,
        bound=bound,
        deleted=deleted,
        seconds=time.monotonic() - started,
    )


def _run(
    source: str, filename: str, namespace: dict[str, Any], host: Host, transcript: Transcript
) -> None:
    python = host.transform(source)
    linecache.cache[filename] = (len(python), None, python.splitlines(keepends=True), filename)
    body, last = _split(ast.parse(python, filename), python)
    if body.body:
        _evaluate(_compile(body, filename, "exec"), namespace)
    if last is not None:
        value = _evaluate(_compile(last, filename, "eval"), namespace)
        if value is not None:
            transcript.write(preview_output(value, _VALUE_LIMIT) + "\n")


_VALUE_LIMIT = 20_000


def _split(tree: ast.Module, source: str) -> tuple[ast.Module, ast.Expression | None]:
    """Split off a last expression whose value is to be shown; a `;` behind it hides it."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return tree, None
    last = tree.body[-1]
    behind = "\n".join(source.splitlines()[last.end_lineno - 1 :])  # type: ignore[operator]
    text = behind.encode()[last.end_col_offset :].decode(errors="replace")
    if text.split("#")[0].strip().startswith(";"):
        return tree, None
    return ast.Module(tree.body[:-1], tree.type_ignores), ast.Expression(last.value)


def _compile(tree: ast.Module | ast.Expression, filename: str, mode: str) -> CodeType:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(tree, filename, mode, flags=flags, dont_inherit=True)  # type: ignore[no-any-return]


def _evaluate(code: CodeType, namespace: dict[str, Any]) -> Any:
    value = eval(code, namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        return run_coroutine(value)
    return value


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing = object()
    bound = tuple(
        name
        for name, value in list(after.items())
        if not name.startswith("_") and before.get(name, missing) is not value
    )
    deleted = tuple(name for name in before if not name.startswith("_") and name not in after)
    return bound, deleted
