"""Python as a notebook writes it: reads code that may hold IPython's `%`, `!` and `?` lines.

Nothing here runs code or asks IPython: the engine works without it.
"""

import ast
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Escape", "code_lines", "parse", "parses"]

_lock = threading.Lock()

# Every alternative takes what it starts with or ends at the text's end, so a scan is linear.
# Long strings: `(?>(?:…)*)`, for before Python 3.11.5 `(?:…)*+` goes wrong behind a lookahead.
_TOKEN = re.compile(
    r"""
      (?P<long>  \"{3}(?>(?:[^"\\]++|\\.|"(?!""))*)(?:\"{3}|\\?\Z)
               | '{3}(?>(?:[^'\\]++|\\.|'(?!''))*)(?:'{3}|\\?\Z))
    | (?P<short> "(?:[^"\\\n]++|\\.)*+"? | '(?:[^'\\\n]++|\\.)*+'?)
    | (?P<comment> \#[^\n]*+)
    | (?P<open> [(\[{])
    | (?P<close> [)\]}])
    | (?P<joined> \\\n)
    | (?P<newline> \n)
    | (?P<other> [^#"'()\[\]{}\\\n]++ | \\)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"""
    (?P<indent>[ \t]*+)
    (?:
        (?P<target>[^\W\d][^=\n#()%!]*+=[ \t]*+)?
        (?P<mark>%%|%|!!|!)(?!=)(?P<rest>(?:[^\n\\]++|\\.|\\\Z)*+)
      | (?P<help>\?[^\n]*+|[%\w.*]++\?{1,2}[ \t]*+(?=\n|\Z))
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_CELL_MAGIC = re.compile(r"(?:[ \t]*+\n)*+[ \t]*+%%(?P<name>\w+)(?P<rest>[^\n]*+)(?:\n|\Z)")
_OPTIONS = re.compile(r"[ \t]*+(?:-[a-zA-Z]\w*+(?:[ \t]*+\d+)?(?:[ \t]++|\Z))*+")
_PYTHON_MAGICS = frozenset({"time", "timeit", "prun", "memit"})


@dataclass(frozen=True, slots=True)
class Escape:
    """A piece of IPython syntax: a `%` or `%%` magic, a `!` command or a `?` question.

    `text` is the rest of its line, `body` the rest of the cell below a `%%` magic that does not
    hold Python of this session.
    """

    mark: str
    name: str
    text: str
    body: str
    line: int


def parse(code: str) -> tuple[ast.Module, tuple[Escape, ...]]:
    """Return the syntax tree of `code` and the IPython syntax in it, line numbers kept.

    In the tree a magic is the Python that it times, or nothing. Raise SyntaxError if the rest is no
    Python, or is nested too deeply to be read.
    """
    try:
        return _tree(code), ()
    except SyntaxError:
        python, escapes = _split(code)
        if not escapes:
            raise
        return _tree(python), escapes


def parses(code: str) -> bool:
    """Whether `code` is Python, IPython syntax allowed for."""
    try:
        parse(code)
    except SyntaxError:
        return False
    return True


def code_lines(text: str, start: int = 0) -> Iterator[int]:
    """Yield where the lines of the code from `start` on begin, but for those inside of strings."""
    for kind, match in _scan(text, start):
        if kind in ("newline", "joined"):
            yield match.end()


def _tree(code: str) -> ast.Module:
    # An invalid escape in somebody else's string is a warning that nobody here can act on. The lock
    # keeps two threads from restoring each other's filters in the wrong order.
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"the code cannot be read: {error}") from None


def _scan(text: str, start: int) -> Iterator[tuple[str, re.Match[str]]]:
    position, depth, begins = start, 0, True
    while position < len(text):
        match = _ESCAPE.match(text, position) if begins else None
        kind = "escape"
        if match is None:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                return
            kind = match.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        begins = kind == "newline" and depth == 0
        position = match.end()
        yield kind, match


def _split(code: str) -> tuple[str, tuple[Escape, ...]]:
    escapes: list[Escape] = []
    parts: list[str] = []
    done, line = 0, 1
    while match := _CELL_MAGIC.match(code, done):
        name, rest = match["name"], match["rest"].strip()
        line += code.count("\n", done, match.end("name"))
        if name not in _PYTHON_MAGICS and name != "capture":
            return "", (*escapes, Escape("%%", name, rest, code[match.end() :], line))
        escapes.append(Escape("%%", name, rest, "", line))
        parts.append("\n" * code.count("\n", done, match.end("name")))
        parts.append(_python_of(name, rest) + "\n")
        line += 1
        done = match.end()
    for kind, match in _scan(code, done):
        if kind != "escape":
            continue
        line += code.count("\n", done, match.start())
        mark, rest = (match["mark"] or "?"), match["rest"] or match["help"] or ""
        name, text = "", rest.strip()
        if mark in ("%", "%%"):
            name, _, text = text.partition(" ")
        escapes.append(Escape(mark, name, text.strip(), "", line))
        python = _python_of(name, text)
        if match["target"]:
            python = match["target"] + (python or "None")
        parts.append(code[done : match.start()] + match["indent"] + (python or "pass"))
        parts.append("\n" * (match[0].count("\n") - python.count("\n")))
        line += match[0].count("\n")
        done = match.end()
    parts.append(code[done:])
    return "".join(parts), tuple(escapes)


def _python_of(magic: str, rest: str) -> str:
    """Return the Python that a magic's line stands for, "" if none."""
    if magic == "capture":
        name = rest.split(" ", 1)[0]
        return f"{name} = None" if name.isidentifier() else ""
    if magic not in _PYTHON_MAGICS:
        return ""
    options = _OPTIONS.match(rest)
    return rest[options.end() :].strip() if options else rest
