"""Runs one block of generated code in a namespace, and reports what a root model may know of it."""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import linecache
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

from rlm_magic.redaction import hide_keys
from rlm_magic.workspace.execution.bridge import run_coroutine
from rlm_magic.workspace.execution.host import Host
from rlm_magic.workspace.execution.interrupt import CODE_FILE
from rlm_magic.workspace.execution.streams import Transcript, writing_to
from rlm_magic.workspace.execution.tracebacks import describe_exception
from rlm_magic.workspace.preview import preview_output

__all__ = ["Execution", "Finish", "execute", "is_public"]


class Finish(BaseException):
    """Raised by FINAL and FINAL_VAR, so that nothing but a bare `except` keeps the code going.

    A thread that the code started is ended by `SystemExit(Finish())`, without a word on stderr.
    """


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
    started = time.monotonic()
    error: str | None = None
    trace = ""
    with writing_to(transcript), host.displays_to(transcript.write):
        try:
            _run(source, namespace, host, transcript)
        except BaseException as raised:
            error, trace = _told(raised)
    output = transcript.text()
    if trace:
        separator = "\n" if output and not output.endswith("\n") else ""
        output = f"{output}{separator}{trace}"
    bound, deleted = _changes(before, namespace)
    return Execution(
        output=hide_keys(output),
        chars=transcript.chars + len(trace),
        error=error and hide_keys(error),
        bound=bound,
        deleted=deleted,
        seconds=time.monotonic() - started,
    )


def _told(raised: BaseException) -> tuple[str | None, str]:
    """Return the exception as one line and its traceback, or nothing where FINAL raised it."""
    try:
        return (None, "") if _finishes(raised) else describe_exception(raised)
    except BaseException:  # an exception whose own attributes raise
        name = type(raised).__name__
        return name, f"{name} (it can't be told)"


def _finishes(raised: BaseException) -> bool:
    """Whether FINAL raised it, or all of a group (what asyncio.TaskGroup makes of it)."""
    todo = [raised]
    while todo:
        match todo.pop():
            case Finish() | SystemExit(code=Finish()):
                pass
            case BaseExceptionGroup(exceptions=several):
                todo.extend(several)
            case _:
                return False
    return True


def _run(source: str, namespace: dict[str, Any], host: Host, transcript: Transcript) -> None:
    python = host.transform(source)
    lines = io.StringIO(f"{python}\n", newline=None).readlines()
    # By what it holds: functions that stay keep their source, and equal runs give equal tracebacks.
    digest = hashlib.sha256(python.encode("utf-8", "surrogatepass")).hexdigest()
    filename = f"{CODE_FILE}{digest[:8]}>"
    linecache.cache[filename] = (len(python), None, lines, filename)
    # Not `ast.parse`, which would be a frame in the traceback of a SyntaxError.
    tree = compile(python, filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    body, last = _split(cast(ast.Module, tree), lines)
    if body.body:
        _evaluate(_compile(body, filename, "exec"), namespace)
    if last is not None:
        value = _evaluate(_compile(last, filename, "eval"), namespace)
        if value is not None:
            transcript.write(preview_output(value, transcript.room - 1) + "\n")


def _split(tree: ast.Module, lines: Sequence[str]) -> tuple[ast.Module, ast.Expression | None]:
    """Split off a last expression whose value is to be shown; a `;` behind it hides it."""
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return tree, None
    last = tree.body[-1]
    behind = "".join(lines[last.end_lineno - 1 :])  # type: ignore[operator]
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
        if is_public(name) and before.get(name, missing) is not value
    )
    deleted = tuple(name for name in before if is_public(name) and name not in after)
    return bound, deleted


def is_public(name: object) -> bool:
    """Whether a key of a namespace is a name that a root model is told."""
    return isinstance(name, str) and not name.startswith("_")
