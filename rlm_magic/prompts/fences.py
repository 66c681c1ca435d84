"""Splits a model's reply into words and fenced blocks, its thinking left out.

CommonMark's fences, with what models do beside them: fences in list items, fences inside of a
string of the code, fences that are never closed. Linear in the length of the reply.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

from rlm_magic.syntax import code_lines, parses

__all__ = ["CODE_TAGS", "Fence", "split_reply"]

CODE_TAGS = frozenset(
    {"repl", "python", "python3", "py", "py3", "ipython", "ipython3", "tool_code"}
)

_OPEN = re.compile(
    r"(?P<before>[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?)(?P<fence>`{3,}+|~{3,}+)(?P<info>.*+)"
)
_CLOSE = re.compile(r"[ \t]*+(?P<fence>`{3,}+|~{3,}+)[ \t]*+\Z")
_TAG = re.compile(r"[\s{.]*+(?P<tag>[^\s{}:,]*+)")
_THINKING = r"(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
_THINK_OPEN = re.compile(rf"[ \t]*+<{_THINKING}>", re.IGNORECASE)
_THINK_CLOSE = re.compile(rf"</{_THINKING}>", re.IGNORECASE)
_LONE_CLOSE = re.compile(rf"\A[ \t]*+</{_THINKING}>|</{_THINKING}>[ \t]*+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: its tag in lower case, the text in it, and the whole of it as it came.

    `closed` is false for a fence that the reply ends in.
    """

    tag: str
    text: str
    source: str
    closed: bool


def split_reply(text: str) -> list[str | Fence]:
    """Return the words and the fences of `text` in order; words are unions of whole lines."""
    return _Splitter(text.replace("\r\n", "\n").replace("\r", "\n")).split()


class _Splitter:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._next_close: dict[tuple[str, int], int] = {}
        # What looking beyond a fence's first end may cost, in characters, over the whole reply.
        self._patience = 4 * len(text) + 10_000

    def split(self) -> list[str | Fence]:
        parts: list[str | Fence] = []
        words: list[str] = []
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            if opened := _THINK_OPEN.match(line):
                number = self._after_thinking(number, opened.end())
            elif _LONE_CLOSE.search(line):
                # Some chat templates open the thinking in the prompt: all before was thinking.
                parts.clear()
                words.clear()
                self._cut(number)
            elif opening := _opening(line):
                if words:
                    parts.append("\n".join(words))
                    words.clear()
                fence, number = self._fence(number, opening)
                parts.append(fence)
            else:
                words.append(line)
                number += 1
        if words:
            parts.append("\n".join(words))
        return parts

    def _after_thinking(self, number: int, column: int) -> int:
        for later in range(number, len(self._lines)):
            if _THINK_CLOSE.search(self._lines[later], column if later == number else 0):
                self._cut(later)
                return later
        return len(self._lines)

    def _cut(self, number: int) -> None:
        """Drop line `number` up to its last closing tag."""
        line = self._lines[number]
        *_, last = _THINK_CLOSE.finditer(line)
        self._lines[number] = line[last.end() :]
        self._starts[number] += last.end()

    def _fence(self, number: int, opening: re.Match[str]) -> tuple[Fence, int]:
        tag_match = _TAG.match(opening["info"])
        tag = tag_match["tag"].lower() if tag_match else ""
        indent = len(opening["before"])
        close = self._first_close(number, opening["fence"])
        end = len(self._lines) if close is None else close
        if tag in CODE_TAGS or not tag:
            other = self._first_outside_strings(number, opening["fence"], end)
            if other is not None and other != end and parses(self._body(number, other, indent)):
                end = other
        closed = end < len(self._lines)
        # A fence that was forgotten to close ends where the next one opens.
        after = end + 1 if closed and _CLOSE.match(self._lines[end]) else end
        source = "\n".join(self._lines[number:after])
        return Fence(tag, self._body(number, end, indent), source, closed), after

    def _first_close(self, number: int, fence: str) -> int | None:
        key = (fence[0], len(fence))
        known = self._next_close.get(key, -1)
        if known > number:
            return known if known < len(self._lines) else None
        for later in range(number + 1, len(self._lines)):
            if _closes(self._lines[later], fence):
                self._next_close[key] = later
                return later
        self._next_close[key] = len(self._lines)
        return None

    def _first_outside_strings(self, number: int, fence: str, end: int) -> int | None:
        """Return the first line of a fence that the code, read as Python, has not in a string.

        That is the end of the text if there is none; None if looking for it would cost too much.
        """
        if self._patience <= 0 or number + 1 >= len(self._lines):
            return None
        found, reached = len(self._lines), len(self._text)
        for later in self._code_lines(number):
            line = self._lines[later]
            if _closes(line, fence) or _opens_tagged(line, fence):
                found, reached = later, self._starts[later]
                break
        self._patience -= max(0, reached - self._starts[end])
        return found

    def _code_lines(self, number: int) -> Iterator[int]:
        yield number + 1
        for start in code_lines(self._text, self._starts[number + 1]):
            if start < len(self._text):
                yield bisect_right(self._starts, start) - 1

    def _body(self, number: int, end: int, indent: int) -> str:
        lines: list[str] = []
        for line in self._lines[number + 1 : end]:
            blank = len(line) - len(line.lstrip(" \t"))
            if lines or blank < len(line):
                lines.append(line[min(indent, blank) :])
        body = "\n".join(lines).rstrip()
        return dedent(body) if body[:1] in (" ", "\t") else body


def _opening(line: str) -> re.Match[str] | None:
    match = _OPEN.match(line)
    if match is None or (match["fence"][0] == "`" and "`" in match["info"]):
        return None
    return match


def _closes(line: str, fence: str) -> bool:
    match = _CLOSE.match(line)
    return match is not None and match["fence"].startswith(fence)


def _opens_tagged(line: str, fence: str) -> bool:
    match = _opening(line)
    return match is not None and match["fence"].startswith(fence) and bool(match["info"].strip())
