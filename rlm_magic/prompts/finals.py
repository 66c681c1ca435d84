"""Finds a final answer that a model wrote as text: a line FINAL(...) or FINAL_VAR(...)."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_magic.syntax import parse

__all__ = ["FinalText", "FinalVar", "final_in_code", "find_final", "mentions_final"]

_CALL = re.compile(
    r"^[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?[*_]{0,3}+FINAL(?P<var>_VAR)?\(", re.MULTILINE
)
_LINE_END = re.compile(r"[ \t]*+[*_.;`]*+[ \t]*+(?=\n|\Z)")
_LITERAL = re.compile(
    r"""\s*+(?:[rRuU]?(?:\"{3}(?>(?:[^"\\]++|\\.|"(?!""))*)\"{3}|'{3}(?>(?:[^'\\]++|\\.|'(?!''))*)'{3}
    |"(?!"")(?:[^"\\\n]++|\\.)*+"|'(?!'')(?:[^'\\\n]++|\\.)*+')\s*+)++,?+\s*+(?=\))""",
    re.DOTALL | re.VERBOSE,
)
_EMOTICON = r"(?:(?<![^\s])[:;=]['-]?[()](?![^\s)(.,!?]))"
_ENUMERATOR = r"(?:^[ \t]*+\w{1,2}\)(?=[ \t]+\S))"
# What is no parenthesis of a bracketed text, from the most to the least that is left out.
_READINGS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"{_EMOTICON}|{_ENUMERATOR}|(?P<paren>[()])",
        rf'{_EMOTICON}|{_ENUMERATOR}|"[^"\n]*+"|(?P<paren>[()])',
        r"(?P<paren>[()])",
    )
)


@dataclass(frozen=True, slots=True)
class FinalText:
    """An answer given as text."""

    text: str


@dataclass(frozen=True, slots=True)
class FinalVar:
    """An answer given as the name of a variable."""

    name: str


def mentions_final(text: str) -> bool:
    """Whether a line of `text` begins with FINAL( or FINAL_VAR(."""
    return _CALL.search(text) is not None


def final_in_code(code: str) -> FinalText | FinalVar | None:
    """Return the final that ends a block of code, if it can be known without running it."""
    try:
        tree, _ = parse(code)
    except SyntaxError:
        return None
    match tree.body[-1:]:
        case [ast.Expr(ast.Call(ast.Name("FINAL" | "FINAL_VAR"), [ast.Name(name)]))]:
            return FinalVar(name)
        case [ast.Expr(ast.Call(ast.Name("FINAL_VAR"), [ast.Constant(str(name))]))]:
            return FinalVar(name)
        case [ast.Expr(ast.Call(ast.Name("FINAL"), [ast.Constant(str(text))]))]:
            return FinalText(text)
        case [ast.Expr(ast.Call(ast.Name("FINAL"), [value]))]:
            return FinalText(ast.unparse(value)) if _is_literal(value) else None
    return None


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def find_final(text: str, fenced: Sequence[range] = ()) -> FinalText | FinalVar | None:
    """Return the first final of `text` that begins outside of the `fenced` ranges (ascending).

    One whose parenthesis is never closed is none.
    """
    starts = [span.start for span in fenced]
    calls = []
    for call in _CALL.finditer(text):
        before = bisect_right(starts, call.start())
        if not before or call.start() not in fenced[before - 1]:
            calls.append(call)
    for number, call in enumerate(calls):
        end = calls[number + 1].start() if number + 1 < len(calls) else len(text)
        final = _read(text, call, end)
        if final is not None:
            return final
    return None


def _read(text: str, call: re.Match[str], end: int) -> FinalText | FinalVar | None:
    literal = _LITERAL.match(text, call.end(), end)
    value = _string(literal[0]) if literal else None
    if value is None:
        close = _close(text, call.end(), end)
        if close is None:
            return None
        value = text[call.end() : close].strip()
    return FinalVar(value.strip(" \t\n\"'`")) if call["var"] else FinalText(value)


def _string(source: str) -> str | None:
    try:
        tree, _ = parse(f"({source.strip().rstrip(',')})")
    except SyntaxError:
        return None
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str(value)))]:
            return value
    return None


def _close(text: str, start: int, end: int) -> int | None:
    """Return where the parenthesis closes that opened before `start`.

    Prose has apostrophes, smileys and `a)`: a reading of the parentheses counts if it closes at the
    end of a line; if none does, they are unbalanced, and the last one that ends a line closes.
    """
    quoted = _quoted_close(text, start, end)
    if quoted is not None:
        return quoted
    closes = []
    for reading in _READINGS:
        close = _balanced(reading, text, start, end)
        if close is not None:
            if _ends_line(text, close):
                return close
            closes.append(close)
    return _last(text, closes[-1] if closes else start, end, excess=bool(closes)) or next(
        iter(closes), None
    )


def _quoted_close(text: str, start: int, end: int) -> int | None:
    """Return the close of a text in quotes that holds line breaks, as no Python string can."""
    quote = text[start : start + 1]
    if quote not in ('"', "'"):
        return None
    for match in re.compile(rf"{quote}[ \t]*+\)").finditer(text, start + 1, end):
        if _ends_line(text, match.end() - 1):
            return match.end() - 1
    return None


def _balanced(reading: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    depth = 1
    for match in reading.finditer(text, start, end):
        if match["paren"]:
            depth += 1 if match["paren"] == "(" else -1
            if depth == 0:
                return match.start()
    return None


def _last(text: str, start: int, end: int, *, excess: bool) -> int | None:
    """Return the last parenthesis that ends a line; with `excess`, of those that none opened."""
    last, depth = None, 0
    for match in _READINGS[-1].finditer(text, start + excess, end):
        if match["paren"] == "(":
            depth += 1
        elif depth and excess:
            depth -= 1
        elif _ends_line(text, match.start()):
            last = match.start()
    return last


def _ends_line(text: str, close: int) -> bool:
    return _LINE_END.match(text, close + 1) is not None
